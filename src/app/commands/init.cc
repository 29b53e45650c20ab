// `peyk init`.

#include "app/init.h"

#include <charconv>

#include "app/authority.h"
#include "app/cli.h"
#include "app/commands/offline.h"
#include "app/hardening.h"
#include "http/local_ca.h"

namespace peyk::app {
namespace {

constexpr std::string_view kAboutTheName = R"(
The name of the server is a part of every account (@sara:NAME) and of every room. It is for ever: it cannot be changed
later, only by starting anew. Use a domain of your own, such as example.org, even if it leads nowhere yet; or a name that
only your network knows, such as school.lan; or localhost for a trial on this machine.
)";

constexpr std::string_view kAboutThePassphrase = R"(
Everything on the disk is sealed. The passphrase opens it at each start and is kept nowhere: without it, a stolen disk is
noise, and so it is for you when it is forgotten. Six words drawn by dice are good.
)";

constexpr std::string_view kAboutLifetimes = R"(
Nothing vanishes unasked: messages and files are kept until somebody deletes them. If you want them to end by themselves,
say after how many days; 0 is never. Names, members and settings of rooms stay, and so do pictures of people and rooms.
What ends is gone for ever; what apps and backups have kept is not reached. All of this can be changed later.
)";

Result<unsigned> ask_days(std::string_view question) {
    constexpr unsigned kMost = 36'500;
    for (;;) {
        PEYK_TRY(auto text, ask(question, "0"));
        unsigned days = 0;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
        if (error == std::errc{} && end == text.data() + text.size() && days <= kMost) return days;
        note("A number of days, from 0 to {}", kMost);
    }
}

// What the options do not say is asked, where there is somebody to ask.
Result<void> ask_lifetimes(const InitOptions& options, FirstConfig& first) {
    first.rooms_choose = options.rooms_choose;
    first.message_days = options.message_days.value_or(0);
    first.file_days = options.file_days.value_or(0);
    if (options.unattended || !interactive() || (options.message_days && options.file_days)) return {};
    note_line(kAboutLifetimes);
    if (!options.message_days) {
        PEYK_TRY(first.message_days, ask_days("Messages end after how many days"));
    }
    if (!options.rooms_choose && !options.message_days) {
        PEYK_TRY(auto answer, ask("May rooms set a time of their own (yes or no)", "no"));
        first.rooms_choose = answer.starts_with('y') || answer.starts_with('Y');
    }
    if (!options.file_days) {
        PEYK_TRY(first.file_days, ask_days("Files end after how many days"));
    }
    return {};
}

Result<FirstConfig> ask_all(const InitOptions& options, const std::filesystem::path& data) {
    FirstConfig first;
    first.server_name = options.server_name;
    first.data = data;
    first.port = options.port;
    first.tls_port = options.tls_port;
    first.tls = options.tls;
    first.registration = options.registration;
    first.passphrase = (options.passphrase || !options.unattended) && !options.key_file;
    if (first.server_name.empty() && options.unattended) first.server_name = "localhost";
    if (first.server_name.empty()) {
        if (!interactive())
            return fail(Errc::bad_request, "there is no terminal to ask; give --server-name, or --unattended");
        note_line(kAboutTheName);
        PEYK_TRY(first.server_name, ask("Name of the server", "localhost"));
    }
    PEYK_CHECK(ServerName::parse(first.server_name));
    PEYK_CHECK(ask_lifetimes(options, first));
    auto standard = is_trial_name(first.server_name) || !first.tls ? "127.0.0.1" : "0.0.0.0";
    auto address = options.address.empty() ? standard : options.address;
    (first.tls ? first.tls_address : first.plain_address) = address;
    return first;
}

// The passphrase twice, unless the environment gave it.
Result<void> choose_passphrase(Config& config) {
    if (config.storage.key_source != KeySource::passphrase || !config.storage.passphrase.empty()) return {};
    if (!interactive()) {
        return fail(
            Errc::bad_request,
            "there is no terminal to ask for a passphrase; set PEYK_STORAGE_PASSPHRASE_FILE, or give --key-file");
    }
    note_line(kAboutThePassphrase);
    PEYK_TRY(config.storage.passphrase, ask_new_passphrase());
    return {};
}

struct Made {
    Config config;
    std::string fingerprint;
};

// Everything but the configuration file is made first: a file that exists means that all is there.
Result<Made> make_all(const InitOptions& options) {
    std::error_code error;
    if (std::filesystem::exists(options.config, error)) {
        return fail(Errc::conflict, fmt::format("{} exists already; nothing was changed", options.config.string()));
    }
    auto file = std::filesystem::absolute(options.config);
    auto data = options.data.empty() ? std::filesystem::path("data") : std::filesystem::absolute(options.data);
    PEYK_TRY(auto first, ask_all(options, data));
    auto text = first_config_text(first);
    PEYK_TRY(auto loaded, parse_config(text, file, environment_of_process()));
    auto& config = loaded.config;
    if (std::filesystem::exists(config.store_dir(), error)) {
        return fail(Errc::conflict, fmt::format("there is a store in {} already; nothing was changed",
                                                config.server.data_dir.string()));
    }
    PEYK_CHECK(choose_passphrase(config));
    std::filesystem::create_directories(file.parent_path(), error);
    Made made;
    {
        PEYK_TRY(auto offline, Offline::open(config));  // makes the store, its key and its signing key
    }
    if (first.tls) {
        PEYK_TRY(auto authority, http::ensure_local_ca(config.ca_dir(), certificate_names(config), SystemClock{}));
        made.fingerprint = authority.fingerprint;
    }
    PEYK_CHECK(write_new_file(file, text));
    made.config = std::move(config);
    return made;
}

void explain(const Made& made, const InitOptions& options) {
    const auto& config = made.config;
    print("{} and {} were made for {}.", options.config.string(), config.server.data_dir.string(), config.server.name);
    if (is_trial_name(config.server.name)) {
        note("This is a trial: the store is marked as one and never talks with other servers.");
    }
    if (config.storage.key_source == KeySource::key_file) {
        note("The key of the store is {}. On the same disk it does not protect against theft: use a",
             config.key_file().string());
        note(
            "passphrase (peyk init without --key-file), or keep it on a stick. Without it, nothing can be read again.");
    } else {
        note("Write the passphrase down and keep it apart from this machine: nobody can bring it back.");
    }
    if (!made.fingerprint.empty()) {
        note("Fingerprint of the server's own authority, for people to compare on {}/_peyk/ca:", config.base_url());
        note("  {}", made.fingerprint);
    }
    note("Next:");
    if (config.registration.mode == RegistrationMode::closed)
        note("  peyk user add NAME --admin --config {}", options.config.string());
    note("  peyk serve --config {}", options.config.string());
    if (config.registration.mode != RegistrationMode::closed)
        note("It prints a link: whoever opens it first makes their account there, and is the administrator.");
}

}  // namespace

int run_init(const InitOptions& options) {
    harden_process(CoreDumps::allowed);  // for the umask
    log::configure(log::Level::warning, log::Format::text);
    auto made = make_all(options);
    if (!made) {
        complain_line(made.error().detail);
        return kExitFailed;
    }
    explain(*made, options);
    return kExitOk;
}

}  // namespace peyk::app
