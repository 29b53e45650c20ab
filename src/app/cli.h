#pragma once
// The command line: `peyk COMMAND …`. cli.cc parses (and is the only unit that sees CLI11); each command is a function
// in commands/ that takes its options as a struct and returns the exit code.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace peyk::app {

// Exit codes of all commands.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // it was tried and did not work; the reason is on standard error
inline constexpr int kExitUsage = 2;   // it was not tried: wrong options or configuration

enum class Output : unsigned char { text, json };

struct ServeOptions {
    std::filesystem::path config;
    bool sealed = false;  // even if the key is at hand
};
struct UnlockOptions {
    std::filesystem::path config;
    std::filesystem::path key_file;  // empty: a passphrase
};
struct RekeyOptions {
    std::filesystem::path config;
    std::filesystem::path key_file;         // to make; empty: a passphrase
    std::filesystem::path passphrase_file;  // where it stands; empty: it is asked for
};
struct InitOptions {
    std::filesystem::path config;  // the file to write
    std::filesystem::path data;    // the data folder to make; empty: "data" beside the file
    std::string server_name;       // empty: ask, or localhost when unattended
    std::string address;           // that people reach; empty: all of this machine, or loopback for a trial
    std::uint16_t port = 8008;
    std::uint16_t tls_port = 8448;
    std::string registration = "token";
    std::optional<unsigned> message_days, file_days;  // absent: ask, or 0 when unattended
    bool rooms_choose = false;
    bool unattended = false;
    bool key_file = false;    // no passphrase
    bool passphrase = false;  // also when unattended
    bool tls = true;          // make a local certificate authority and an HTTPS listener
};
struct UserOptions {
    std::filesystem::path config;
    std::string name;
    bool admin = false;         // of add
    bool off = false;           // of lock, suspend, admin: take it back
    bool erase = false;         // of deactivate
    bool yes = false;           // of deactivate: do not ask
    bool keep_devices = false;  // of reset-link
    std::filesystem::path password_file;
    Output output = Output::text;
};
struct NoticeOptions {
    std::filesystem::path config;
    std::string name;  // empty: everybody
    std::string text;  // "-": from standard input
    bool all = false;
};
struct TokenOptions {
    std::filesystem::path config;
    std::string token;       // of add: empty for a random one
    std::int64_t uses = 1;   // of add: accounts that may be made with it; 0: any number
    std::int64_t days = 30;  // of add: how long it is good; 0: for ever
    Output output = Output::text;
};
struct BackupOptions {
    std::filesystem::path config;
    std::filesystem::path target;  // of backup: folder to write; of restore: folder to read
};
struct VerifyOptions {
    std::filesystem::path config;
    std::filesystem::path backup = {};  // read this instead of the store
    Output output = Output::text;
};
struct CaOptions {
    std::filesystem::path config;
    std::vector<std::string> names;  // of renew: beside those that follow from the configuration
    bool new_authority = false;      // of renew: people have to install it
    Output output = Output::text;
};
struct CompactOptions {
    std::filesystem::path config;
};
struct DoctorOptions {
    std::filesystem::path config;
    Output output = Output::text;
};
struct InventoryOptions {
    std::filesystem::path config;  // empty: the catalog alone, without a running configuration
    Output output = Output::text;
};
struct DiscloseOptions {
    bool fields = false;  // must be asked for: there is nothing else
    Output output = Output::text;
};

int run_serve(const ServeOptions& options);
int run_unlock(const UnlockOptions& options);
int run_rekey(const RekeyOptions& options);
int run_lock(const UnlockOptions& options);
int run_init(const InitOptions& options);
int run_user_add(const UserOptions& options);
int run_user_list(const UserOptions& options);
int run_user_reset_link(const UserOptions& options);
int run_user_lock(const UserOptions& options);
int run_user_suspend(const UserOptions& options);
int run_user_admin(const UserOptions& options);
int run_user_logout(const UserOptions& options);
int run_user_drop_second_factor(const UserOptions& options);
int run_user_deactivate(const UserOptions& options);
int run_notice(const NoticeOptions& options);
int run_token_add(const TokenOptions& options);
int run_token_list(const TokenOptions& options);
int run_token_remove(const TokenOptions& options);
int run_backup(const BackupOptions& options);
int run_restore(const BackupOptions& options);
int run_verify(const VerifyOptions& options);
int run_ca_show(const CaOptions& options);
int run_ca_renew(const CaOptions& options);
int run_compact(const CompactOptions& options);
int run_doctor(const DoctorOptions& options);
int run_config_check(const std::filesystem::path& config);
int run_config_reference();
int run_inventory(const InventoryOptions& options);
int run_disclose(const DiscloseOptions& options);
int run_version();

// "0.1.0".
std::string version();

// The whole program; main() calls it.
int run_cli(int argc, char** argv);

}  // namespace peyk::app
