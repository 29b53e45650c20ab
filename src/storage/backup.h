#pragma once
// Copies of a store: made while it runs, sealed like it, checked when made and again before they are believed.

#include <filesystem>
#include <functional>

#include "storage/file_list.h"
#include "storage/open.h"

namespace peyk::storage {

// A backup is a directory: the vault's files, rocks/, and backup.list with the size and BLAKE2b of every file, under a
// MAC of the store's own key. It opens with the root secret of the store and with nothing else.
//
// Keys that were destroyed before the backup are not in it. Keys that are destroyed later are still in it: keep backups
// no longer than deleted things may live.
using BackupReport = FileCount;

// Copies the store as of now into `dir`, which must not exist or be empty, while everything goes on. Complete and
// verified on return; on failure nothing but a `dir`.partial is left, which the next try replaces. Blocks.
Result<BackupReport> backup(Opened& opened, const std::filesystem::path& dir);

// corrupt: a file is missing, added or changed; the detail names it. forbidden: not the key of that store.
Result<BackupReport> verify_backup(const std::filesystem::path& dir, const KeySource& key);

// Verifies while copying, then makes `target` (which must not exist or be empty) a store with a new incarnation. Either
// the whole store appears under that name or nothing does. `before` runs when all is verified, right before it appears;
// its failure is that of the whole.
Result<BackupReport> restore(const std::filesystem::path& dir, const std::filesystem::path& target,
                             const KeySource& key, const std::function<Result<>()>& before = {});

}  // namespace peyk::storage
