// Every configuration key. Keep sentences short and for people who run a server, not for people who wrote one.

#include "app/config_keys.h"

#include "app/config_key_makers.h"

namespace peyk::app {
namespace {

using namespace makers;

void add_server(std::vector<Key>& keys) {
    keys.push_back(text("server.name", AT(server.name),
                        "The part after the colon in every user id, such as `example.org`. It is chosen once: a store "
                        "that was made for one name refuses to start under another.",
                        "Everybody who talks with a user of this server sees the name."));
    keys.push_back(
        path("server.data_dir", AT(server.data_dir),
             "Where everything is kept: store, media, keys. Relative paths begin at the folder of this file."));
    keys.push_back(text("server.public_base_url", AT(server.public_base_url),
                        "The address that clients use, such as `https://chat.example.org`; told to clients by "
                        "`/.well-known/matrix/client`. Empty: `https://` and the server's name, or the first listener "
                        "when the name is `localhost`."));
    keys.push_back(text("server.default_room_version", AT(server.default_room_version),
                        "The version of rooms that are created without naming one."));
    keys.push_back(
        whole("server.threads", AT(server.threads), 0, 256, "Run loops of the network. 0: one per processor core."));
    keys.push_back(whole("server.workers", AT(server.workers), 0, 1024,
                         "Threads on which requests are handled. 0: four per core, at least eight."));
    keys.push_back(time("server.stop_time", AT(server.stop_time), 0, kMinute,
                        "How long requests in progress may take at a stop before their connections are cut."));
}

void add_storage(std::vector<Key>& keys) {
    keys.push_back(choice("storage.engine", CHOICE(storage.engine), {"rocksdb", "memory"},
                          "`memory` keeps nothing over a restart and is accepted only with `outside_tests.enabled`."));
    keys.push_back(choice("storage.durability", CHOICE(storage.durability), {"sync", "relaxed"},
                          "`sync`: an answer is sent only after the disk has confirmed the write. `relaxed`: a power "
                          "cut may lose the last moments although they were answered."));
    keys.push_back(choice("storage.key_source", CHOICE(storage.key_source), {"key_file", "passphrase"},
                          "What opens the sealed store. A passphrase is asked for at the start, or read from "
                          "`storage.passphrase_file`.",
                          "A key file on the same disk protects against nothing but careless copies: who takes the "
                          "disk has both."));
    keys.push_back(
        path("storage.key_file", AT(storage.key_file),
             "The key file. Empty: `store.key` in the data folder. Better on a medium that is kept elsewhere.",
             "Without this file and its copies nobody can read the store again, you included."));
    keys.push_back(secret("storage.passphrase", AT(storage.passphrase),
                          "The passphrase, for `key_source = \"passphrase\"`. Prefer `storage.passphrase_file` with a "
                          "systemd credential, or type it at the start.",
                          "Written here it lies in clear beside the data."));
    keys.push_back(bytes("storage.cache", AT(storage.cache), kMiB, 1024 * kGiB,
                         "Memory for blocks of the store that were read lately."));
    keys.push_back(bytes("storage.reserve", AT(storage.reserve), 0, 1024 * kGiB,
                         "Free disk space below which writes are refused (507) while reading and deleting go on."));
    keys.push_back(time("storage.verify_every", AT(storage.verify_every), 0, 366 * kDay,
                        "How often the server reads all of its store and compares checksums, beside its other work. 0: "
                        "only when `peyk verify` asks for it."));
    keys.push_back(
        time("storage.rewrite_every", AT(storage.rewrite_every), 0, 366 * kDay,
             "How often the server rewrites its store, so that what was deleted leaves the files as well: with "
             "six days, within a week. 0: only when `peyk compact` asks for it.",
             "What has a key of its own (messages, files, messages between devices) cannot be opened from its "
             "deletion on; other things can, by who has the store's key, until the files are rewritten."));
}

void add_people(std::vector<Key>& keys) {
    keys.push_back(
        with_tests(choice("registration.mode", CHOICE(registration.mode), {"open", "token", "closed"},
                          "Who may make an account: anybody, holders of a registration token, or nobody but through "
                          "`peyk user add`."),
                   "open"));
    keys.push_back(secret("registration.shared_secret", AT(registration.shared_secret),
                          "Lets tools that know it make accounts by `/_synapse/admin/v1/register`. Empty: that route "
                          "answers 403."));
    keys.push_back(
        time("auth.access_token_lifetime", AT(auth.access_token_lifetime), 0, 366 * kDay,
             "How long a session is good whose client does not refresh its token. 0: until it is signed out."));
    keys.push_back(time("auth.refreshable_token_lifetime", AT(auth.refreshable_token_lifetime), kMinute, 366 * kDay,
                        "How long an access token is good when the client refreshes it."));
    keys.push_back(time("auth.reset_link_lifetime", AT(auth.reset_link_lifetime), kMinute, 30 * kDay,
                        "How long a link from `peyk user reset-link` is good."));
    keys.push_back(flag("auth.tokens_in_query", AT(auth.tokens_in_query),
                        "Accept `?access_token=` beside the Authorization header; older clients send it.",
                        "Addresses end up in the logs of proxies in between. peyk itself never logs them."));
    keys.push_back(
        flag("auth.oauth", AT(auth.oauth),
             "Apps may sign in through the browser pages of this server (OAuth 2.0); older ones by password.",
             "With the pages an app never sees the password, and a second factor can be asked for."));
    keys.push_back(with_tests(bytes("auth.password_memory", AT(auth.password_memory), 8 * kKiB, 4 * kGiB,
                                    "Memory of one password hash (Argon2id). For new passwords; old ones stay good."),
                              "8 KiB"));
    keys.push_back(with_tests(
        whole("auth.password_passes", AT(auth.password_passes), 1, 100, "Passes of one password hash (Argon2id)."),
        "1"));
    keys.push_back(with_tests(whole("auth.password_length", AT(auth.password_length), 1, 512,
                                    "The fewest characters that a new password may have."),
                              "1"));
}

void add_limits(std::vector<Key>& keys) {
    keys.push_back(bytes("limits.request_body", AT(limits.request_body), 128 * kKiB, 64 * kMiB,
                         "The largest body of a request, uploads excepted."));
    keys.push_back(whole("limits.connections", AT(limits.connections), 10, 10'000'000, "Connections at one time."));
    keys.push_back(time("limits.header_time", AT(limits.header_time), 100, 10 * kMinute,
                        "From the first byte of a request to the end of its headers."));
    keys.push_back(time("limits.body_time", AT(limits.body_time), 100, 10 * kMinute,
                        "Without any byte of the body before the connection is cut."));
    keys.push_back(time("limits.idle_time", AT(limits.idle_time), kSecond, kHour,
                        "How long a connection is kept between two requests."));
    keys.push_back(
        whole("limits.devices_per_user", AT(limits.devices_per_user), 1, 100'000, "Devices of one account."));
    keys.push_back(whole("limits.account_data_per_user", AT(limits.account_data_per_user), 100, 10'000'000,
                         "Settings and drafts that the clients of one account keep on the server."));
    keys.push_back(bytes("limits.account_data_size", AT(limits.account_data_size), 256 * kKiB, kGiB,
                         "The same in bytes, all of one account together."));
    keys.push_back(bytes("limits.key_backup_size", AT(limits.key_backup_size), kMiB, 64 * kGiB,
                         "Keys of messages that one account keeps in its backup, old versions included; a key takes "
                         "about 600 bytes."));
    keys.push_back(with_tests(flag("limits.rate_limits", AT(limits.rate_limits),
                                   "The master switch of the limits below. A class over its limit answers 429.",
                                   "Counters are keyed by salted hashes in memory; the salt changes every day."),
                              "false"));
#define RATE(which, words)                                                                                  \
    keys.push_back(number("limits.rates." #which ".per_second",                                             \
                          AT(limits.rates[static_cast<std::size_t>(privacy::RateClass::which)].per_second), \
                          "Requests per second, in the long run: " words));                                 \
    keys.push_back(number("limits.rates." #which ".burst",                                                  \
                          AT(limits.rates[static_cast<std::size_t>(privacy::RateClass::which)].burst),      \
                          "Requests at once: " words))
    RATE(message, "sending events, by account.");
    RATE(login, "signing in, by address.");
    RATE(login_failure, "wrong passwords, by account.");
    RATE(registration, "making accounts, by address.");
    RATE(join, "joining rooms, by account.");
    RATE(invite, "inviting, by account.");
    RATE(media, "uploads and thumbnails, by account.");
    RATE(keys, "uploading and claiming encryption keys, by account.");
    RATE(general, "all other writes, by account.");
    RATE(report, "reports to the operators, by account.");
    RATE(mail, "mail to one e-mail address, whoever asks for it.");
    RATE(preview, "previews of web pages, by account.");
#undef RATE
}

void add_media(std::vector<Key>& keys) {
    keys.push_back(
        bytes("media.upload_size", AT(media.upload_size), kKiB, 16 * kGiB, "The largest file of one upload."));
    keys.push_back(
        bytes("media.user_quota", AT(media.user_quota), kMiB, 1024 * kGiB, "All files of one account together."));
    keys.push_back(time("media.lifetime", AT(media.lifetime), 0, 36'500 * kDay,
                        "How long files are kept that people send; they end in the day after. 0: for ever. What a "
                        "profile, a room's state or account data refers to, such as a picture of a person or a room, "
                        "is kept as long as it does.",
                        "Messages stay and show a file that is gone. What encrypted messages refer to cannot be known, "
                        "so all of that ends by its age."));
    keys.push_back(time("media.reserved_lifetime", AT(media.reserved_lifetime), kMinute, 366 * kDay,
                        "How long an address that was reserved for an upload waits for its file."));
    keys.push_back(time("media.thumbnail_time", AT(media.thumbnail_time), 100, kMinute,
                        "How long the sandboxed child may work on one thumbnail."));
    keys.push_back(time("media.preview_time", AT(media.preview_time), kSecond, 5 * kMinute,
                        "How long the server tries to fetch a page and its picture for a preview "
                        "(`privacy.url_previews`)."));
    keys.push_back(time("media.preview_lifetime", AT(media.preview_lifetime), 10 * kMinute, 30 * kDay,
                        "How long the picture of a previewed page is kept. Answers are kept in "
                        "memory for half of it at most."));
    keys.push_back(bytes("media.preview_space", AT(media.preview_space), kMiB, 1024 * kGiB,
                         "All pictures of previewed pages together; the oldest make room."));
    keys.push_back({.name = "media.preview_blocked_hosts",
                    .slot = At<std::vector<std::string>>{AT(media.preview_blocked_hosts)},
                    .about = "Hosts whose pages are not previewed, such as `\"example.org\"`, or `\"*.example.org\"` "
                             "for all names below it. Hosts in the own network are never asked, listed or not."});
    keys.push_back(feature("media.unauthenticated", AT(media.unauthenticated),
                           "Also serve files on the old routes that ask for no token.",
                           "Anybody who learns a file's address can fetch it. Encrypted files stay unreadable."));
}

void add_retention(std::vector<Key>& keys) {
    keys.push_back(flag("retention.enabled", AT(retention.enabled),
                        "Messages end: when their lifetime is over nobody is shown them, and two minutes later their "
                        "keys are destroyed. Rooms may set a lifetime (`m.room.retention`). Events of state are kept.",
                        "Nothing vanishes unasked: off in both profiles. What other people's apps, and backups, have "
                        "kept is not reached."));
    keys.push_back(time("retention.default_lifetime", AT(retention.default_lifetime), 0, 36'500 * kDay,
                        "Of messages in rooms that set none. 0: for ever."));
    keys.push_back(time("retention.shortest", AT(retention.shortest), 0, 36'500 * kDay,
                        "The shortest lifetime that a room may set; less reads as this. Whoever may change a room's "
                        "settings can end its whole history so."));
    keys.push_back(time("retention.longest", AT(retention.longest), 0, 36'500 * kDay,
                        "The longest lifetime that a room may set; more, or for ever, reads as this. 0: no bound."));
}

void add_notices(std::vector<Key>& keys) {
    keys.push_back(text("notices.user", AT(notices.user),
                        "The account in whose name administrators speak to users, such as `server`: the part before "
                        "the colon. The server makes it; a name that somebody has is refused. Empty: no notices.",
                        "Nobody can sign in as this account. Its rooms are not encrypted, since the server writes "
                        "there; only it can write there."));
    keys.push_back(text("notices.display_name", AT(notices.display_name), "The name that people see."));
    keys.push_back(text("notices.avatar_url", AT(notices.avatar_url),
                        "Its picture: the `mxc://` address of a file that was uploaded here. Empty: none."));
    keys.push_back(text("notices.room_name", AT(notices.room_name), "The name of each user's room of notices."));
}

void add_network(std::vector<Key>& keys) {
    keys.push_back(
        {.name = "network.trusted_proxies",
         .slot = At<std::vector<std::string>>{AT(network.trusted_proxies)},
         .about = "Addresses or ranges, such as `127.0.0.1` or `10.0.0.0/8`, whose `X-Forwarded-For` is believed.",
         .privacy = "A proxy in front sees every address; switch its access log off."});
    keys.push_back(with_tests(flag("network.loopback_allowed", AT(network.loopback_allowed),
                                   "Outgoing connections may go to this machine and to private networks."),
                              "true"));
    keys.push_back(flag("network.verify_certificates", AT(network.verify_certificates),
                        "Check the certificates of servers that peyk calls. `false` is accepted only with "
                        "`outside_tests.enabled`."));
    keys.push_back({.name = "network.extra_ca_files",
                    .slot = At<std::vector<std::filesystem::path>>{AT(network.extra_ca_files)},
                    .about = "PEM files of certificate authorities that are trusted beside the system's."});
    keys.push_back({.name = "network.host_overrides",
                    .slot = At<std::map<std::string, std::string>>{AT(network.host_overrides)},
                    .about = "Where a name is reached instead of asking DNS: `\"example.org\" = \"10.0.0.5:8448\"`."});
    keys.push_back(with_tests(
        {.name = "network.push_gateways",
         .slot = At<std::vector<std::string>>{AT(network.push_gateways)},
         .about =
             "Push gateways that notifications may go to, such as `\"https://push.example.org\"`; the address may be "
             "in a private network. `\"*\"`: any public one. Pushers of others are stored, but nothing is sent.",
         .privacy = "A gateway, and whoever delivers for it, learns when a device is notified. None by default."},
        "*"));
    keys.push_back(with_tests(
        time("network.dns_timeout", AT(network.dns_timeout), 50, kMinute, "How long an answer of DNS is waited for."),
        "1s"));
    keys.push_back(with_tests(time("network.connect_timeout", AT(network.connect_timeout), 50, kMinute,
                                   "How long an outgoing connection may take to open."),
                              "2s"));
}

void add_appservices(std::vector<Key>& keys) {
    keys.push_back({.name = "appservices.files",
                    .slot = At<std::vector<std::filesystem::path>>{AT(appservices.files)},
                    .about = "Registration files of bridges and bots, in YAML.",
                    .privacy = "A service reads every room that its file names, and acts as every user in its "
                               "namespaces. Read the file before you list it."});
    keys.push_back(path("appservices.folder", AT(appservices.folder),
                        "A folder of such files: every `*.yaml` and `*.yml` in it is read at the start. Empty: none."));
}

void add_support(std::vector<Key>& keys) {
    constexpr std::string_view kPublic = "Everybody can read it, without an account.";
    keys.push_back({.name = "support.admins",
                    .slot = At<std::vector<std::string>>{AT(support.admins)},
                    .about = "Matrix ids and e-mail addresses of those who run the server, told by "
                             "`/.well-known/matrix/support`.",
                    .privacy = kPublic});
    keys.push_back({.name = "support.security",
                    .slot = At<std::vector<std::string>>{AT(support.security)},
                    .about = "Likewise, of those who want to hear of weaknesses.",
                    .privacy = kPublic});
    keys.push_back(text("support.page", AT(support.page), "The address of a page with help for users.", kPublic));
}

void add_mail_and_calls(std::vector<Key>& keys) {
    keys.push_back(text("mail.host", AT(mail.host),
                        "The mail server that takes this server's mails, for confirming e-mail addresses (see "
                        "`privacy.third_party_ids`) and for notices (`privacy.email_notices`). Empty: no mail is sent.",
                        "The mail server learns which addresses have accounts here."));
    keys.push_back(whole("mail.port", AT(mail.port), 1, 65535, "Its port."));
    keys.push_back(choice("mail.security", CHOICE(mail.security), {"none", "starttls", "tls"},
                          "`starttls`: begin in clear, then TLS (port 587). `tls`: TLS from the first byte (port 465). "
                          "`none`: only for a mail server on this machine."));
    keys.push_back(text("mail.user", AT(mail.user), "The name to sign in with. Empty: no sign-in."));
    keys.push_back(secret("mail.password", AT(mail.password), "The password to sign in with."));
    keys.push_back(text("mail.from", AT(mail.from),
                        "The sender's address. Empty: `noreply@` and the server's name without a port."));
    keys.push_back(time("mail.notice_delay", AT(mail.notice_delay), 0, kDay,
                        "So long something stays unread before a notice is mailed, for who asked for notices."));
    keys.push_back({.name = "calls.turn_uris",
                    .slot = At<std::vector<std::string>>{AT(calls.turn_uris)},
                    .about = "Relays for calls of two, such as `turn:turn.example.org:3478?transport=udp`; coturn with "
                             "`use-auth-secret`."});
    keys.push_back(secret("calls.turn_secret", AT(calls.turn_secret), "The relay's `static-auth-secret`."));
    keys.push_back(time("calls.turn_lifetime", AT(calls.turn_lifetime), kMinute, 30 * kDay,
                        "How long credentials for the relay are good."));
    keys.push_back(text("calls.livekit_url", AT(calls.livekit_url),
                        "The service that lets clients into a LiveKit server, for calls of many (MatrixRTC)."));
}

void add_operation(std::vector<Key>& keys) {
    keys.push_back(
        choice("logging.level", CHOICE(logging.level), {"debug", "info", "warning", "error", "off"},
               "The least important lines that are written, to standard error.",
               "No level logs addresses, tokens, user names or contents; `debug` logs ids of rooms and events."));
    keys.push_back(
        choice("logging.format", CHOICE(logging.format), {"text", "json"}, "Lines for people or for programs."));
    keys.push_back(flag("metrics.enabled", AT(metrics.enabled),
                        "Serve counters for Prometheus at `/metrics` on a listener of their own.",
                        "Totals of the whole server only; no series is about a person or a room."));
    keys.push_back(text("metrics.address", AT(metrics.address), "Address of that listener. Keep it private."));
    keys.push_back(whole("metrics.port", AT(metrics.port), 0, 65535, "Port of that listener. 0: any free one."));
    keys.push_back(flag("outside_tests.enabled", AT(outside_tests.enabled),
                        "For conformance suites, never for people: no rate limits, cheap password hashing, loopback "
                        "allowed, short time-outs, and engines that forget are accepted.",
                        "Weakens passwords and opens private networks. `peyk doctor` warns while it is on."));
}

std::vector<Key> make_config_keys() {
    std::vector<Key> keys;
    add_server(keys);
    add_storage(keys);
    add_privacy_keys(keys);
    add_people(keys);
    add_limits(keys);
    add_media(keys);
    add_retention(keys);
    add_notices(keys);
    add_network(keys);
    add_appservices(keys);
    add_support(keys);
    add_mail_and_calls(keys);
    add_web_keys(keys);
    add_operation(keys);
    return keys;
}

std::vector<Key> make_listener_keys() {
    std::vector<Key> keys;
    keys.push_back(text("address", LISTENER(address),
                        "An IP address of this machine (`0.0.0.0` and `::` are all of them), or `unix:/path`."));
    keys.push_back(whole("port", LISTENER(port), 0, 65535, "0: any free one."));
    keys.push_back(
        path("tls_certificate", LISTENER(tls_certificate),
             "PEM file with the certificate and its chain; with `tls_key` it makes this listener HTTPS. Read "
             "anew on SIGHUP."));
    keys.push_back(path("tls_key", LISTENER(tls_key), "PEM file with the private key."));
    return keys;
}

constexpr Section kSections[] = {
    {"server", "Who the server is and where it keeps things."},
    {"storage", "How the store is sealed and how hard it holds on to what was answered."},
    {"privacy", "What the server reveals. Every row has a switch of its own; the profile sets the defaults."},
    {"registration", "Who may make an account."},
    {"auth", "Signing in."},
    {"limits", "What a client may ask for. Everything from outside has a limit."},
    {"media", "Files that people send."},
    {"retention", "How long messages are kept."},
    {"notices", "What the people who run the server say to its users."},
    {"network", "Proxies in front, and rules for connections that the server opens."},
    {"appservices", "Bridges to other networks, and bots."},
    {"support", "Whom people turn to. Nothing is told unless it is written here."},
    {"mail",
     "How mails leave. Nothing is mailed but what confirms an e-mail address, and notices to who asked for them."},
    {"calls", "Relays that the operator runs for calls."},
    {"web", "The web client at the server's own address."},
    {"logging", "What is written to standard error."},
    {"metrics", "Counters for operators."},
    {"outside_tests", "One switch for test suites."},
};

}  // namespace

std::span<const Key> config_keys() {
    static const std::vector<Key> keys = make_config_keys();
    return keys;
}

std::span<const Key> listener_keys() {
    static const std::vector<Key> keys = make_listener_keys();
    return keys;
}

std::span<const Section> config_sections() { return kSections; }

}  // namespace peyk::app
