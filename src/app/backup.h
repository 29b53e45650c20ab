#pragma once
// Backups of everything that a server keeps: the store, the files of media and the server's own certificate authority,
// all of it sealed.
//
//   TARGET/store        as storage::backup() writes it, with its list and checks
//   TARGET/media/…      copies of the sealed files
//   TARGET/authority    the local authority's certificate and key, under a key of the store; where there is one
//   TARGET/files.list   sizes and digests of what is not in store/, under a key of the store

#include "app/store.h"
#include "storage/file_list.h"

namespace peyk::app {

using CopyReport = storage::FileCount;

// While everything goes on. `target` must not exist; on failure only `target`.partial is left, which the next try
// replaces. Whole, read back and on the disk on return. Blocking. Errors: conflict, io, full, and those of
// storage::backup().
Result<CopyReport> make_backup(const Config& config, OpenStore& store, const std::filesystem::path& target);

// Reads all of a backup. Blocking. Errors: not_found when it is none, corrupt with the file, forbidden for a wrong key.
Result<CopyReport> verify_backup(const Config& config, const std::filesystem::path& source);

struct RestoreReport {
    CopyReport copied;
    enum class Authority : unsigned char { none, restored, kept } authority = Authority::none;
};

// Verifies while copying. There must be no store and no media in the data folder yet; a certificate authority that is
// there stays. The store appears last, and only when all is whole. Blocking. Errors: as above, conflict.
Result<RestoreReport> restore_backup(const Config& config, const std::filesystem::path& source);

}  // namespace peyk::app
