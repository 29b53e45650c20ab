#pragma once
// A list of files with their sizes and digests, under a MAC: what a copy of a folder is held against. For backups, of
// the store and of what lies beside it.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/secret.h"

namespace peyk::storage {

struct ListedFile {
    std::string name;  // relative to the folder, with '/'
    std::uint64_t size = 0;
    std::string digest;  // BLAKE2b-256
};

struct FileCount {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
};

// The list itself is a file of the folder, and not in it.
//
//   "peyk backup\n", version u8, count varint, {name, size u64be, digest}…, MAC (BLAKE2b-256 under a key)
Result<> write_list(const std::filesystem::path& file, const std::vector<ListedFile>& items, const Secret& key);
// corrupt: damaged, or of another key; unsupported: of a newer version. not_found, io.
Result<std::vector<ListedFile>> read_list(const std::filesystem::path& file, const Secret& key);

// All files below `dir` but those named `list`, in the order of their names, without digests. Errors: io; corrupt for
// what is neither file nor directory.
Result<std::vector<ListedFile>> list_files(const std::filesystem::path& dir, std::string_view list);

// Reads the files, fills in their digests and sizes, and makes them and their directories last. io.
Result<> digest_and_sync(const std::filesystem::path& dir, std::vector<ListedFile>& items);

// Makes the names of the files last: the folders that they are in, and `dir` itself.
Result<> sync_folders(const std::filesystem::path& dir, const std::vector<ListedFile>& items);

// Every file as listed and none beside it but `list`. With `target`, copies them there on the way, the file `last` as
// the last one, and makes them last. corrupt: a file is missing, added or changed; the detail names it.
struct CheckOptions {
    std::string_view list, last = {};
    std::optional<std::filesystem::path> target = {};
};
Result<FileCount> check_files(const std::filesystem::path& dir, const std::vector<ListedFile>& items,
                              const CheckOptions& options);

}  // namespace peyk::storage
