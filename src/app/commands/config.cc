// `peyk config check` and `peyk config reference`.

#include "app/cli.h"
#include "app/console.h"

namespace peyk::app {

int run_config_check(const std::filesystem::path& file) {
    auto config = load_or_complain(file);
    if (!config) return kExitUsage;
    print("{} is good: server {}, data in {}", file.string(), config->server.name, config->server.data_dir.string());
    for (const auto& listener : config->listeners) {
        print("  listens on {}:{}{}", listener.address, listener.port, listener.tls_key.empty() ? "" : " (TLS)");
    }
    return kExitOk;
}

int run_config_reference() {
    fmt::print(stdout, "{}", config_reference());
    return kExitOk;
}

}  // namespace peyk::app
