#pragma once
// Server notices: the account that speaks, and the command line's way to them.

#include "core/json.h"
#include "rooms/notices/notices.h"
#include "users/users.h"

namespace peyk::app {

struct Config;

// The user in whose name the server speaks; nothing where notices are switched off.
std::optional<UserId> notices_user(const Config& config);
rooms::Notices::Options notice_options(const Config& config);

class NoticeAccountsOfUsers final : public rooms::NoticeAccounts {
public:
    struct Look {
        std::string display_name, avatar_url;  // empty: none
    };
    NoticeAccountsOfUsers(users::Users& users, UserId sender, Look look)
        : users_(users), sender_(std::move(sender)), look_(std::move(look)) {}

    Task<Result<void>> prepare() override;
    Result<void> check_recipient(const UserId& user) const override;
    Task<Result<void>> mark(UserId user, RoomId room) override;
    Result<std::vector<UserId>> people(std::string& next, std::size_t limit) const override;

private:
    bool may_be_told(const users::Account& account) const;
    Task<Result<void>> set(std::string key, std::string value);

    users::Users& users_;
    UserId sender_;
    Look look_;
};

// {"name"} or {"all": true}, and {"text"} -> {"sent", "failed"}. `notices` null: switched off.
Task<Result<json::Object>> answer_notice(rooms::Notices* notices, const users::Accounts& accounts,
                                         json::Object request);

}  // namespace peyk::app
