// `peyk serve`.

#include "app/cli.h"
#include "app/console.h"
#include "app/hardening.h"
#include "app/notify.h"
#include "app/server.h"
#include "app/signals.h"

namespace peyk::app {
namespace {

void print_addresses(const Server& server) {
    const auto& config = server.config();
    auto ports = server.ports();
    note("");
    note("  peyk {} serves {}", version(), config.server.name);
    note("  open {}", config.base_url());
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto& listener = config.listeners[i];
        auto host = listener.address.find(':') == std::string::npos ? listener.address : "[" + listener.address + "]";
        note("  listening on {}://{}:{}", listener.tls_key.empty() ? "http" : "https", host, ports[i]);
    }
    if (config.storage.key_source == KeySource::key_file) {
        note("  the store's key is in {}: keep it apart from the disk, or it does not protect against theft",
             config.key_file().string());
    }
    note("");
}

// Runs until told to stop. The watchdog is only fed while the workers take jobs.
void attend(Server& server, Signals& signals, Notifier& notifier) {
    auto interval = notifier.interval().value_or(Millis{-1});
    for (;;) {
        switch (signals.wait(interval)) {
            case Signals::Event::stop: return;
            case Signals::Event::timeout:
                if (server.responds(interval)) notifier.alive();
                break;
            case Signals::Event::reload: {
                notifier.reloading();
                auto done = server.reload();
                if (done) {
                    log::info("app", "certificates were read anew");
                } else {
                    log::error("app", "certificates stay as they were: {}", done.error().detail);
                }
                notifier.ready();
                break;
            }
        }
    }
}

}  // namespace

int run_serve(const ServeOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
    log::configure(config->logging.level, config->logging.format);
    for (const auto& failed : harden_process(config->outside_tests.enabled ? CoreDumps::allowed : CoreDumps::never)) {
        log::warning("app", "{}", failed);
    }
    if (auto asked = complete_passphrase(*config); !asked) {
        complain_line(asked.error().detail);
        return kExitUsage;
    }
    Signals signals;  // before any thread
    auto notifier = Notifier::from_environment();
    Server server(std::move(*config));
    if (auto started = server.start(); !started) {
        complain("the server cannot start: {}", started.error().detail);
        return kExitFailed;
    }
    notifier.ready();
    print_addresses(server);
    attend(server, signals, notifier);
    notifier.stopping();
    log::info("app", "stopping");
    server.stop();
    return kExitOk;
}

}  // namespace peyk::app
