#include "app/options.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>
#include <sstream>

#include "app/catalog.h"
#include "app/cli.h"
#include "app/config_keys.h"
#include "app/holdings.h"
#include "app/identity.h"
#include "app/notices.h"

namespace peyk::app {
namespace {

std::string read_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

// SHA-256 of the certificate, "AB:CD:…"; empty when it is none.
std::string fingerprint_of(const std::string& pem) {
    std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr),
                                                            &X509_free);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!certificate || X509_digest(certificate.get(), EVP_sha256(), digest, &size) != 1) return {};
    std::string out;
    for (unsigned i = 0; i < size; ++i) out += fmt::format("{}{:02X}", i == 0 ? "" : ":", digest[i]);
    return out;
}

}  // namespace

rooms::Rooms::Options room_options(const Config& config, rooms::Succession& succession,
                                   const rooms::InvitePolicies& invite_policies, rooms::GuestAccessObserver* guests,
                                   const rooms::GuestAccounts& guest_accounts) {
    return {.server = ServerName::trusted(config.server.name),
            .timestamp_rounding = config.privacy.timestamp_rounding,
            .succession = &succession,
            .invite_policies = &invite_policies,
            .guests = guests,
            .guest_accounts = &guest_accounts,
            .notices = notices_user(config)};
}

rooms::RetentionRules retention_rules(const Config& config) {
    const auto& section = config.retention;
    return {section.enabled, section.default_lifetime, section.shortest, section.longest};
}

rooms::RoomCreator::Options creator_options(const Config& config) {
    return {.default_version = config.server.default_room_version,
            .force_encryption = config.privacy.forced_encryption,
            .guard_retention = config.retention.enabled};
}

namespace {

std::vector<users::SupportContact> support_contacts(const SupportSection& support) {
    std::vector<users::SupportContact> out;
    for (auto [role, list] :
         {std::pair{"m.role.admin", &support.admins}, std::pair{"m.role.security", &support.security}}) {
        for (const auto& contact : *list) {
            bool is_id = contact.starts_with('@');
            out.push_back({role, is_id ? contact : "", is_id ? "" : contact});
        }
    }
    return out;
}

}  // namespace

users::Options user_options(const Config& config) {
    users::Options out;
    out.server_name = config.server.name;
    out.public_base_url = config.base_url();
    switch (config.registration.mode) {
        case RegistrationMode::open: out.registration = users::RegistrationMode::open; break;
        case RegistrationMode::token: out.registration = users::RegistrationMode::token; break;
        case RegistrationMode::closed: out.registration = users::RegistrationMode::closed; break;
    }
    out.guests = config.privacy.guest_access;
    out.registration_shared_secret = config.registration.shared_secret.reveal();
    if (config.outside_tests.enabled) out.passwords = users::PasswordOptions::cheap();
    out.passwords.memory_kib = config.auth.password_memory / 1024;
    out.passwords.passes = static_cast<unsigned>(config.auth.password_passes);
    out.passwords.min_length = config.auth.password_length;
    if (config.auth.access_token_lifetime.count() > 0) out.access_token_lifetime = config.auth.access_token_lifetime;
    out.refreshable_token_lifetime = config.auth.refreshable_token_lifetime;
    out.reset_link_lifetime = config.auth.reset_link_lifetime;
    out.max_devices = config.limits.devices_per_user;
    out.max_data_rows = config.limits.account_data_per_user;
    out.max_data_bytes = config.limits.account_data_size;
    out.browser_sign_in = config.auth.oauth;
    for (const auto& one : config.providers)
        out.providers.push_back({.id = one.options.id,
                                 .name = one.options.name,
                                 .issuer = one.options.issuer,
                                 .icon = one.icon,
                                 .brand = one.brand,
                                 .registration = one.options.registration});
    out.profiles_need_token = config.privacy.shared_rooms_profiles;
    out.directory = config.privacy.user_directory;
    out.presence = config.privacy.presence;
    out.room_invitations = config.auth.room_invitations;
    out.whois = config.privacy.whois;
    // A mail says that somebody has an account here, and when they were away: in the quiet profile nobody can ask for
    // it.
    out.email_notices = config.privacy.email_notices && config.privacy.third_party_ids && !config.mail.host.empty() &&
                        config.privacy.profile == Profile::open;
    out.default_room_version = config.server.default_room_version;
    out.calls = {config.calls.turn_uris, config.calls.turn_secret, config.calls.turn_lifetime,
                 config.calls.livekit_url};
    out.support_contacts = support_contacts(config.support);
    out.support_page = config.support.page;
    return out;
}

keys::Limits key_limits(const Config& config) {
    keys::Limits out;
    out.backup_bytes = config.limits.key_backup_size;
    // They share the bytes, and people who lose their recovery key again and again begin a new one each time.
    out.backup_versions = 100;
    return out;
}

http::MailServer mail_server(const Config& config) {
    const auto& mail = config.mail;
    http::MailServer out;
    out.host = mail.host;
    out.port = static_cast<std::uint16_t>(mail.port);
    switch (mail.security) {
        case MailSecurity::none: out.security = http::MailSecurity::none; break;
        case MailSecurity::starttls: out.security = http::MailSecurity::starttls; break;
        case MailSecurity::tls: out.security = http::MailSecurity::tls; break;
    }
    out.verify_certificate = config.network.verify_certificates;
    out.user = mail.user;
    out.password = mail.password;
    auto domain = config.server.name.substr(0, config.server.name.rfind(':'));
    out.from = mail.from.empty() ? "noreply@" + domain : mail.from;
    out.helo_name = domain;
    return out;
}

media::MediaOptions media_options(const Config& config) {
    media::MediaOptions out;
    out.folder = config.media_dir();
    out.max_upload = config.media.upload_size;
    out.quota = config.media.user_quota;
    out.pending_life = config.media.reserved_lifetime;
    out.keep_free = config.storage.reserve;
    out.thumbnail_time = config.media.thumbnail_time;
    out.borrows = config.privacy.url_previews;
    out.borrowed_life = config.media.preview_lifetime;
    out.borrowed_space = config.media.preview_space;
    return out;
}

media::PreviewOptions preview_options(const Config& config) {
    media::PreviewOptions out;
    out.server_name = config.server.name;
    out.time = config.media.preview_time;
    out.links.blocked_hosts = config.media.preview_blocked_hosts;
    out.links.inner_names = config.network.loopback_allowed;
    return out;
}

oauth::OauthOptions oauth_options(const Config& config) {
    oauth::OauthOptions out{.enabled = config.auth.oauth, .base_url = config.base_url()};
    for (const auto& one : config.providers) out.providers.push_back(one.options);
    return out;
}

client_api::ApiOptions api_options(const Config& config) {
    return {.tokens_in_query = config.auth.tokens_in_query, .max_body = config.limits.request_body};
}

client_api::MediaEndpointOptions media_endpoint_options(const Config& config) {
    return {.server_name = config.server.name, .unauthenticated_media = config.media.unauthenticated};
}

http::ServerConfig http_config(const Config& config) {
    http::ServerConfig out;
    for (const auto& listener : config.listeners) {
        http::Listener to{.address = listener.address, .port = static_cast<std::uint16_t>(listener.port), .tls = {}};
        if (!listener.tls_key.empty()) to.tls = http::TlsFiles{listener.tls_certificate, listener.tls_key};
        out.listeners.push_back(std::move(to));
    }
    out.trusted_proxies = config.network.trusted_proxies;
    out.limits.connections = config.limits.connections;
    out.limits.header_time = config.limits.header_time;
    out.limits.body_time = config.limits.body_time;
    out.limits.idle_time = config.limits.idle_time;
    out.limits.drain_time = config.server.stop_time;
    out.threads = config.server.threads;
    return out;
}

http::ClientOptions client_options(const Config& config) {
    http::ClientOptions out;
    out.private_addresses = config.network.loopback_allowed;
    out.verify_certificates = config.network.verify_certificates;
    out.extra_ca_files = config.network.extra_ca_files;
    out.host_overrides = config.network.host_overrides;
    out.dns_time = config.network.dns_timeout;
    out.connect_time = config.network.connect_timeout;
    return out;
}

push::SenderOptions push_options(const Config& config) {
    push::SenderOptions out;
    // In the quiet profile the payload is not the client's to choose, nor a switch by itself.
    out.full = config.privacy.push_payload == PushPayload::full && config.privacy.profile == Profile::open;
    out.jitter = config.privacy.profile == Profile::quiet ? std::min(config.privacy.push_jitter, Millis{2'000})
                                                          : config.privacy.push_jitter;
    out.gateways = config.network.push_gateways;
    out.notice_delay = config.mail.notice_delay;
    return out;
}

http::ServerConfig metrics_http_config(const Config& config) {
    http::ServerConfig out;
    out.listeners.push_back(
        {.address = config.metrics.address, .port = static_cast<std::uint16_t>(config.metrics.port), .tls = {}});
    out.limits.connections = 16;
    out.threads = 1;
    return out;
}

std::shared_ptr<const pages::LocalAuthority::Shown> shown_authority(const Config& config) {
    auto certificate = read_text(config.ca_dir() / "ca.crt");
    auto fingerprint = fingerprint_of(certificate);
    if (fingerprint.empty()) return nullptr;
    return std::make_shared<pages::LocalAuthority::Shown>(std::move(certificate), std::move(fingerprint));
}

pages::Facts page_facts(const Config& config, const Identity& identity,
                        std::shared_ptr<const pages::LocalAuthority> authority, bool web_client) {
    pages::Facts facts;
    if (web_client) facts.home = pages::kHomePath;
    facts.authority = std::move(authority);
    facts.server_name = config.server.name;
    facts.base_url = config.base_url();
    facts.version = version();
    switch (config.registration.mode) {
        case RegistrationMode::open: facts.registration = pages::Registration::open; break;
        case RegistrationMode::token: facts.registration = pages::Registration::token; break;
        case RegistrationMode::closed: facts.registration = pages::Registration::closed; break;
    }
    facts.key_place =
        config.storage.key_source == KeySource::passphrase ? pages::KeyPlace::passphrase : pages::KeyPlace::key_file;
    facts.trial = identity.trial == Trial::yes;
    for (const auto& one : config.providers) {
        auto url = http::Url::parse(one.options.issuer);
        facts.providers.push_back({one.options.name, url ? url->host : std::string()});
    }
    for (const auto* table : catalog().tables) {
        if (table->dropped) continue;
        facts.held.push_back(
            {std::string(table->about), std::string(category_name(table->category)), std::string(table->kept)});
    }
    for (const auto& group : held_groups(config))
        facts.groups.push_back({std::string(group.group), group.labels, group.written, group.sealed, group.clear});
    for (const auto& file : kept_files()) {
        facts.held.push_back({std::string(file.about), std::string(file.category), std::string(file.kept)});
    }
    auto copy = config;  // show_value() takes what it could also change
    for (const auto& key : config_keys()) {
        if (!key.name.starts_with("privacy.") || !std::holds_alternative<At<bool>>(key.slot)) continue;
        if (key.about == kNotBuilt) continue;  // what changes nothing is no feature, on or off
        facts.features.push_back({std::string(key.name), std::string(key.about), show_value(key, &copy) == "true"});
    }
    return facts;
}

}  // namespace peyk::app
