#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "app/config_keys.h"
#include "app/console.h"

namespace peyk::app {
namespace {

// ./peyk.toml where there is one, else the one of the Debian package.
std::filesystem::path standard_config() {
    std::error_code error;
    return std::filesystem::exists("peyk.toml", error) ? "peyk.toml" : "/etc/peyk/peyk.toml";
}

// All options of all commands; CLI11 fills in those of the command that was given.
struct Options {
    std::filesystem::path config = standard_config();
    ServeOptions serve;
    UnlockOptions unlock;
    RekeyOptions rekey;
    InitOptions init;
    UserOptions user;
    NoticeOptions notice;
    std::vector<std::string> words;
    TokenOptions token;
    BackupOptions backup;
    CaOptions ca;
    DoctorOptions doctor;
    InventoryOptions inventory;
    DiscloseOptions disclose;
    bool json = false;
    bool no_tls = false;
    int exit = kExitUsage;
};

constexpr const char* kAbout =
    "peyk is a messenger that a community runs for itself: a Matrix homeserver that keeps little and hides what it "
    "keeps.";

constexpr const char* kExamples = R"(
First steps:
  peyk init                              answer a few questions; writes ./peyk.toml and ./data
  peyk serve                             start; prints the address to open
  peyk user add sara --admin             make the first account

Every command explains itself: peyk COMMAND --help
)";

void config_option(CLI::App& command, Options& options) {
    command.add_option("-c,--config", options.config, "The configuration file")->capture_default_str();
}

CLI::App& command(CLI::App& parent, const char* name, const char* about, const char* examples) {
    auto& sub = *parent.add_subcommand(name, about);
    sub.footer(examples);
    return sub;
}

void add_lock_commands(CLI::App& app, Options& o) {
    auto& unlock = command(app, "unlock", "Bring the key to a server that started sealed", R"(
Asks for the passphrase, or reads a key file, which may lie on a stick. Waits until the server is open.

Examples:
  peyk unlock
  peyk unlock --key-file /media/stick/store.key)");
    config_option(unlock, o);
    unlock.add_option("--key-file", o.unlock.key_file, "The key file, instead of a passphrase");
    unlock.callback([&o] {
        o.unlock.config = o.config;
        o.exit = run_unlock(o.unlock);
    });
    auto& rekey = command(app, "rekey", "Open the store with another passphrase or key file from now on", R"(
The server must be stopped. The former key opens nothing any more but backups that were made before.

Examples:
  peyk rekey                                          asks for a new passphrase
  peyk rekey --key-file /media/stick/store.key        makes a new key file)");
    config_option(rekey, o);
    rekey.add_option("--key-file", o.rekey.key_file, "Make this key file, instead of asking for a passphrase");
    rekey.add_option("--passphrase-file", o.rekey.passphrase_file, "Read the new passphrase from this file");
    rekey.callback([&o] {
        o.rekey.config = o.config;
        o.exit = run_rekey(o.rekey);
    });
    auto& lock = command(app, "lock", "Seal the running server now: its keys go from memory", R"(
Within two seconds the server is a fresh process that holds no key, and answers 503 until `peyk unlock`. A key file that
stays on the disk opens the store for whoever takes both: take it away too.

Example:
  peyk lock)");
    config_option(lock, o);
    lock.callback([&o] {
        o.unlock.config = o.config;
        o.exit = run_lock(o.unlock);
    });
}

void add_init_command(CLI::App& app, Options& o) {
    auto& init = command(app, "init", "Write a first configuration, data folder and keys", R"(
Asks for the server's name, which is for ever: it is a part of every account and every room, and cannot be changed
later. Asks for a passphrase that opens the store at each start; without it, what is on the disk is noise. Asks how long
messages and files are kept.
With --unattended nothing is asked: the name is localhost, the key lies in a file, and the store is marked as a trial
that will never talk with other servers.

Examples:
  peyk init
  peyk init --config /srv/peyk/peyk.toml --server-name chat.example.org
  peyk init --config var/peyk.toml --unattended)");
    init.add_option("-c,--config", o.init.config, "The configuration file to write")->default_val("peyk.toml");
    init.add_option("--data", o.init.data, "The data folder to make (default: data, beside the configuration)");
    init.add_option("-n,--server-name", o.init.server_name, "The name, such as example.org");
    init.add_option("--address", o.init.address,
                    "IP address that people reach (default: all, or 127.0.0.1 for a trial)");
    init.add_option("--port", o.init.port, "Port for plain HTTP")->capture_default_str();
    init.add_option("--tls-port", o.init.tls_port, "Port for HTTPS")->capture_default_str();
    init.add_option("--registration", o.init.registration, "open, token or closed")
        ->capture_default_str()
        ->check(CLI::IsMember({"open", "token", "closed"}));
    init.add_option("--message-days", o.init.message_days, "End messages after so many days (0: never)")
        ->check(CLI::Range(0, 36'500));
    init.add_option("--file-days", o.init.file_days, "End files that people send after so many days (0: never)")
        ->check(CLI::Range(0, 36'500));
    init.add_flag("--rooms-choose", o.init.rooms_choose, "Rooms may set how long their own messages are kept");
    init.add_flag("--unattended", o.init.unattended, "Ask nothing: a trial server named localhost");
    init.add_flag("--key-file", o.init.key_file, "Keep the key in a file instead of a passphrase");
    init.add_flag("--passphrase", o.init.passphrase, "A passphrase also with --unattended: from the environment");
    init.add_flag("--no-tls", o.no_tls, "No local certificate authority; a proxy in front does HTTPS");
    init.callback([&o] {
        o.init.tls = !o.no_tls;
        o.exit = run_init(o.init);
    });
}

void add_server_commands(CLI::App& app, Options& o) {
    auto& serve = command(app, "serve", "Run the server until it is told to stop", R"(
Stops within two seconds on SIGTERM or Ctrl-C; reads certificate files anew on SIGHUP. When the key of the store is not
at hand, and nobody sits there to be asked, it starts sealed: it answers 503 until `peyk unlock`.

Examples:
  peyk serve
  peyk serve --config /etc/peyk/peyk.toml
  PEYK_LOGGING_LEVEL=debug peyk serve)");
    config_option(serve, o);
    serve.add_flag("--sealed", o.serve.sealed, "Wait for `peyk unlock` even if the key is at hand");
    serve.callback([&o] {
        o.serve.config = o.config;
        o.exit = run_serve(o.serve);
    });
    add_lock_commands(app, o);
}

// One of the commands on accounts. `run` gets the options complete.
CLI::App& user_command(CLI::App& user, Options& o, const char* name, const char* about, const char* examples,
                       int (*run)(const UserOptions&)) {
    auto& sub = command(user, name, about, examples);
    config_option(sub, o);
    sub.callback([&o, run] {
        o.user.config = o.config;
        o.user.output = o.json ? Output::json : Output::text;
        o.exit = run(o.user);
    });
    return sub;
}

void add_user_state_commands(CLI::App& user, Options& o) {
    auto add = [&](const char* name, const char* about, const char* examples, int (*run)(const UserOptions&)) {
        auto& sub = user_command(user, o, name, about, examples, run);
        sub.add_option("name", o.user.name, "The account")->required();
        return &sub;
    };
    auto with_off = [&](CLI::App* sub, const char* about) { sub->add_flag("--off", o.user.off, about); };
    with_off(add("lock", "Keep somebody out: nothing works but signing out, until it is taken back", R"(
Example:
  peyk user lock sara
  peyk user lock sara --off)",
                 run_user_lock),
             "Take it back");
    with_off(add("suspend", "Let somebody read and leave rooms, but not write", R"(
Example:
  peyk user suspend sara
  peyk user suspend sara --off)",
                 run_user_suspend),
             "Take it back");
    with_off(add("admin", "Make somebody an administrator: manages accounts, reads nothing", R"(
Example:
  peyk user admin omid
  peyk user admin omid --off)",
                 run_user_admin),
             "Not an administrator any more");
    add("logout", "End all sessions of somebody, as after a theft of a device", R"(
Keys that only those devices had are gone with them; the person's recovery key brings messages back.

Example:
  peyk user logout sara)",
        run_user_logout);
    add("drop-second-factor", "Let the password alone sign in again, for somebody who lost phone and recovery codes",
        R"(
Be sure who asks you: a second factor is there to keep out people who know the password.
Examples:
  peyk user drop-second-factor sara)",
        run_user_drop_second_factor);
    auto* end = add("deactivate", "End an account for ever", R"(
No sign-in, no sessions, no data; it leaves its rooms, and the name stays taken. What it sent stays in its rooms.

Example:
  peyk user deactivate sara --erase)",
                    run_user_deactivate);
    end->add_flag("--erase", o.user.erase, "Also hide what it sent from those who join later");
    end->add_flag("--yes", o.user.yes, "Do not ask");
}

void add_user_commands(CLI::App& app, Options& o) {
    auto& user = command(app, "user", "Make, list, lock and end accounts, issue links to reset a password", R"(
All of these work while the server runs, and on the store itself while it does not.)");
    user.require_subcommand(1);
    auto& add = user_command(user, o, "add", "Make an account", R"(
Examples:
  peyk user add sara                     asks for the password
  peyk user add omid --admin
  peyk user add robot --password-file secret.txt)",
                             run_user_add);
    add.add_option("name", o.user.name, "The part before the colon: sara for @sara:example.org")->required();
    add.add_flag("--admin", o.user.admin, "An administrator: manages accounts, reads nothing");
    add.add_option("--password-file", o.user.password_file, "Read the password from this file instead of asking");
    auto& list =
        user_command(user, o, "list", "List accounts: id, state and the day they were made; nothing else is shown", R"(
Example:
  peyk user list --json)",
                     run_user_list);
    list.add_flag("--json", o.json, "For programs");
    auto& reset = user_command(user, o, "reset-link", "Make a link with which a person sets a new password, once", R"(
Hand it to the person by a way you trust. When the link is used, all devices of the account are signed out, unless
--keep-devices says otherwise; the person is told by a message of the server and on the account pages. Encrypted messages
stay closed to whoever uses the link without the person's recovery key.

Examples:
  peyk user reset-link sara
  peyk user reset-link sara --keep-devices     a password forgotten, nothing stolen)",
                               run_user_reset_link);
    reset.add_option("name", o.user.name, "The account")->required();
    reset.add_flag("--keep-devices", o.user.keep_devices, "Sign out no devices when the link is used");
    add_user_state_commands(user, o);
}

void add_notice_command(CLI::App& app, Options& o) {
    auto& notice = command(app, "notice", "Say something to one user or to all, in their room of server notices", R"(
Needs notices.user in the configuration. The room is not encrypted. Works while the server runs, and on the store itself
while it does not.

Examples:
  peyk notice sara "Your storage is nearly full."
  peyk notice --all "The server moves on Sunday; it is away from 10 to 12."
  peyk notice --all - < letter.txt)");
    config_option(notice, o);
    notice.add_option("who", o.words, "The account (not with --all), and the text; a text of - is standard input")
        ->required()
        ->expected(1, 2);
    notice.add_flag("--all", o.notice.all, "Everybody who has an account here");
    notice.callback([&o] {
        o.notice.config = o.config;
        bool fits = o.words.size() == (o.notice.all ? 1u : 2u);
        if (!fits)
            throw CLI::ValidationError("notice",
                                       o.notice.all ? "with --all there is only a text" : "an account and a text");
        if (!o.notice.all) o.notice.name = o.words.front();
        o.notice.text = o.words.back();
        o.exit = run_notice(o.notice);
    });
}

void add_token_commands(CLI::App& app, Options& o) {
    auto& token = command(app, "token", "Make, list and remove invitations: tokens with which people register", R"(
They are asked for where registration.mode is "token". All of these work while the server runs, and without it.)");
    token.require_subcommand(1);
    auto add = [&](const char* name, const char* about, const char* examples,
                   int (*run)(const TokenOptions&)) -> CLI::App& {
        auto& sub = command(token, name, about, examples);
        config_option(sub, o);
        sub.callback([&o, run] {
            o.token.config = o.config;
            o.token.output = o.json ? Output::json : Output::text;
            o.exit = run(o.token);
        });
        return sub;
    };
    auto& make = add("add", "Make a token and print it", R"(
Good for one account and thirty days, unless said otherwise.

Examples:
  peyk token add
  peyk token add --uses 25 --days 7
  peyk token add spring-fair --uses 0 --days 0     any number of accounts, until it is removed)",
                     run_token_add);
    make.add_option("token", o.token.token, "Up to 64 of A-Z a-z 0-9 . _ ~ - (default: a random one)");
    make.add_option("--uses", o.token.uses, "Accounts that can be made with it; 0: any number")->capture_default_str();
    make.add_option("--days", o.token.days, "How long it is good; 0: for ever")->capture_default_str();
    make.add_flag("--json", o.json, "For programs");
    auto& list = add("list", "List tokens with what is left of them", R"(
Example:
  peyk token list)",
                     run_token_list);
    list.add_flag("--json", o.json, "For programs");
    auto& remove = add("remove", "Take a token out of use", R"(
Example:
  peyk token remove spring-fair)",
                       run_token_remove);
    remove.add_option("token", o.token.token, "The token")->required();
}

void add_care_commands(CLI::App& app, Options& o) {
    auto& backup = command(app, "backup", "Copy store and media, sealed and verified, into a folder", R"(
Example:
  peyk backup /mnt/stick/peyk-monday)");
    config_option(backup, o);
    backup.add_option("target", o.backup.target, "A folder that does not exist yet")->required();
    backup.callback([&o] {
        o.backup.config = o.config;
        o.exit = run_backup(o.backup);
    });

    auto& restore = command(app, "restore", "Make the data folder from a backup", R"(
There must be no store and no media in the data folder of the configuration. All clients synchronise anew afterwards.

Example:
  peyk restore /mnt/stick/peyk-monday)");
    config_option(restore, o);
    restore.add_option("source", o.backup.target, "The folder that `peyk backup` wrote")->required();
    restore.callback([&o] {
        o.backup.config = o.config;
        o.exit = run_restore(o.backup);
    });

    auto& verify = command(app, "verify", "Read the whole store, or a backup, and compare checksums", R"(
A server does it once a week by itself with its store (storage.verify_every). Works while the server runs; leaves with 1
when something is damaged.

Examples:
  peyk verify
  peyk verify --backup /mnt/stick/peyk-monday)");
    config_option(verify, o);
    verify.add_option("--backup", o.backup.target, "Read the backup in this folder instead of the store");
    verify.add_flag("--json", o.json, "For programs");
    verify.callback([&o] { o.exit = run_verify({o.config, o.backup.target, o.json ? Output::json : Output::text}); });

    auto& compact = command(app, "compact", "Give the space of deleted and overwritten rows back to the disk", R"(
Rewrites the tables of the store, which needs free space for a part of it and may take minutes. A running server does it
itself and goes on meanwhile. It is never necessary: the store does the same bit by bit, within a week.

Example:
  peyk compact)");
    config_option(compact, o);
    compact.callback([&o] { o.exit = run_compact({o.config}); });

    auto& doctor = command(app, "doctor", "Look for what is wrong with this installation, and say what to do", R"(
Looks at the configuration, the clock, DNS, TLS files, limits of the system, disk space, permissions, and what the last
verification of the store found. Leaves with 1 when something must be repaired. Opens no connection but to the resolver of this machine.

Example:
  peyk doctor --config /etc/peyk/peyk.toml)");
    config_option(doctor, o);
    doctor.add_flag("--json", o.json, "For programs");
    doctor.callback([&o] { o.exit = run_doctor({o.config, o.json ? Output::json : Output::text}); });

    auto& inventory = command(app, "inventory", "List everything the server can hold, why, and for how long", R"(
Examples:
  peyk inventory
  peyk inventory --json)");
    inventory.add_option("-c,--config", o.inventory.config, "Also say what this configuration switches on");
    inventory.add_flag("--json", o.json, "For programs");
    inventory.callback([&o] {
        o.inventory.output = o.json ? Output::json : Output::text;
        o.exit = run_inventory(o.inventory);
    });

    auto& disclose = command(app, "disclose", "Say which kinds of data exist about a person; never the data", R"(
Example:
  peyk disclose --fields

For whoever is asked what is held about somebody: the kinds are the same for everybody. There is no way to values
here: the person gets them with their own sign-in.)");
    disclose.add_flag("--fields", o.disclose.fields, "The kinds of fields")->required();
    disclose.add_flag("--json", o.json, "For programs");
    disclose.callback([&o] {
        o.disclose.output = o.json ? Output::json : Output::text;
        o.exit = run_disclose(o.disclose);
    });
}

void add_ca_commands(CLI::App& app, Options& o) {
    auto& ca = command(app, "ca", "Show or renew the certificate of the server's own authority", R"(
The server renews its certificate by itself, a month before it ends and when its names or addresses change. A public
certificate in files is not touched.)");
    ca.require_subcommand(1);
    auto add = [&](const char* name, const char* about, const char* examples,
                   int (*run)(const CaOptions&)) -> CLI::App& {
        auto& sub = command(ca, name, about, examples);
        config_option(sub, o);
        sub.add_flag("--json", o.json, "For programs");
        sub.callback([&o, run] {
            o.ca.config = o.config;
            o.ca.output = o.json ? Output::json : Output::text;
            o.exit = run(o.ca);
        });
        return sub;
    };
    add("show", "Print fingerprint, names and dates", R"(
Example:
  peyk ca show)",
        run_ca_show);
    auto& renew = add("renew", "Renew the certificate now, where that is due", R"(
The authority may only sign for the names and addresses that it was made for. When those change, --new-authority makes
another, and everybody who installed the former one has to install it.

Examples:
  peyk ca renew
  peyk ca renew --name school.lan
  peyk ca renew --new-authority)",
                      run_ca_renew);
    renew.add_option("--name", o.ca.names, "A name or address that the certificate is also for; may be repeated");
    renew.add_flag("--new-authority", o.ca.new_authority, "Make the authority anew too");
}

void add_config_commands(CLI::App& app, Options& o) {
    auto& config = command(app, "config", "Check a configuration, or print what can be configured", "");
    config.require_subcommand(1);
    auto& check = command(config, "check", "Read the configuration and the environment, start nothing", R"(
Example:
  peyk config check --config new.toml && mv new.toml peyk.toml)");
    config_option(check, o);
    check.callback([&o] { o.exit = run_config_check(o.config); });
    auto& reference = command(config, "reference", "Print every key with its type, default and meaning (Markdown)", "");
    reference.callback([&o] { o.exit = run_config_reference(); });
    auto& print_version = command(app, "version", "Print the version", "");
    print_version.callback([&o] { o.exit = run_version(); });
}

// Where a command is wanted and a word stands that is none: a sentence about it. CLI11 only says that a command is
// missing.
std::optional<std::string> unknown_command(CLI::App& app, int argc, char** argv) {
    auto* at = &app;
    for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
        std::vector<std::string> names;
        CLI::App* chosen = nullptr;
        for (auto* sub : at->get_subcommands([](CLI::App*) { return true; })) {
            names.push_back(sub->get_name());
            if (names.back() == argv[i]) chosen = sub;
        }
        if (names.empty()) return std::nullopt;
        if (!chosen) {
            auto close = nearest(argv[i], names);
            auto command = at == &app ? "peyk" : "peyk " + at->get_name();
            auto hint = close.empty() ? std::string() : fmt::format("; did you mean '{}'?", close);
            return fmt::format("`{}` has no command '{}'{} (`{} --help` lists them)", command, argv[i], hint, command);
        }
        at = chosen;
    }
    return std::nullopt;
}

}  // namespace

std::string version() { return PEYK_VERSION; }

int run_version() {
    print("peyk {}", version());
    return kExitOk;
}

int run_cli(int argc, char** argv) {
    CLI::App app{kAbout, "peyk"};
    app.footer(kExamples);
    app.require_subcommand(1);
    app.set_version_flag("--version", version());
    Options options;
    add_server_commands(app, options);
    add_init_command(app, options);
    add_user_commands(app, options);
    add_notice_command(app, options);
    add_token_commands(app, options);
    add_care_commands(app, options);
    add_ca_commands(app, options);
    add_config_commands(app, options);
    if (auto problem = unknown_command(app, argc, argv)) {
        complain("{}", *problem);
        return kExitUsage;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kExitOk : kExitUsage;
    }
    return options.exit;
}

}  // namespace peyk::app
