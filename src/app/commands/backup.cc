// `peyk backup` and `peyk restore`.

#include "app/backup.h"

#include "app/authority.h"
#include "app/cli.h"
#include "app/commands/offline.h"
#include "app/control.h"

namespace peyk::app {
namespace {

int tell(const Result<CopyReport>& report, std::string_view what, const std::filesystem::path& where) {
    if (!report) {
        complain("{} failed: {}", what, report.error().detail);
        return kExitFailed;
    }
    print("{} done: {} files, {:.1f} MiB, all verified; {}", what, report->files,
          static_cast<double>(report->bytes) / (1024.0 * 1024), where.string());
    return kExitOk;
}

}  // namespace

int run_backup(const BackupOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
    // A running server makes its own backup; without one, the store is opened here.
    auto asked = ask_for_backup(*config, options.target);
    if (!asked) return tell(std::unexpected(asked.error()), "backup", options.target);
    if (*asked) return tell(**asked, "backup", options.target);
    auto offline = open_or_complain(options.config);
    if (!offline) return offline.error();
    return tell(make_backup(*config, (*offline)->store(), options.target), "backup", options.target);
}

int run_restore(const BackupOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
    if (auto asked = complete_passphrase(*config); !asked) {
        complain_line(asked.error().detail);
        return kExitUsage;
    }
    auto restored = restore_backup(*config, options.target);
    if (!restored) return tell(std::unexpected(restored.error()), "restore", config->server.data_dir);
    (void)tell(restored->copied, "restore", config->server.data_dir);
    note("All clients synchronise anew when the server runs again.");
    using Authority = RestoreReport::Authority;
    if (restored->authority == Authority::restored)
        note("The server's own authority is there too: nobody has to install it again.");
    if (restored->authority == Authority::kept)
        note("The authority in {} stays; that of the backup was not used.", config->ca_dir().string());
    if (restored->authority == Authority::none && uses_local_ca(*config)) {
        note(
            "The backup has no certificate authority. The server makes one at its start, which everybody installs "
            "anew.");
    }
    return kExitOk;
}

}  // namespace peyk::app
