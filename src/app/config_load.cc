// From a TOML file and the environment to a checked Config.

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "app/config_keys.h"
#include "core/ids.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves the declaration to the program

namespace peyk::app {
namespace {

// Collects problems, so that one run names all of them.
class Loader {
public:
    Loader(const std::filesystem::path& file, const Environment& environment)
        : file_(file), environment_(environment), folder_(file.parent_path()) {}

    Result<LoadedConfig> run(std::string_view text) {
        toml::table root;
        try {
            root = toml::parse(text, file_.string());
        } catch (const toml::parse_error& error) {
            auto at = error.source().begin;
            return fail(Errc::bad_request, fmt::format("{}:{}: {}", file_.string(), at.line, error.description()));
        }
        collect(root, "");
        apply_defaults();
        for (const auto& [key, node] : found_) apply(*key, *node);
        apply_environment();
        apply_secret_files();
        apply_credentials();
        read_lists(root);
        loaded_.config.file = file_;
        if (problems_.empty()) check_whole();
        if (problems_.empty()) return std::move(loaded_);
        std::string all;
        for (const auto& problem : problems_) all += (all.empty() ? "" : "\n") + problem;
        return fail(Errc::bad_request, std::move(all));
    }

private:
    Config& config() { return loaded_.config; }

    void problem(const toml::node& node, std::string_view what) {
        problems_.push_back(fmt::format("{}:{}: {}", file_.string(), node.source().begin.line, what));
    }
    void problem(std::string_view where, std::string_view what) {
        problems_.push_back(fmt::format("{}: {}", where, what));
    }

    static const Key* find_key(std::string_view name) {
        for (const auto& key : config_keys()) {
            if (key.name == name) return &key;
        }
        return nullptr;
    }

    // Walks the file: leaves become found_ or unknown.
    void collect(const toml::table& table, const std::string& prefix) {
        for (const auto& [name, node] : table) {
            std::string full = prefix.empty() ? std::string(name.str()) : prefix + "." + std::string(name.str());
            if (full == "listener" || full == "auth.provider") continue;
            if (const Key* key = find_key(full)) {
                found_.emplace_back(key, &node);
            } else if (const Key* owner = key_of_file(full)) {
                files_.emplace_back(owner, &node);
            } else if (const auto* inner = node.as_table(); inner && is_section(full)) {
                collect(*inner, full);
            } else {
                problem(node, unknown(full));
            }
        }
    }

    static bool is_section(std::string_view name) {
        for (const auto& key : config_keys()) {
            if (key.name.starts_with(name) && key.name.size() > name.size() && key.name[name.size()] == '.')
                return true;
        }
        for (const auto& section : config_sections()) {
            if (section.name == name) return true;
        }
        return false;
    }

    // "registration.shared_secret_file" names the file of a secret.
    static const Key* key_of_file(std::string_view name) {
        if (!name.ends_with("_file")) return nullptr;
        const Key* key = find_key(name.substr(0, name.size() - 5));
        return key && key->is_secret() ? key : nullptr;
    }

    static std::string unknown(const std::string& name) {
        // The same last word in another section is the likeliest mistake, then a slip of the finger.
        std::vector<std::string> names;
        auto last = name.substr(name.rfind('.') + 1);
        for (const auto& key : config_keys()) {
            names.emplace_back(key.name);
            if (key.is_secret()) names.emplace_back(fmt::format("{}_file", key.name));
            if (key.name.substr(key.name.rfind('.') + 1) == last) {
                return fmt::format("unknown key \"{}\"; did you mean \"{}\"?", name, key.name);
            }
        }
        if (last.starts_with("provider"))
            return fmt::format("unknown key \"{}\"; providers are written as [[auth.provider]]", name);
        for (const auto& section : config_sections()) names.emplace_back(section.name);
        names.emplace_back("listener");
        names.emplace_back("auth.provider");
        auto close = nearest(name, names);
        if (close.empty()) return fmt::format("unknown key \"{}\"; `peyk config reference` lists all", name);
        return fmt::format("unknown key \"{}\"; did you mean \"{}\"?", name, close);
    }

    // The values that choose defaults are needed before the defaults can be applied.
    void apply_defaults() {
        for (const auto& [key, node] : found_) {
            if (key->name == "privacy.profile" || key->name == "outside_tests.enabled") apply(*key, *node, Report::no);
        }
        for (auto name : {"privacy.profile", "outside_tests.enabled"}) {
            const Key& key = *find_key(name);
            auto variable = environment_.find(key.variable());
            if (variable != environment_.end()) (void)store_text(key, &config(), variable->second, folder_);
        }
        bool open = config().privacy.profile == Profile::open, tests = config().outside_tests.enabled;
        config().server.data_dir = (folder_ / config().server.data_dir).lexically_normal();
        for (const auto& key : config_keys()) {
            if (open && !key.when_open.empty()) must_store(key, key.when_open);
            if (tests && !key.when_tests.empty()) must_store(key, key.when_tests);
        }
    }

    void must_store(const Key& key, std::string_view text) {
        if (!store_text(key, &config(), text, folder_))
            panic(fmt::format("default of {} is out of its range", key.name));
    }

    enum class Report : bool { no, yes };
    void apply(const Key& key, const toml::node& node, Report report = Report::yes) {
        auto raw = raw_of(node);
        auto stored = raw ? store_value(key, &config(), *raw, folder_) : std::unexpected(raw.error());
        if (!stored && report == Report::yes) problem(node, fmt::format("{} {}", key.name, stored.error().detail));
    }

    static Result<RawValue> raw_of(const toml::node& node) {
        if (auto value = node.value_exact<bool>()) return RawValue{*value};
        if (auto value = node.value_exact<std::int64_t>()) return RawValue{*value};
        if (auto value = node.value_exact<double>()) return RawValue{*value};
        if (auto value = node.value_exact<std::string>()) return RawValue{*value};
        if (const auto* array = node.as_array()) {
            std::vector<std::string> items;
            for (const auto& item : *array) {
                auto text = item.value_exact<std::string>();
                if (!text) return fail(Errc::bad_request, "must be a list of texts in quotes");
                items.push_back(std::move(*text));
            }
            return RawValue{std::move(items)};
        }
        if (const auto* table = node.as_table()) {
            std::map<std::string, std::string> entries;
            for (const auto& [name, item] : *table) {
                auto text = item.value_exact<std::string>();
                if (!text) return fail(Errc::bad_request, "must be a table of texts in quotes");
                entries.emplace(std::string(name.str()), std::move(*text));
            }
            return RawValue{std::move(entries)};
        }
        return fail(Errc::bad_request, "must not be a date or time of day");
    }

    void apply_environment() {
        std::vector<std::string> names;
        for (const auto& key : config_keys()) {
            names.push_back(key.variable());
            if (auto found = environment_.find(names.back()); found != environment_.end()) {
                auto stored = store_text(key, &config(), found->second, std::filesystem::current_path());
                if (!stored) problem(found->first, fmt::format("{} {}", key.name, stored.error().detail));
            }
            if (!key.is_secret()) continue;
            names.push_back(key.variable() + "_FILE");
            if (auto found = environment_.find(names.back()); found != environment_.end()) {
                read_secret(key, &config(), found->second, found->first);
            }
        }
        for (const auto& [name, value] : environment_) {
            if (!name.starts_with("PEYK_") || std::find(names.begin(), names.end(), name) != names.end()) continue;
            auto close = nearest(name, names);
            if (!close.empty()) {
                loaded_.warnings.push_back(
                    fmt::format("the environment variable {} is not a setting; did you mean {}?", name, close));
            }
        }
    }

    void apply_secret_files() {
        for (const auto& [key, node] : files_) {
            auto path = node->value_exact<std::string>();
            if (!path) {
                problem(*node, fmt::format("{}_file must be the name of a file, in quotes", key->name));
                continue;
            }
            for (const auto& [other, unused] : found_) {
                if (other == key)
                    problem(*node, fmt::format("{} and {}_file exclude each other", key->name, key->name));
            }
            if (environment_.contains(key->variable()) || environment_.contains(key->variable() + "_FILE")) continue;
            read_secret(*key, &config(), (folder_ / *path).string(),
                        fmt::format("{}:{}", file_.string(), node->source().begin.line));
        }
    }

    // systemd's LoadCredential= and LoadCredentialEncrypted=: "passphrase" and "store.key" are taken as what they are
    // called, unless the configuration or the environment says otherwise.
    void apply_credentials() {
        auto folder = environment_.find("CREDENTIALS_DIRECTORY");
        if (folder == environment_.end()) return;
        std::error_code error;
        auto& storage = config().storage;
        auto passphrase = std::filesystem::path(folder->second) / "passphrase";
        auto key = std::filesystem::path(folder->second) / "store.key";
        if (storage.key_source == KeySource::passphrase && storage.passphrase.empty() &&
            std::filesystem::exists(passphrase, error))
            read_secret(*find_key("storage.passphrase"), &config(), passphrase.string(), "CREDENTIALS_DIRECTORY");
        if (storage.key_source == KeySource::key_file && storage.key_file.empty() &&
            std::filesystem::exists(key, error))
            storage.key_file = key;
    }

    void read_secret(const Key& key, void* root, const std::string& path, std::string_view where) {
        std::ifstream in;
        in.rdbuf()->pubsetbuf(nullptr, 0);  // or a copy of the secret stays behind in memory
        in.open(path, std::ios::binary);
        std::string text(4097, '\0');
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(in.gcount()));
        if (text.size() > 4096)
            return problem(where, fmt::format("{}: the secret in {} is longer than 4096 bytes", key.name, path));
        while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
        if (text.empty()) {
            return problem(
                where, fmt::format("{}: {} is empty or cannot be read; check its path and its owner", key.name, path));
        }
        std::get<At<Secret>>(key.slot)(root) = Secret(std::move(text));
    }

    // The tables of a list, [[listener]] and the like. Nothing: the file has none, or says it in another way.
    const toml::array* tables_of(toml::node_view<const toml::node> node, std::string_view name) {
        if (!node) return nullptr;
        const auto* array = node.as_array();
        if (array && array->is_array_of_tables()) return array;
        if (!array || !array->empty())
            problem(*node.node(), fmt::format("{} is written as [[{}]], with two brackets", name, name));
        return nullptr;
    }

    void read_lists(const toml::table& root) {
        if (const auto* listeners = tables_of(root["listener"], "listener")) {
            for (const auto& item : *listeners) read_listener(*item.as_table());
        } else {
            config().listeners.emplace_back();
        }
        if (const auto* providers = tables_of(root["auth"]["provider"], "auth.provider")) {
            for (const auto& item : *providers) read_provider(*item.as_table());
        }
    }

    // A table of a list: its keys are those of `keys`, its values go below `item`.
    void read_item(const toml::table& table, std::span<const Key> keys, void* item, std::string_view what) {
        std::vector<std::string> names;
        for (const auto& key : keys) {
            names.emplace_back(key.name);
            if (key.is_secret()) names.push_back(fmt::format("{}_file", key.name));
        }
        for (const auto& [name, node] : table) {
            const Key* key = nullptr;
            const Key* of_file = nullptr;
            for (const auto& candidate : keys) {
                if (candidate.name == name.str()) key = &candidate;
                if (candidate.is_secret() && fmt::format("{}_file", candidate.name) == name.str()) of_file = &candidate;
            }
            auto path = of_file ? node.value_exact<std::string>() : std::nullopt;
            if (of_file && (!path || table.contains(of_file->name))) {
                problem(node, fmt::format("{}.{}_file must be the name of a file, in quotes, instead of the secret",
                                          what, of_file->name));
            } else if (of_file) {
                read_secret(*of_file, item, (folder_ / *path).string(),
                            fmt::format("{}:{}", file_.string(), node.source().begin.line));
            } else if (!key) {
                auto close = nearest(name.str(), names);
                problem(node, fmt::format("unknown key \"{}\" of a {}{}", name.str(), what,
                                          close.empty() ? "" : fmt::format("; did you mean \"{}\"?", close)));
            } else {
                auto raw = raw_of(node);
                auto stored = raw ? store_value(*key, item, *raw, folder_) : std::unexpected(raw.error());
                if (!stored) problem(node, fmt::format("{}.{} {}", what, key->name, stored.error().detail));
            }
        }
    }

    void read_listener(const toml::table& table) {
        ListenerConfig listener;
        read_item(table, listener_keys(), &listener, "listener");
        if (listener.tls_certificate.empty() != listener.tls_key.empty()) {
            problem(table, "a listener needs both tls_certificate and tls_key, or neither");
        }
        config().listeners.push_back(std::move(listener));
    }

    void read_provider(const toml::table& table) {
        ProviderConfig provider;
        read_item(table, provider_keys(), &provider, "provider");
        for (const auto& what : problems_of(provider)) problem(table, what);
        for (const auto& other : config().providers) {
            if (other.options.id == provider.options.id || other.options.issuer == provider.options.issuer)
                problem(table, "two providers have the same id or the same issuer");
            if (other.options.synapse_addresses && provider.options.synapse_addresses)
                problem(table, "two providers have synapse_addresses: there is one such address");
        }
        config().providers.push_back(std::move(provider));
    }

    // What no single key can tell.
    void check_whole() {
        auto where = file_.string();
        const auto& c = config();
        if (c.server.name.empty()) problem(where, "server.name is missing; `peyk init` writes a complete file");
        if (!valid_name(c.server.name))
            problem(where, "server.name must be a host name or address, with or without a port");
        if (c.server.public_base_url.ends_with("/")) problem(where, "server.public_base_url must not end with a slash");
        if (!c.server.public_base_url.empty() && !c.server.public_base_url.starts_with("http://") &&
            !c.server.public_base_url.starts_with("https://")) {
            problem(where, "server.public_base_url must begin with https:// or http://");
        }
        if (!c.outside_tests.enabled) {
            if (c.storage.engine == Engine::memory) {
                problem(where,
                        "storage.engine = \"memory\" forgets everything at a stop; it is for outside_tests only");
            }
            if (!c.network.verify_certificates) {
                problem(where, "network.verify_certificates = false is for outside_tests only");
            }
        } else {
            loaded_.warnings.emplace_back("outside_tests.enabled is on: passwords and networks are not protected");
        }
        if (c.storage.durability == Durability::relaxed) {
            loaded_.warnings.emplace_back("storage.durability is relaxed: a power cut may lose answered writes");
        }
        check_retention(where);
        if (!c.notices.user.empty() && !is_new_localpart(c.notices.user))
            problem(where, "notices.user must be the part of a user id before the colon: a-z 0-9 . _ = - / +");
        if (!c.notices.avatar_url.empty() && !c.notices.avatar_url.starts_with("mxc://"))
            problem(where, "notices.avatar_url must begin with mxc://");
        for (const auto* list : {&c.support.admins, &c.support.security}) {
            for (const auto& contact : *list) {
                if (!is_contact(contact))
                    problem(where, fmt::format("support: \"{}\" is no Matrix id and no e-mail address", contact));
            }
        }
        bool unbound = std::ranges::any_of(c.providers, [](const auto& one) { return one.options.unbound_stages; });
        if (unbound && !c.outside_tests.enabled)
            problem(where, "unbound_stages of a provider is for outside_tests only");
        if (!c.providers.empty() && !c.auth.oauth)
            problem(where, "[[auth.provider]] needs auth.oauth = true: apps reach a provider through the browser");
        for (const auto& [name, address] : c.network.host_overrides) {
            if (address.rfind(':') == std::string::npos) {
                problem(where, fmt::format("network.host_overrides.\"{}\" must be address:port", name));
            }
        }
    }

    // MSC1763: the server's own policy complies with its limits.
    void check_retention(const std::string& where) {
        const auto& r = config().retention;
        bool bounded = r.longest > Millis{0};
        if (bounded && r.longest < r.shortest)
            problem(where, "retention.longest must not be less than retention.shortest");
        if (r.default_lifetime > Millis{0} && r.default_lifetime < r.shortest)
            problem(where, "retention.default_lifetime must not be less than retention.shortest");
        if (bounded && r.default_lifetime > r.longest)
            problem(where, "retention.default_lifetime must not be more than retention.longest");
        if (!r.enabled && (r.default_lifetime > Millis{0} || bounded))
            loaded_.warnings.emplace_back("retention.enabled is off: the lifetimes that are set change nothing");
    }

    static bool is_contact(std::string_view text) {
        if (text.starts_with('@')) return UserId::parse(text).has_value();
        auto at = text.find('@');
        return at != std::string_view::npos && at + 1 < text.size() && text.find_first_of(" <>\"") == text.npos;
    }

    static bool valid_name(std::string_view name) {
        if (name.size() > 230) return false;  // user ids have 255 bytes
        return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") ==
               std::string_view::npos;
    }

    const std::filesystem::path& file_;
    const Environment& environment_;
    std::filesystem::path folder_;
    LoadedConfig loaded_;
    std::vector<std::pair<const Key*, const toml::node*>> found_;
    std::vector<std::pair<const Key*, const toml::node*>> files_;
    std::vector<std::string> problems_;
};

}  // namespace

Environment environment_of_process() {
    Environment out;
    for (char** at = environ; at && *at; ++at) {
        std::string_view entry(*at);
        auto equals = entry.find('=');
        if (equals == std::string_view::npos ||
            !(entry.starts_with("PEYK_") || entry.starts_with("CREDENTIALS_DIRECTORY=")))
            continue;
        out.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return out;
}

Result<LoadedConfig> parse_config(std::string_view text, const std::filesystem::path& file,
                                  const Environment& environment) {
    return Loader(file, environment).run(text);
}

Result<LoadedConfig> load_config(const std::filesystem::path& file, const Environment& environment) {
    std::error_code error;
    auto absolute = std::filesystem::absolute(file, error);
    std::ifstream in(absolute, std::ios::binary);
    std::ostringstream text;
    if (std::filesystem::is_directory(absolute, error) || !in || !(text << in.rdbuf())) {
        return fail(Errc::io,
                    fmt::format("{}: cannot be read; `peyk init` writes a first configuration", file.string()));
    }
    return parse_config(text.str(), absolute, environment);
}

std::string Config::base_url() const {
    if (!server.public_base_url.empty()) return server.public_base_url;
    if (server.name != "localhost" && !server.name.starts_with("localhost:")) return "https://" + server.name;
    const ListenerConfig first = listeners.empty() ? ListenerConfig{} : listeners.front();
    return fmt::format("{}://localhost:{}", first.tls_key.empty() ? "http" : "https", first.port);
}

std::filesystem::path Config::key_file() const {
    return storage.key_file.empty() ? server.data_dir / "store.key" : storage.key_file;
}
std::filesystem::path Config::store_dir() const { return server.data_dir / "store"; }
std::filesystem::path Config::media_dir() const { return server.data_dir / "media"; }
std::filesystem::path Config::ca_dir() const { return server.data_dir / "ca"; }

std::size_t Config::worker_threads() const {
    if (server.workers != 0) return server.workers;
    return std::max<std::size_t>(8, 4 * std::thread::hardware_concurrency());
}

privacy::RateLimits Config::rate_limits() const { return {.enabled = limits.rate_limits, .limits = limits.rates}; }

}  // namespace peyk::app
