// `peyk unlock` and `peyk lock`.

#include <fstream>
#include <sstream>
#include <thread>

#include "app/cli.h"
#include "app/console.h"
#include "app/control.h"
#include "base/bytes.h"

namespace peyk::app {
namespace {

constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::seconds kPatience{60};

Result<json::Object> the_key(const UnlockOptions& options, const Config& config) {
    if (!options.key_file.empty()) {
        std::ifstream in(options.key_file, std::ios::binary);
        std::ostringstream bytes;
        bytes << in.rdbuf();
        if (!in || bytes.view().empty())
            return fail(Errc::io, fmt::format("{} is empty or cannot be read", options.key_file.string()));
        return json::Object{{"key", base64_encode(bytes.view())}};
    }
    if (config.storage.key_source == KeySource::key_file)
        return fail(Errc::bad_request, "this store is opened by a key file: name it with --key-file");
    if (!config.storage.passphrase.empty())
        return json::Object{{"passphrase", std::string(config.storage.passphrase.reveal())}};
    PEYK_TRY(auto passphrase, ask_secret("Passphrase of the store"));
    return json::Object{{"passphrase", std::string(passphrase.reveal())}};
}

// Until the server says that it is `wanted`. While it changes nobody listens for a moment.
bool becomes(const Config& config, std::string_view wanted) {
    auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
        auto status = ask_server(config, "/status", {}, "the server changes");
        const auto* state = status && *status ? (*status)->find("state") : nullptr;
        if (state && state->string() && *state->string() == wanted) return true;
        std::this_thread::sleep_for(kPause);
    }
    return false;
}

// 0: done and `wanted` is reached.
int change(const Config& config, std::string_view path, const json::Object& request, std::string_view wanted) {
    auto asked = ask_server(config, path, request, "the server tries the key");
    if (!asked) {
        complain_line(asked.error().detail);
        return kExitFailed;
    }
    if (!*asked) {
        complain("no server runs on {}", config.server.data_dir.string());
        return kExitFailed;
    }
    if (becomes(config, wanted)) return kExitOk;
    complain_line("the server did not come back; look at its log");
    return kExitFailed;
}

}  // namespace

int run_unlock(const UnlockOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
    auto key = the_key(options, *config);
    if (!key) {
        complain_line(key.error().detail);
        return kExitUsage;
    }
    auto code = change(*config, "/unlock", *key, "open");
    if (code == kExitOk) print_line("open");
    return code;
}

int run_lock(const UnlockOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
    auto code = change(*config, "/lock", {}, "sealed");
    if (code == kExitOk) print_line("sealed: the keys are gone from memory; `peyk unlock` opens it");
    return code;
}

}  // namespace peyk::app
