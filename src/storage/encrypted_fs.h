#pragma once
// The file system under RocksDB: every file encrypted, and no log file. docs/decisions/0103-rocksdb.md

#include <memory>

#include "storage/secret.h"

namespace rocksdb {
class FileSystem;
}

namespace peyk::storage {

// Bytes in front of each file:
//   magic "peykfile", version u8, key id u32be, salt 16 bytes from the kernel, zeros, BLAKE2b-256 of all that under the
//   file key.
// Behind it AES-256-CTR under a key of the file's own (file key and salt), counting from 0. Files that were cut off
// before their first byte of content read as empty; a damaged prefix before content is corruption.
inline constexpr std::size_t kFilePrefix = 64;

std::shared_ptr<rocksdb::FileSystem> encrypted_file_system(std::shared_ptr<rocksdb::FileSystem> base,
                                                           const Secret& file_key);

}  // namespace peyk::storage
