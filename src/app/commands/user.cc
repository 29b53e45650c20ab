// `peyk user add | list | reset-link`, on the store itself.

#include <fstream>

#include "app/cli.h"
#include "app/commands/offline.h"
#include "core/json.h"

namespace peyk::app {
namespace {

Result<std::string> read_password(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string line;
    if (!std::getline(in, line)) return fail(Errc::io, fmt::format("{} is empty or cannot be read", file.string()));
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

Result<std::string> choose_password(const UserOptions& options) {
    if (!options.password_file.empty()) return read_password(options.password_file);
    if (!interactive())
        return fail(Errc::bad_request, "there is no terminal to ask for a password; use --password-file");
    PEYK_TRY(auto first, ask_secret("Password"));
    PEYK_TRY(auto second, ask_secret("Once more"));
    if (first.reveal() != second.reveal()) return fail(Errc::bad_request, "the two passwords differ");
    return std::string(first.reveal());
}

Result<UserId> add_user(Offline& offline, const UserOptions& options) {
    auto& users = offline.users();
    auto name = options.name.starts_with("@") ? options.name.substr(1, options.name.find(':') - 1) : options.name;
    PEYK_TRY(auto localpart, users.registration.check_localpart(name));
    PEYK_CHECK(users.registration.available(localpart));
    PEYK_TRY(auto password, choose_password(options));
    PEYK_CHECK(users.passwords.check_new(password, localpart));
    users::NewAccount wanted{.localpart = localpart, .password = std::move(password), .admin = options.admin};
    PEYK_TRY(auto account, offline.run(users.registration.create(std::move(wanted))));
    return account->id;
}

std::string day_text(std::uint32_t day) {
    std::time_t seconds = static_cast<std::time_t>(day) * 86'400;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

std::string_view state_of(const users::Account& account) {
    if (account.erased) return "erased";
    if (account.deactivated) return "ended";
    if (account.locked) return "locked";
    if (account.suspended) return "suspended";
    return "active";
}

void print_account(const users::Account& account, Output output) {
    if (output == Output::text) {
        print("{:<40} {:<10} {:<6} since {}", account.id.str(), state_of(account), account.admin ? "admin" : "",
              day_text(account.created_day));
        return;
    }
    json::Object row;
    row.set("user_id", account.id.str());
    row.set("state", state_of(account));
    row.set("admin", account.admin);
    row.set("created", day_text(account.created_day));
    print_line(json::write(row));
}

Result<std::size_t> list_users(Offline& offline, Output output) {
    std::string next;
    std::size_t count = 0;
    do {
        PEYK_TRY(auto page, offline.users().accounts.page(next, 500));
        for (const auto& account : page) print_account(*account, output);
        count += page.size();
    } while (!next.empty());
    return count;
}

}  // namespace

int run_user_add(const UserOptions& options) {
    auto offline = open_or_complain(options.config);
    if (!offline) return offline.error();
    auto added = add_user(**offline, options);
    if (!added) {
        complain("the account was not made: {}", added.error().detail);
        return kExitFailed;
    }
    print("{} was made{}", added->str(), options.admin ? ", as an administrator" : "");
    return kExitOk;
}

int run_user_list(const UserOptions& options) {
    auto offline = open_or_complain(options.config);
    if (!offline) return offline.error();
    auto count = list_users(**offline, options.output);
    if (!count) {
        complain_line(count.error().detail);
        return kExitFailed;
    }
    if (options.output == Output::text) note("{} account{}", *count, *count == 1 ? "" : "s");
    return kExitOk;
}

int run_user_reset_link(const UserOptions& options) {
    auto offline = open_or_complain(options.config);
    if (!offline) return offline.error();
    auto& users = (*offline)->users();
    auto user = users.accounts.complete(options.name);
    if (!user) {
        complain_line(user.error().detail);
        return kExitFailed;
    }
    auto link = (*offline)->run(users.lifecycle.make_reset_link(*user));
    if (!link) {
        complain("no link was made for {}: {}", user->str(), link.error().detail);
        return kExitFailed;
    }
    print_line(link->url);
    note("Good once, for {} hours, when the server runs. The person's devices are told when it is used.",
         std::chrono::duration_cast<std::chrono::hours>(users.options().reset_link_lifetime).count());
    return kExitOk;
}

}  // namespace peyk::app
