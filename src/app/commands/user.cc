// `peyk user …`: through the control socket of the server that runs, or on the store itself when none does.

#include <fstream>

#include "app/cli.h"
#include "app/commands/admin_door.h"
#include "core/json_text.h"

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

void print_account(const json::Object& row, Output output) {
    if (output == Output::json) {
        print_line(json::write(row));
        return;
    }
    const auto* admin = row.find("admin");
    print("{:<40} {:<10} {:<6} since {}", text_in(row, "user_id"), text_in(row, "state"),
          admin && admin->boolean().value_or(false) ? "admin" : "", text_in(row, "created"));
}

// One action on one account, printed as the account is afterwards.
int run_action(const UserOptions& options, std::string_view action, json::Object request) {
    auto door = AdminDoor::open(options.config);
    if (!door) return door.error();
    request.set("name", options.name);
    auto done = door->ask(fmt::format("/users/{}", action), request);
    if (!done) return kExitFailed;
    print_account(*done, options.output);
    return kExitOk;
}

}  // namespace

int run_user_add(const UserOptions& options) {
    auto door = AdminDoor::open(options.config);
    if (!door) return door.error();
    json::Object request{{"name", options.name}, {"admin", options.admin}};
    if (!door->ask("/users/check", request)) return kExitFailed;  // before anybody types a password
    auto password = choose_password(options);
    if (!password) {
        complain("the account was not made: {}", password.error().detail);
        return kExitFailed;
    }
    request.set("password", *std::move(password));
    auto added = door->ask("/users/add", request);
    if (!added) return kExitFailed;
    print("{} was made{}", text_in(*added, "user_id"), options.admin ? ", as an administrator" : "");
    return kExitOk;
}

int run_user_list(const UserOptions& options) {
    auto door = AdminDoor::open(options.config);
    if (!door) return door.error();
    json::Object request{{"limit", 500}};
    std::size_t count = 0;
    for (;;) {
        auto page = door->ask("/users/list", request);
        if (!page) return kExitFailed;
        const auto* rows = page->find("users");
        if (rows && rows->array()) {
            for (const auto& row : *rows->array()) {
                if (row.object()) print_account(*row.object(), options.output);
            }
            count += rows->array()->size();
        }
        auto next = text_in(*page, "next");
        if (next.empty()) break;
        request.set("from", std::move(next));
    }
    if (options.output == Output::text) note("{} account{}", count, count == 1 ? "" : "s");
    return kExitOk;
}

int run_user_reset_link(const UserOptions& options) {
    auto door = AdminDoor::open(options.config);
    if (!door) return door.error();
    auto link = door->ask("/users/reset-link", {{"name", options.name}, {"keep_devices", options.keep_devices}});
    if (!link) return kExitFailed;
    print_line(text_in(*link, "url"));
    note("Good once, for {} hours. {}", count_in(*link, "hours"),
         options.keep_devices ? "Devices of the account stay signed in."
                              : "All devices are signed out when it is used.");
    return kExitOk;
}

int run_user_lock(const UserOptions& options) { return run_action(options, "lock", {{"on", !options.off}}); }
int run_user_suspend(const UserOptions& options) { return run_action(options, "suspend", {{"on", !options.off}}); }
int run_user_admin(const UserOptions& options) { return run_action(options, "admin", {{"on", !options.off}}); }

int run_user_drop_second_factor(const UserOptions& options) { return run_action(options, "drop-second-factor", {}); }

int run_user_logout(const UserOptions& options) {
    auto door = AdminDoor::open(options.config);
    if (!door) return door.error();
    auto done = door->ask("/users/logout", {{"name", options.name}});
    if (!done) return kExitFailed;
    auto devices = count_in(*done, "devices");
    print("{} was signed out on {} device{}", text_in(*done, "user_id"), devices, devices == 1 ? "" : "s");
    return kExitOk;
}

int run_user_deactivate(const UserOptions& options) {
    auto door = AdminDoor::open(options.config);
    if (!door) return door.error();
    auto account = door->ask("/users/show", {{"name", options.name}});
    if (!account) return kExitFailed;
    auto user = text_in(*account, "user_id");
    if (!options.yes) {
        if (!interactive()) {
            complain_line("ending an account cannot be undone; without a terminal to ask, give --yes");
            return kExitUsage;
        }
        auto answer = ask(fmt::format("{} ends for ever. Type the user id to go on", user));
        if (!answer || *answer != user) {
            complain_line("nothing was changed");
            return kExitFailed;
        }
    }
    auto done = door->ask("/users/deactivate", {{"name", user}, {"erase", options.erase}});
    if (!done) return kExitFailed;
    print_account(*done, options.output);
    return kExitOk;
}

}  // namespace peyk::app
