// `peyk rekey`: another passphrase or key file for the store.

#include "app/cli.h"
#include "app/commands/offline.h"
#include "storage/vault.h"

namespace peyk::app {
namespace {

Result<storage::KeySource> choose_source(const RekeyOptions& options) {
    storage::KeySource out;
    if (!options.key_file.empty()) {
        std::error_code error;
        if (std::filesystem::exists(options.key_file, error))
            return fail(Errc::conflict, options.key_file.string() + " exists already; name a file to make");
        out.kind = storage::KeySource::Kind::key_file;
        out.file = std::filesystem::absolute(options.key_file);
        return out;
    }
    PEYK_TRY(auto passphrase, ask_new_passphrase(options.passphrase_file));
    out.kind = storage::KeySource::Kind::passphrase;
    out.secret = passphrase.reveal();
    return out;
}

}  // namespace

int run_rekey(const RekeyOptions& options) {
    auto offline = open_or_complain(options.config);
    if (!offline) return offline.error();
    auto source = choose_source(options);
    if (!source) {
        complain_line(source.error().detail);
        return kExitUsage;
    }
    if (auto changed = (*offline)->store().opened->vault().change_root(*source); !changed) {
        complain("the key was not changed: {}", changed.error().detail);
        return kExitFailed;
    }
    print_line("The store opens with the new key only. Write into the configuration, below [storage]:");
    if (source->kind == storage::KeySource::Kind::passphrase) {
        print_line("  key_source = \"passphrase\"");
    } else {
        print("  key_source = \"key_file\"\n  key_file = \"{}\"", source->file.string());
    }
    note("Backups that were made before open with the former key: keep it as long as them, or destroy them.");
    return kExitOk;
}

}  // namespace peyk::app
