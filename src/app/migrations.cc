#include "app/migrations.h"

#include <array>

#include "keys/migrations.h"

namespace peyk::app {

std::span<const storage::Migration> migrations() {
    static const std::array steps{
        storage::Migration{2, "versions of key backups get the number of their bytes", keys::count_backup_bytes},
    };
    return steps;
}

}  // namespace peyk::app
