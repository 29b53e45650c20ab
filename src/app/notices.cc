#include "app/notices.h"

#include "app/config.h"
#include "core/errors.h"
#include "core/json_text.h"

namespace peyk::app {
namespace {
constexpr std::string_view kTag = "m.server_notice";
}

std::optional<UserId> notices_user(const Config& config) {
    if (config.notices.user.empty()) return std::nullopt;
    return UserId::trusted("@" + config.notices.user + ":" + config.server.name);
}

rooms::Notices::Options notice_options(const Config& config) {
    return {.sender = *notices_user(config),
            .room_name = config.notices.room_name,
            .room_topic = "What the people who run " + config.server.name +
                          " have to say. Not encrypted: the server itself writes here."};
}

Task<Result<void>> NoticeAccountsOfUsers::set(std::string key, std::string value) {
    PEYK_CO_TRY(auto profile, users_.profiles.get(sender_));
    const auto* now = profile.find(key);
    if (now ? *now == json::Value(value) : value.empty()) co_return Result<void>{};
    users::Caller self{
        .user = sender_, .device = DeviceId::trusted(""), .user_number = users_.accounts.number(sender_)};
    if (value.empty()) co_return co_await users_.profiles.erase(std::move(self), std::move(key));
    co_return co_await users_.profiles.set(std::move(self), std::move(key), json::Value(std::move(value)));
}

Task<Result<void>> NoticeAccountsOfUsers::prepare() {
    PEYK_CO_TRY(auto account, users_.accounts.find(sender_));
    if (!account) {
        users::NewAccount wanted{.localpart = std::string(sender_.localpart()), .of_server = true};
        auto made = co_await users_.registration.create(std::move(wanted));
        if (!made && made.error().m_code != "M_USER_IN_USE") co_return std::unexpected(std::move(made.error()));
        PEYK_CO_TRY(account, users_.accounts.find(sender_));
    }
    if (!account || !account->of_server) {
        co_return fail(Errc::conflict, fmt::format("notices.user: {} is somebody's account already; choose a name that "
                                                   "nobody has",
                                                   sender_.str()));
    }
    if (account->deactivated)
        co_return fail(Errc::conflict, fmt::format("notices.user: the account {} has ended", sender_.str()));
    PEYK_CO_CHECK(co_await set("displayname", look_.display_name));
    co_return co_await set("avatar_url", look_.avatar_url);
}

bool NoticeAccountsOfUsers::may_be_told(const users::Account& account) const {
    if (account.deactivated || account.of_server) return false;
    const auto* services = users_.service_names();
    return !services || !services->is_taken(account.id, {});
}

Result<void> NoticeAccountsOfUsers::check_recipient(const UserId& user) const {
    PEYK_TRY(auto account, users_.accounts.find(user));
    if (!account || account->deactivated) return m::not_found("There is no such user");
    if (!may_be_told(*account)) return m::not_found("This account is nobody's, so there is nobody to tell");
    return {};
}

Task<Result<void>> NoticeAccountsOfUsers::mark(UserId user, RoomId room) {
    auto number = users_.accounts.number(user);
    PEYK_CO_TRY(auto tags, users_.account_data.tags(number, room));
    const auto* there = tags.find("tags");
    if (there && there->get(kTag)) co_return Result<void>{};
    co_return co_await users_.account_data.put_tag(number, std::move(room), std::string(kTag), {});
}

Result<std::vector<UserId>> NoticeAccountsOfUsers::people(std::string& next, std::size_t limit) const {
    PEYK_TRY(auto page, users_.accounts.page(next, limit));
    std::vector<UserId> out;
    for (const auto& account : page) {
        if (!account->guest && may_be_told(*account)) out.push_back(account->id);
    }
    return out;
}

Task<Result<json::Object>> answer_notice(rooms::Notices* notices, const users::Accounts& accounts,
                                         json::Object request) {
    if (!notices)
        co_return fail(Errc::unsupported, "server notices are switched off; name an account for them in notices.user");
    auto text = text_in(request, "text");
    if (text.empty()) co_return fail(Errc::bad_request, "a notice needs a text");
    rooms::Notice notice{{{"msgtype", "m.text"}, {"body", std::move(text)}}};
    const auto* all = request.find("all");
    rooms::Notices::Told told;
    if (all && all->boolean().value_or(false)) {
        PEYK_CO_TRY(told, co_await notices->send_all(std::move(notice)));
    } else {
        PEYK_CO_TRY(auto user, accounts.complete(text_in(request, "name")));
        PEYK_CO_CHECK(co_await notices->send(std::move(user), std::move(notice)));
        told.sent = 1;
    }
    co_return json::Object{{"sent", told.sent}, {"failed", told.failed}};
}

}  // namespace peyk::app
