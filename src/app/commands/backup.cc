// `peyk backup` and `peyk restore`.

#include "app/cli.h"
#include "app/console.h"

namespace peyk::app {

int run_backup(const BackupOptions&) {
    complain_line("backups are not possible yet");
    return kExitFailed;
}

int run_restore(const BackupOptions&) {
    complain_line("backups are not possible yet");
    return kExitFailed;
}

}  // namespace peyk::app
