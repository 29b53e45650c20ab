#pragma once
// Steps from older forms of rows to today's (storage/migrations.h).

#include "async/task.h"
#include "storage/db.h"

namespace peyk::keys {

// Versions of key backups that were made before their bytes were counted.
Task<Result<void>> count_backup_bytes(storage::Db& db);

}  // namespace peyk::keys
