#include "app/migrations.h"

#include <array>

#include "keys/migrations.h"
#include "rooms/tables.h"

namespace peyk::app {

std::span<const storage::Migration> migrations() {
    static const std::array steps{
        storage::Migration{2, "versions of key backups get the number of their bytes", keys::count_backup_bytes},
        storage::Migration{
            rooms::kFormatOfShortKeys, "events that come take less space; those that are there stay", {}},
    };
    return steps;
}

}  // namespace peyk::app
