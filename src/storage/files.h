#pragma once
// Small files that must be whole or not there: the vault's. Everything else is written by the engine.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace peyk::storage {

// not_found when there is none; too_large over `limit`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{1} << 32);
// New file, fsync, rename, fsync of the directory: after a crash either the old or the new content is there. Mode 0600.
Result<> replace_file(const std::filesystem::path& path, std::string_view bytes);
// Writes without the rename; the file is durable, its name may not be. Mode 0600.
Result<> write_file(const std::filesystem::path& path, std::string_view bytes);
// Writes over the first bytes of an existing or new file, in place, and fsyncs.
Result<> overwrite_file(const std::filesystem::path& path, std::string_view bytes);
// BLAKE2b-256 of the file; with `to`, copies it there on the way and fsyncs the copy. Mode 0600.
Result<std::string> copy_with_digest(const std::filesystem::path& from, const std::optional<std::filesystem::path>& to);
Result<> rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
Result<> sync_file(const std::filesystem::path& path);
Result<> sync_directory(const std::filesystem::path& dir);
Result<> make_directory(const std::filesystem::path& dir);  // mode 0700; nothing when it is there

}  // namespace peyk::storage
