#include "users/sign_in.h"

#include "core/errors.h"

namespace peyk::users {

Result<UserId> PasswordCheck::named_user(const json::Object& auth) const {
    const auto* identifier = auth.find("identifier");
    const auto* name = auth.find("user");
    if (identifier) {
        auto type = identifier->get_string("type");
        if (!type) return m::bad_json("'identifier' must be an object with a 'type'");
        if (*type == "m.id.thirdparty" || *type == "m.id.phone")
            return m::forbidden("This server keeps no e-mail addresses or phone numbers; sign in with a user name");
        if (*type != "m.id.user") return m::unknown("Unknown type of identifier");
        name = identifier->get("user");
    } else if (!name && auth.contains("medium")) {
        return m::forbidden("This server keeps no e-mail addresses or phone numbers; sign in with a user name");
    }
    if (!name) return m::missing_param("The user is missing");
    if (!name->string()) return m::bad_json("'user' must be a string");
    auto user = accounts_.complete(*name->string());
    if (!user) return m::forbidden("Invalid user name or password");
    return user;
}

Task<Result<AccountPtr>> PasswordCheck::check(UserId user, std::string password) {
    PEYK_CO_CHECK(limiter_.peek(privacy::RateClass::login_failure, user.view()));
    PEYK_CO_TRY(auto account, accounts_.find(user));
    std::string hash = account && !account->deactivated ? account->password_hash : std::string();
    std::string again = password;
    PEYK_CO_TRY(auto verdict, co_await passwords_.verify(std::move(password), std::move(hash)));
    if (verdict == Passwords::Verdict::wrong) {
        (void)limiter_.take(privacy::RateClass::login_failure, user.view());
        co_return m::forbidden("Invalid user name or password");
    }
    if (verdict == Passwords::Verdict::right) co_return account;
    // The costs in the configuration have changed since.
    PEYK_CO_TRY(auto renewed, co_await passwords_.hash(std::move(again)));
    std::string known = account->password_hash;
    Accounts::Edit edit = [renewed, known](Account& row) -> Result<void> {
        if (row.password_hash == known) row.password_hash = renewed;
        return {};
    };
    co_return co_await accounts_.update(account->number, std::move(edit));
}

}  // namespace peyk::users
