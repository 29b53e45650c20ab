// `peyk serve`.

#include <stdlib.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <thread>

#include "app/allocator.h"
#include "app/cli.h"
#include "app/console.h"
#include "app/hardening.h"
#include "app/notify.h"
#include "app/sealed.h"
#include "app/server.h"
#include "app/signals.h"

namespace peyk::app {
namespace {

constexpr std::string_view kNoStart = "the server cannot start";

// For people who look on; where the log is JSON, whose readers take each line apart, a line of the log.
template <class... Args>
void tell(const Config& config, fmt::format_string<Args...> format, Args&&... args) {
    auto line = fmt::format(format, std::forward<Args>(args)...);
    if (config.logging.format != log::Format::json) {
        note("  {}", line);
    } else {
        log::info("app", "{}", line);
    }
}

// Why the program ends.
void tell_failure(const Config& config, std::string_view what, const Error& error) {
    if (config.logging.format != log::Format::json) {
        complain("{}: {}", what, error.detail);
    } else {
        log::error("app", "{}: {}", what, error.detail);
    }
}

void print_addresses(const Server& server) {
    const auto& config = server.config();
    auto ports = server.ports();
    bool text = config.logging.format != log::Format::json;
    if (text) note("");
    tell(config, "peyk {} serves {}", version(), config.server.name);
    tell(config, "open {}", config.base_url());
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto& listener = config.listeners[i];
        auto host = listener.address.find(':') == std::string::npos ? listener.address : "[" + listener.address + "]";
        tell(config, "listening on {}://{}:{}", listener.tls_key.empty() ? "http" : "https", host, ports[i]);
    }
    if (auto invitation = server.first_invitation()) {
        // A log is kept: what lies in it should open nothing.
        if (text && !std::getenv("JOURNAL_STREAM")) {
            tell(config, "for the first person, who becomes its administrator (once, within seven days):");
            tell(config, "  {}", *invitation);
        } else {
            tell(config, "there is no administrator yet: `peyk token list` shows the invitation for the first one");
        }
    }
    std::error_code error;  // a key that was brought by `peyk unlock` lies in no file
    if (config.storage.key_source == KeySource::key_file && std::filesystem::exists(config.key_file(), error)) {
        tell(config, "the store's key is in {}: keep it apart from the disk, or it does not protect against theft",
             config.key_file().string());
    }
    if (text) note("");
}

enum class End : unsigned char { stop, lock };

// Runs until told to stop or to lock. The watchdog is only fed while the workers take jobs.
End attend(Server& server, Signals& signals, Notifier& notifier) {
    auto interval = notifier.interval().value_or(Millis{-1});
    for (;;) {
        switch (signals.wait(interval)) {
            case Signals::Event::stop: return End::stop;
            case Signals::Event::woken:
                if (server.lock_wanted()) return End::lock;
                break;
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

// The listeners answer "sealed" until the key is brought. The configuration with the key, or the exit code.
std::expected<Config, int> wait_for_key(const Config& config, const std::string& why, Signals& signals,
                                        Notifier& notifier) {
    Sealed sealed(config, why, [&signals] { signals.wake(); });
    if (auto started = sealed.start(); !started) {
        tell_failure(config, kNoStart, started.error());
        return std::unexpected(kExitFailed);
    }
    tell(config, "peyk is sealed: {}. `peyk unlock --config {}` opens it.", why, config.file.string());
    notifier.ready();
    notifier.status("sealed: waits for `peyk unlock`");
    auto interval = notifier.interval().value_or(Millis{-1});
    for (;;) {
        switch (signals.wait(interval)) {
            case Signals::Event::stop:
                notifier.stopping();
                sealed.stop();
                return std::unexpected(kExitOk);
            case Signals::Event::timeout: notifier.alive(); break;
            case Signals::Event::reload: break;  // certificates are read at the start that follows
            case Signals::Event::woken:
                if (auto opened = sealed.take()) {
                    sealed.stop();
                    return *std::move(opened);
                }
                break;
        }
    }
}

// What the configuration has taken is needed in the environment no more, where it would lie as long as the process.
void clear_environment() {
    constexpr const char* kName = "PEYK_STORAGE_PASSPHRASE";
    if (char* value = getenv(kName)) explicit_bzero(value, std::strlen(value));
    unsetenv(kName);
}

// A fresh process image: nothing of the old one's memory is left, keys and messages included. Comes back on failure
// only.
int become_sealed(const ServeOptions& options) {
    for (const auto* name : {"PEYK_STORAGE_PASSPHRASE", "PEYK_STORAGE_PASSPHRASE_FILE"}) unsetenv(name);
    execl("/proc/self/exe", "peyk", "serve", "--config", options.config.c_str(), "--sealed", nullptr);
    complain_line("the program cannot be started anew; the server stays stopped");
    return kExitFailed;
}

// `peyk lock` promises two seconds, of which the new image takes a part.
constexpr Millis kStopBeforeLock{1'700};

// A backup in progress, a check of the disk or a slow client may hold up the clean stop, but not the lock: then the
// process becomes a sealed one at once, and comes back only when that fails. The store outlives a kill at any moment;
// exec ends all other threads and closes every descriptor (all are O_CLOEXEC), so nothing of the stop goes on. Where
// exec fails, the thread that stops is joined here, before the server that it works on can go.
void stop_for_lock(Server& server, const ServeOptions& options, const Signals& signals) {
    std::promise<void> stopped;
    auto ended = stopped.get_future();
    std::jthread stopping([&server, &stopped] {
        server.stop();
        stopped.set_value();
    });
    if (ended.wait_for(kStopBeforeLock) == std::future_status::ready) return;
    log::warning("app", "the clean stop takes longer than a lock may: the process is replaced at once");
    signals.restore();
    (void)become_sealed(options);
}

// Start, attend, stop. lock: the process is to become a sealed one.
std::expected<End, int> run_open(Config config, const ServeOptions& options, Signals& signals, Notifier& notifier) {
    Server server(std::move(config), [&signals] { signals.wake(); });
    if (auto started = server.start(); !started) {
        tell_failure(server.config(), kNoStart, started.error());
        return std::unexpected(kExitFailed);
    }
    notifier.ready();
    notifier.status("open");
    print_addresses(server);
    auto end = attend(server, signals, notifier);
    if (end == End::stop) notifier.stopping();
    log::info("app", "{}", end == End::stop ? "stopping" : "locking");
    if (end == End::lock) {
        stop_for_lock(server, options, signals);
    } else {
        server.stop();
    }
    return end;
}

}  // namespace

int run_serve(const ServeOptions& options) {
    std::vector<std::string> warnings;
    auto config = load_or_complain(options.config, &warnings);
    if (!config) return kExitUsage;
    log::configure(config->logging.level, config->logging.format);
    for (const auto& warning : warnings) tell(*config, "warning: {}", warning);
    tune_allocator();
    for (const auto& failed : harden_process(config->outside_tests.enabled ? CoreDumps::allowed : CoreDumps::never)) {
        log::warning("app", "{}", failed);
    }
    clear_environment();
    if (options.sealed) config->storage.passphrase = {};
    auto why = options.sealed && store_exists(*config) ? "it was locked" : missing_key(*config);
    if (why && !options.sealed && config->storage.key_source == KeySource::passphrase && interactive()) why.reset();
    auto notifier = Notifier::from_environment();
    End end = End::stop;
    {
        Signals signals;  // before any thread
        if (why) {
            auto opened = wait_for_key(*config, *why, signals, notifier);
            if (!opened) return opened.error();
            config = *std::move(opened);
        } else if (auto asked = complete_passphrase(*config); !asked) {
            tell_failure(*config, kNoStart, asked.error());
            return kExitUsage;
        }
        auto ended = run_open(*std::move(config), options, signals, notifier);
        if (!ended) return ended.error();
        end = *ended;
    }
    return end == End::lock ? become_sealed(options) : kExitOk;
}

}  // namespace peyk::app
