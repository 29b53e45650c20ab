#pragma once
// The configuration as one tree of plain values. Every key is declared once, in config_keys.cc; parsing, the defaults
// of a profile, environment overrides and the reference in docs/guide/configuration.md all come from that table.
//
// Order of precedence, weakest first: the built-in default · the default of `privacy.profile = "open"` · the default of
// `[outside_tests]` · the file · the environment (PEYK_SECTION_KEY).

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/logging.h"
#include "base/secret.h"
#include "oauth/providers/options.h"
#include "privacy/rate_limits.h"

namespace peyk::app {

struct ListenerConfig {
    std::string address = "127.0.0.1";  // an IP literal, or "unix:/path"
    std::uint64_t port = 8008;
    std::filesystem::path tls_certificate;  // both or neither
    std::filesystem::path tls_key;
};

struct ServerSection {
    std::string name;
    std::filesystem::path data_dir = "data";
    std::string public_base_url;  // without a slash at the end; empty: see Config::base_url()
    std::string default_room_version = "12";
    std::uint64_t threads = 0;  // run loops of the network; 0: one per core
    std::uint64_t workers = 0;  // threads of handlers; 0: chosen from the cores
    Millis stop_time{1'500};    // for requests in progress at a stop
};

enum class Engine : unsigned char { rocksdb, memory };
enum class Durability : unsigned char { sync, relaxed };
enum class KeySource : unsigned char { key_file, passphrase };

struct StorageSection {
    Engine engine = Engine::rocksdb;
    Durability durability = Durability::sync;
    KeySource key_source = KeySource::key_file;
    std::filesystem::path key_file;  // empty: data_dir/store.key
    Secret passphrase;
    Secret key_bytes;  // no key of the file: what `peyk unlock --key-file` brought, instead of the file
    std::uint64_t cache = 32 * 1024 * 1024;
    std::uint64_t reserve = 256 * 1024 * 1024;
    Millis verify_every{604'800'000};   // 0: never by itself
    Millis rewrite_every{518'400'000};  // 0: never by itself
};

enum class Profile : unsigned char { quiet, open };
enum class PushPayload : unsigned char { event_id_only, full };

struct PrivacySection {
    Profile profile = Profile::quiet;
    bool presence = false;
    bool user_directory = false;
    bool public_rooms = false;
    bool search = false;
    bool url_previews = false;
    bool third_party_ids = false;
    bool email_notices = false;
    bool guest_access = false;
    bool shared_rooms_profiles = true;
    bool device_names = false;
    bool whois = false;
    bool server_version = false;
    bool forced_encryption = true;
    bool refuse_clear_messages = true;
    PushPayload push_payload = PushPayload::event_id_only;
    Millis push_jitter{2'000};
    Millis timestamp_rounding{0};
    bool answer_padding = false;
};

enum class MailSecurity : unsigned char { none, starttls, tls };

enum class RegistrationMode : unsigned char { open, token, closed };

struct RegistrationSection {
    RegistrationMode mode = RegistrationMode::closed;
    Secret shared_secret;
};

struct AuthSection {
    Millis access_token_lifetime{0};  // of sessions without refresh tokens; 0: they do not expire
    Millis refreshable_token_lifetime{3'600'000};
    Millis reset_link_lifetime{86'400'000};
    bool tokens_in_query = true;
    bool oauth = true;
    bool room_invitations = true;
    std::uint64_t password_memory = 19 * 1024 * 1024;
    std::uint64_t password_passes = 2;
    std::uint64_t password_length = 8;
};

// One [[auth.provider]].
struct ProviderConfig {
    oauth::ProviderOptions options;
    std::string icon, brand;  // for older clients
};

struct LimitsSection {
    std::uint64_t request_body = 1024 * 1024;
    std::uint64_t connections = 100'000;
    Millis header_time{10'000};
    Millis body_time{30'000};
    Millis idle_time{75'000};
    std::uint64_t devices_per_user = 500;
    std::uint64_t account_data_per_user = 20'000;                                                // items
    std::uint64_t account_data_size = 16 * 1024 * 1024;                                          // of one account
    std::uint64_t key_backup_size = 256 * 1024 * 1024;                                           // of one account
    bool rate_limits = true;                                                                     // the master switch
    std::array<privacy::RateLimit, privacy::kRateClasses> rates = privacy::RateLimits{}.limits;  // by RateClass
};

struct MediaSection {
    std::uint64_t upload_size = 50 * 1024 * 1024;
    std::uint64_t user_quota = 10ull * 1024 * 1024 * 1024;
    Millis lifetime{0};                    // of uploads; 0: for ever
    Millis reserved_lifetime{86'400'000};  // of addresses that were reserved and never filled
    Millis thumbnail_time{4'000};
    Millis preview_time{30'000};
    Millis preview_lifetime{86'400'000};  // of pictures that previewed pages lent
    std::uint64_t preview_space = 512 * 1024 * 1024;
    std::vector<std::string> preview_blocked_hosts;
    bool unauthenticated = false;
};

struct RetentionSection {
    bool enabled = false;
    Millis default_lifetime{0};  // 0: for ever
    Millis shortest{3'600'000};
    Millis longest{0};  // 0: no bound
};

struct NoticesSection {
    std::string user;  // localpart; empty: off
    std::string display_name = "Server notices";
    std::string avatar_url;
    std::string room_name = "Server notices";
};

struct NetworkSection {
    std::vector<std::string> trusted_proxies;
    bool loopback_allowed = false;
    bool verify_certificates = true;
    std::vector<std::filesystem::path> extra_ca_files;
    std::map<std::string, std::string> host_overrides;  // name -> address:port
    std::vector<std::string> push_gateways;             // origins, or "*"
    Millis dns_timeout{5'000};
    Millis connect_timeout{10'000};
};

struct AppservicesSection {
    std::vector<std::filesystem::path> files;  // registrations
    std::filesystem::path folder;              // every *.yaml and *.yml in it; empty: none
};

struct MailSection {
    std::string host;  // empty: no mail is sent
    std::uint64_t port = 587;
    MailSecurity security = MailSecurity::starttls;
    std::string user;
    Secret password;
    std::string from;
    Millis notice_delay{600'000};
};

struct CallsSection {
    std::vector<std::string> turn_uris;
    Secret turn_secret;
    Millis turn_lifetime{86'400'000};
    std::string livekit_url;
};

struct SupportSection {
    std::vector<std::string> admins, security;  // Matrix ids and e-mail addresses
    std::string page;
};

struct WebSection {
    bool enabled = true;
    std::filesystem::path folder;  // empty: what was built into the program
};

struct LoggingSection {
    log::Level level = log::Level::info;
    log::Format format = log::Format::text;
};

struct MetricsSection {
    bool enabled = false;
    std::string address = "127.0.0.1";
    std::uint64_t port = 9108;
};

struct OutsideTestsSection {
    bool enabled = false;
};

struct Config {
    std::filesystem::path file;  // where it came from; empty for defaults
    ServerSection server;
    std::vector<ListenerConfig> listeners;  // at least one after load()
    std::vector<ProviderConfig> providers;
    StorageSection storage;
    PrivacySection privacy;
    RegistrationSection registration;
    AuthSection auth;
    LimitsSection limits;
    MediaSection media;
    RetentionSection retention;
    NoticesSection notices;
    NetworkSection network;
    AppservicesSection appservices;
    MailSection mail;
    CallsSection calls;
    SupportSection support;
    WebSection web;
    LoggingSection logging;
    MetricsSection metrics;
    OutsideTestsSection outside_tests;

    // Addresses that clients use: public_base_url, else https or http with the server's name, or the first listener of
    // a server named localhost. No slash at the end.
    std::string base_url() const;
    std::filesystem::path key_file() const;   // storage.key_file or its default
    std::filesystem::path store_dir() const;  // data_dir/store
    std::filesystem::path media_dir() const;  // data_dir/media
    std::filesystem::path ca_dir() const;     // data_dir/ca: the local certificate authority, if init made one
    std::size_t worker_threads() const;       // workers, with 0 resolved
    privacy::RateLimits rate_limits() const;
};

struct LoadedConfig {
    Config config;
    std::vector<std::string> warnings;  // for people, one sentence each; nothing secret
};

// Variables of the environment that begin with PEYK_, by name.
using Environment = std::map<std::string, std::string>;
Environment environment_of_process();

// Errors: bad_request whose detail has one line per problem, "file:line: what is wrong. What to do.", all problems of
// the file at once. io: cannot be read.
Result<LoadedConfig> load_config(const std::filesystem::path& file, const Environment& environment);
// The same from text; `file` is for messages, and relative paths are meant from its folder.
Result<LoadedConfig> parse_config(std::string_view text, const std::filesystem::path& file,
                                  const Environment& environment);

// docs/guide/configuration.md, in Markdown.
std::string config_reference();

}  // namespace peyk::app
