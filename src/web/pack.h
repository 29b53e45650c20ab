#pragma once
// The files of the web client as one run of bytes, each compressed once. Numbers are little-endian:
//
//   pack  := "peykweb1" count u32, index bytes u32, index, data
//   index := count entries, ordered by path
//   entry := path length u16, path, coding u8 (0: as it is, 1: brotli), size u64, offset in data u64, packed size u64,
//            SHA-256 of the file, its first 16 bytes

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace peyk::web {

enum class Coding : unsigned char { identity, brotli };

// A file, as views into the pack.
struct PackedFile {
    std::string_view path;  // "assets/app-K3J5W7QX.js": without a slash in front
    Coding coding = Coding::identity;
    std::uint64_t size = 0;   // of the file
    std::string_view packed;  // what is stored
    std::string_view sum;     // 16 bytes
};

// What a pack may hold.
inline constexpr std::size_t kMostFiles = 2'000;
inline constexpr std::uint64_t kMostBytes = 128ull * 1024 * 1024;  // of all files, before compression

// Names of files and folders: A-Z a-z 0-9 . _ - and no dot in front, so that each is a path of a URL as it stands and
// nothing that an editor or a version control leaves behind is served.
bool is_served_name(std::string_view path);

// `quality`: of brotli, 0 to 11. Files that do not become smaller are stored as they are. Hidden files and folders are
// left out. Errors: bad_request (no index.html, a name that cannot be served, a link, too many or too large files), io.
Result<std::string> pack_folder(const std::filesystem::path& folder, int quality);

// Errors: corrupt.
Result<std::vector<PackedFile>> read_pack(std::string_view pack);

}  // namespace peyk::web
