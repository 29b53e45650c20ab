#pragma once
// Backups of everything that a server keeps: the store and the files of media, both as sealed as they are.
//
//   TARGET/store   as storage::backup() writes it, with its list and checks
//   TARGET/media   copies of the sealed files

#include "app/store.h"

namespace peyk::app {

struct CopyReport {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
};

// While everything goes on. `target` must not exist; on failure only `target`.partial is left, which the next try
// replaces. Blocking. Errors: conflict, io, full, and those of storage::backup().
Result<CopyReport> make_backup(const Config& config, OpenStore& store, const std::filesystem::path& target);

// Verifies while copying. There must be no store in the data folder yet. Blocking. Errors: conflict, io, corrupt with
// the file, forbidden for a wrong key.
Result<CopyReport> restore_backup(const Config& config, const std::filesystem::path& source);

}  // namespace peyk::app
