#include "app/user_admin.h"

#include <ctime>

#include "base/bytes.h"
#include "core/errors.h"
#include "core/json_text.h"
#include "oauth/second_factors.h"

namespace peyk::app {
namespace {

bool flag_in(const json::Object& request, std::string_view key) {
    const auto* value = request.find(key);
    return value && value->boolean().value_or(false);
}

std::string_view state_of(const users::Account& account) {
    if (account.erased) return "erased";
    if (account.deactivated) return "ended";
    if (account.locked) return "locked";
    if (account.suspended) return "suspended";
    if (account.of_server) return "server";
    return "active";
}

json::Object row_of(const users::Account& account) {
    return {{"user_id", account.id.str()},
            {"state", state_of(account)},
            {"admin", account.admin},
            {"created", day_text(account.created_day)}};
}

// sara, @sara or @sara:example.org.
std::string local_name(std::string name) {
    if (!name.starts_with('@')) return name;
    return name.substr(1, name.find(':') - 1);
}

}  // namespace

std::string day_text(std::uint32_t day) {
    std::time_t seconds = static_cast<std::time_t>(day) * 86'400;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

Result<UserId> UserAdmin::existing(const json::Object& request) const {
    auto name = text_in(request, "name");
    if (name.starts_with('@') && name.find(':') == std::string::npos) name.erase(0, 1);
    PEYK_TRY(auto user, users_.accounts.complete(name));
    PEYK_TRY(auto account, users_.accounts.find(user));
    if (!account) return m::not_found(fmt::format("there is no account {}", user.str()));
    return user;
}

Result<json::Object> UserAdmin::show(const UserId& user) const {
    PEYK_TRY(auto account, users_.accounts.find(user));
    if (!account) return m::not_found(fmt::format("there is no account {}", user.str()));
    return row_of(*account);
}

Result<json::Object> UserAdmin::check(const json::Object& request) const {
    PEYK_TRY(auto localpart, users_.registration.check_localpart(local_name(text_in(request, "name"))));
    PEYK_CHECK(users_.registration.available(localpart));
    PEYK_TRY(auto user, users_.accounts.complete(localpart));
    return json::Object{{"user_id", user.str()}};
}

Result<json::Object> UserAdmin::list(const json::Object& request) const {
    auto next = base64_decode(text_in(request, "from"));
    if (!next) return fail(Errc::bad_request, "\"from\" is not what an earlier answer said");
    const auto* limit = request.find("limit");
    auto count = std::clamp<std::int64_t>(limit ? limit->integer().value_or(500) : 500, 1, 500);
    PEYK_TRY(auto page, users_.accounts.page(*next, static_cast<std::size_t>(count)));
    json::Array rows;
    rows.reserve(page.size());
    for (const auto& account : page) rows.emplace_back(row_of(*account));
    return json::Object{{"users", std::move(rows)}, {"next", base64_encode(*next)}};
}

Task<Result<json::Object>> UserAdmin::add(json::Object request) {
    PEYK_CO_TRY(auto localpart, users_.registration.check_localpart(local_name(text_in(request, "name"))));
    PEYK_CO_CHECK(users_.registration.available(localpart));
    auto password = text_in(request, "password");
    PEYK_CO_CHECK(users_.passwords.check_new(password, localpart));
    users::NewAccount wanted{
        .localpart = localpart, .password = std::move(password), .admin = flag_in(request, "admin")};
    PEYK_CO_TRY(auto account, co_await users_.registration.create(std::move(wanted)));
    co_return row_of(*account);
}

Task<Result<json::Object>> UserAdmin::reset_link(UserId user, json::Object request) {
    auto devices = flag_in(request, "keep_devices") ? users::Devices::keep : users::Devices::end;
    PEYK_CO_TRY(auto link, co_await users_.lifecycle.make_reset_link(user, devices));
    auto hours = std::chrono::duration_cast<std::chrono::hours>(users_.options().reset_link_lifetime).count();
    co_return json::Object{{"user_id", user.str()}, {"url", link.url}, {"hours", hours}};
}

Task<Result<void>> UserAdmin::set_admin(UserId user, bool on) {
    users::Accounts::Edit edit = [on](users::Account& account) -> Result<void> {
        if (account.deactivated) return m::not_found("the account has ended");
        PEYK_CHECK(users::check_is_somebody(account));
        account.admin = on;
        return {};
    };
    PEYK_CO_CHECK(co_await users_.accounts.update(users_.accounts.number(user), std::move(edit)));
    if (on) PEYK_CO_CHECK(co_await users_.invitations.end_first());
    co_return Result<void>{};
}

Task<Result<json::Object>> UserAdmin::change(std::string action, UserId user, json::Object request) {
    using State = users::Lifecycle::State;
    bool on = flag_in(request, "on");
    if (action == "logout") {
        PEYK_CO_TRY(auto devices, co_await users_.sessions.remove_all_devices(user, std::nullopt));
        co_return json::Object{{"user_id", user.str()}, {"devices", devices.size()}};
    }
    if (action == "admin") {
        PEYK_CO_CHECK(co_await set_admin(user, on));
    } else if (action == "drop-second-factor") {
        PEYK_CO_CHECK(co_await oauth::drop_second_factors(users_, users_.accounts.number(user)));
    } else if (action == "deactivate") {
        PEYK_CO_CHECK(co_await users_.lifecycle.deactivate(user, flag_in(request, "erase")));
    } else {
        PEYK_CO_CHECK(
            co_await users_.lifecycle.set_state(user, action == "lock" ? State::locked : State::suspended, on));
    }
    co_return show(user);
}

Task<Result<json::Object>> UserAdmin::run(std::string action, json::Object request) {
    if (std::ranges::find(kUserActions, action) == kUserActions.end())
        co_return fail(Errc::bad_request, "no such action on accounts");
    if (action == "list") co_return list(request);
    if (action == "check") co_return check(request);
    if (action == "add") co_return co_await add(std::move(request));
    PEYK_CO_TRY(auto user, existing(request));
    if (action == "show") co_return show(user);
    if (action == "reset-link") co_return co_await reset_link(std::move(user), std::move(request));
    co_return co_await change(std::move(action), std::move(user), std::move(request));
}

}  // namespace peyk::app
