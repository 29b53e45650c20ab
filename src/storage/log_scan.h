#pragma once
// Tells a log that was cut off from a log that was damaged. docs/decisions/0103-rocksdb.md

#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace rocksdb {
class FileSystem;
}

namespace peyk::storage {

// Each group is synced before the next one is written, so a power cut damages the last group of a log only. An intact
// group behind a damaged one means that something that was synced has changed: RocksDB would stop reading at the damage
// and drop the rest without a word. corrupt: names the file. Reads all logs in `dir`.
Result<> scan_logs(rocksdb::FileSystem& files, const std::filesystem::path& dir);

// The same for the bytes of one log; true when it has an intact group behind a damaged one.
bool damaged_in_the_middle(std::string_view log);

}  // namespace peyk::storage
