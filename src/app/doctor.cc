#include "app/doctor.h"

#include <netdb.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <ctime>
#include <fstream>

namespace peyk::app {
namespace {

constexpr double kMiB = 1024.0 * 1024;

bool is_address(std::string_view host) {
    return host.starts_with("[") || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string host_of(std::string_view name) {
    auto colon = name.rfind(':');
    bool port = colon != std::string_view::npos && name.find(']', colon) == std::string_view::npos;
    return std::string(port ? name.substr(0, colon) : name);
}

bool is_local(std::string_view address) {
    return address.starts_with("127.") || address == "::1" || address.starts_with("unix:");
}

// nullopt when it does not exist.
std::optional<struct stat> status_of(const std::filesystem::path& path) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    return status;
}

// When anything was last written in a folder; nullopt: there is no file.
std::optional<Millis> newest_write(const std::filesystem::path& folder) {
    std::optional<Millis> newest;
    std::error_code error;
    std::filesystem::recursive_directory_iterator at(folder, error), end;
    for (; !error && at != end; at.increment(error)) {
        auto status = status_of(at->path());
        if (!status || !S_ISREG(status->st_mode)) continue;
        Millis written = std::chrono::seconds(status->st_mtim.tv_sec);
        newest = std::max(newest.value_or(written), written);
    }
    return newest;
}

std::optional<std::string> why_no_address(const std::string& host) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (found) freeaddrinfo(found);
    if (error == 0) return std::nullopt;
    return gai_strerror(error);
}

bool kernel_knows_the_time() {
    timex state{};
    return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

std::uint64_t most_open_files() {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    return files.rlim_max;
}

}  // namespace

Surroundings Surroundings::of_this_machine() {
    return {[] { return SystemClock{}.now(); }, kernel_knows_the_time, why_no_address, most_open_files};
}

std::string_view severity_name(Severity severity) {
    constexpr std::string_view names[] = {"good", "note", "warning", "error"};
    return names[static_cast<std::size_t>(severity)];
}

void examine_settings(const Config& config, Findings& out) {
    auto before = out.size();
    if (config.outside_tests.enabled) {
        out.push_back({Severity::warning, "config",
                       "outside_tests.enabled is on: passwords are hashed cheaply, nothing is rate-limited",
                       "remove the section [outside_tests] before people use this server"});
    }
    if (config.storage.durability == Durability::relaxed) {
        out.push_back({Severity::warning, "config",
                       "storage.durability is relaxed: a power cut may lose messages that were acknowledged",
                       "set it to \"sync\" unless you measured that you cannot afford it"});
    }
    if (!config.limits.rate_limits && !config.outside_tests.enabled) {
        out.push_back({Severity::warning, "config", "limits.rate_limits is off: passwords can be guessed at full speed",
                       "switch it on, and raise the limits that hinder you"});
    }
    if (config.registration.mode == RegistrationMode::open && !config.outside_tests.enabled) {
        out.push_back({Severity::note, "config", "registration is open to everybody who reaches the server",
                       "use registration.mode = \"token\" to invite people instead"});
    }
    for (const auto& listener : config.listeners) {
        if (!is_local(listener.address) && listener.tls_key.empty() && config.network.trusted_proxies.empty()) {
            out.push_back(
                {Severity::warning, "config",
                 fmt::format("the listener {}:{} is open to the network without TLS", listener.address, listener.port),
                 "give it tls_certificate and tls_key, or listen on 127.0.0.1 behind a proxy that is named in "
                 "network.trusted_proxies"});
        }
    }
    auto base = config.base_url();
    if (base.starts_with("http://") && !base.starts_with("http://localhost") && !base.starts_with("http://127.")) {
        out.push_back({Severity::warning, "config", "public_base_url is not HTTPS: browsers refuse to encrypt there",
                       "use https://, with the local authority of `peyk init` if there is no public name"});
    }
    if (out.size() == before) out.push_back({Severity::good, "config", "nothing in the settings needs attention"});
}

void examine_clock(const Config& config, const Surroundings& machine, Findings& out) {
    auto now = machine.now();
    auto seconds = static_cast<std::time_t>(now.count() / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    if (parts.tm_year + 1900 < 2026) {
        out.push_back({Severity::error, "clock", fmt::format("the clock stands in {}", parts.tm_year + 1900),
                       "set it (`timedatectl set-time`), or certificates and messages will be dated wrongly"});
        return;
    }
    constexpr Millis kTolerance{5 * 60'000};
    if (auto written = newest_write(config.store_dir()); written && *written > now + kTolerance) {
        auto minutes = std::chrono::duration_cast<std::chrono::minutes>(*written - now).count();
        out.push_back({Severity::error, "clock",
                       fmt::format("the clock is {} minutes behind the last write to the store: it went back, or stood "
                                   "wrong then",
                                   minutes),
                       "set it (`timedatectl set-time`) before the server starts, or new messages are dated before old "
                       "ones"});
        return;
    }
    if (!machine.is_synchronised()) {
        out.push_back(
            {Severity::note, "clock", "the kernel does not know the clock to be synchronised",
             "install systemd-timesyncd or chrony; without internet, set the clock by hand now and then: some "
             "minutes of error do no harm here"});
        return;
    }
    out.push_back({Severity::good, "clock", "synchronised"});
}

void examine_names(const Config& config, const Surroundings& machine, Findings& out) {
    auto host = host_of(config.server.name);
    if (host == "localhost" || is_address(host)) {
        out.push_back({Severity::note, "dns",
                       fmt::format("the server's name is {}: it needs no DNS, and other servers cannot reach it", host),
                       "for talking with other servers, make a new store under a name of your own (`peyk init`)"});
        return;
    }
    if (auto why = machine.no_address(host)) {
        out.push_back(
            {Severity::warning, "dns", fmt::format("{} has no address: {}", host, *why),
             "add an A or AAAA record, or a line in the hosts file of the network; clients that are given the "
             "server's address by hand work without"});
        return;
    }
    out.push_back({Severity::good, "dns", fmt::format("{} has an address", host)});
}

void examine_limits(const Config& config, const Surroundings& machine, Findings& out) {
    auto files = machine.open_files();
    // A connection is a descriptor; the store keeps some hundreds open.
    auto wanted = config.limits.connections + 1024;
    if (files < 4096) {
        out.push_back({Severity::error, "limits", fmt::format("only {} files and connections may be open", files),
                       "raise it: LimitNOFILE=1048576 in the systemd unit, or `ulimit -Hn`"});
    } else if (files < wanted) {
        out.push_back({Severity::note, "limits",
                       fmt::format("{} files may be open, fewer than limits.connections = {} needs", files,
                                   config.limits.connections),
                       "raise it (LimitNOFILE= in the systemd unit), or lower limits.connections"});
    } else {
        out.push_back({Severity::good, "limits", fmt::format("{} files may be open", files)});
    }
}

void examine_disk(const Config& config, Findings& out) {
    const auto& folder = config.server.data_dir;
    auto status = status_of(folder);
    if (!status) {
        out.push_back({Severity::error, "disk", fmt::format("the data folder {} does not exist", folder.string()),
                       "run `peyk init`, or correct server.data_dir"});
        return;
    }
    if (!S_ISDIR(status->st_mode)) {
        out.push_back(
            {Severity::error, "disk", fmt::format("{} is not a folder", folder.string()), "correct server.data_dir"});
        return;
    }
    if (access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
        out.push_back({Severity::error, "disk", fmt::format("{} cannot be written by this user", folder.string()),
                       fmt::format("run as its owner, or: chown -R $(id -u) {}", folder.string())});
    }
    if ((status->st_mode & 077) != 0) {
        out.push_back({Severity::warning, "disk",
                       fmt::format("other users of this machine can enter {}", folder.string()),
                       fmt::format("chmod 700 {}", folder.string())});
    }
    struct statvfs space{};
    if (statvfs(folder.c_str(), &space) != 0) return;
    double free = static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize);
    auto reserve = static_cast<double>(config.storage.reserve);
    if (free < reserve) {
        out.push_back({Severity::error, "disk",
                       fmt::format("{:.0f} MiB are free, less than storage.reserve: writes are refused", free / kMiB),
                       "make room, or move server.data_dir to a larger disk"});
    } else if (free < 4 * reserve) {
        out.push_back({Severity::warning, "disk", fmt::format("only {:.0f} MiB are free", free / kMiB),
                       fmt::format("writes are refused below {:.0f} MiB; make room in time", reserve / kMiB)});
    } else {
        out.push_back({Severity::good, "disk", fmt::format("{:.0f} MiB are free", free / kMiB)});
    }
    if (space.f_favail != 0 && space.f_favail < 1000) {
        out.push_back({Severity::error, "disk", "the file system has almost no inodes left",
                       "delete small files there, or move server.data_dir"});
    }
}

void examine_keys(const Config& config, Findings& out) {
    if (config.storage.key_source == KeySource::passphrase) {
        if (!config.storage.passphrase.empty()) {
            out.push_back({Severity::note, "keys",
                           "the passphrase comes from a file, the configuration or the environment",
                           "keep it on another medium than the data, or type it at the start"});
        } else {
            out.push_back({Severity::good, "keys", "the store is opened by a passphrase that is typed at the start"});
        }
        return;
    }
    auto file = config.key_file();
    auto status = status_of(file);
    if (!status) {
        out.push_back({Severity::error, "keys",
                       fmt::format("the key file {} is missing; without it the store cannot be read", file.string()),
                       "bring it back from its copy; a new installation makes it with `peyk init`"});
        return;
    }
    if ((status->st_mode & 077) != 0) {
        out.push_back({Severity::error, "keys", fmt::format("other users of this machine may read {}", file.string()),
                       fmt::format("chmod 600 {}", file.string())});
    }
    auto data = status_of(config.server.data_dir);
    if (data && data->st_dev == status->st_dev) {
        out.push_back(
            {Severity::warning, "keys",
             "the key file lies on the same disk as the data: it protects against nothing but careless copies",
             "use a passphrase, or set storage.key_file to a medium that is kept elsewhere"});
    } else {
        out.push_back({Severity::good, "keys", "the key file lies on another file system than the data"});
    }
}

void examine_memory(Findings& out) {
    std::ifstream swaps("/proc/swaps");
    std::string line;
    std::getline(swaps, line);  // the heading
    if (std::getline(swaps, line) && line.find("zram") == std::string::npos) {
        out.push_back({Severity::warning, "memory",
                       "this machine swaps to a disk: keys and messages in memory may be written there",
                       "encrypt the swap space or switch it off (`swapoff -a`)"});
        return;
    }
    out.push_back({Severity::good, "memory", "nothing is swapped to a disk"});
}

Findings examine(const Config& config, const Surroundings& machine) {
    Findings out;
    examine_settings(config, out);
    examine_clock(config, machine, out);
    examine_names(config, machine, out);
    examine_tls(config, out);
    examine_limits(config, machine, out);
    examine_disk(config, out);
    examine_keys(config, out);
    examine_appservices(config, out);
    examine_providers(config, out);
    examine_memory(out);
    examine_store(config, out);
    return out;
}

}  // namespace peyk::app
