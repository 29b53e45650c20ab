#include "users/sign_in.h"

#include "core/errors.h"
#include "users/sessions.h"

namespace peyk::users {

Result<UserId> PasswordCheck::user_of_address(const json::Value& named) const {
    if (!third_party_.on())
        return m::forbidden("This server keeps no e-mail addresses or phone numbers; sign in with a user name");
    auto medium = named.get_string("medium");
    auto address = named.get_string("address");
    if (!medium || !address) return m::missing_param("'medium' and 'address' are needed");
    PEYK_TRY(auto account, third_party_.account_of(*medium, *address));
    if (!account) return m::forbidden("Invalid user name or password");
    return account->id;
}

Result<UserId> PasswordCheck::named_user(const json::Object& auth) const {
    const auto* identifier = auth.find("identifier");
    const auto* name = auth.find("user");
    if (identifier) {
        auto type = identifier->get_string("type");
        if (!type) return m::bad_json("'identifier' must be an object with a 'type'");
        for (auto key : {"address", "country", "medium", "number", "phone", "user"}) {
            const auto* value = identifier->get(key);
            if (value && !value->string()) return m::bad_json(fmt::format("'{}' must be a string", key));
        }
        if (*type == "m.id.thirdparty") return user_of_address(*identifier);
        if (*type == "m.id.phone") return m::forbidden("This server keeps no telephone numbers");
        if (*type != "m.id.user") return m::unknown("Unknown type of identifier");
        name = identifier->get("user");
    } else if (!name && auth.contains("medium")) {
        return user_of_address(json::Value(auth));
    }
    if (!name) return m::missing_param("The user is missing");
    if (!name->string()) return m::bad_json("'user' must be a string");
    // All names here are lower-case; the keyboards of telephones like to begin with a capital.
    std::string text = *name->string();
    auto local_end = text.starts_with('@') ? text.find(':') : text.size();
    for (std::size_t i = 0; i < text.size() && i < local_end; ++i) {
        if (text[i] >= 'A' && text[i] <= 'Z') text[i] = static_cast<char>(text[i] | 0x20);
    }
    auto user = accounts_.complete(text);
    if (!user) return m::forbidden("Invalid user name or password");
    return user;
}

Task<Result<AccountPtr>> PasswordCheck::check(UserId user, std::string password) {
    auto lane = co_await lanes_.enter(accounts_.number(user));
    PEYK_CO_CHECK(limiter_.peek(privacy::RateClass::login_failure, user.view()));
    PEYK_CO_TRY(auto account, accounts_.find(user));
    std::string hash = account && !account->deactivated ? account->password_hash : std::string();
    std::string again = password;
    PEYK_CO_TRY(auto verdict, co_await passwords_.verify(std::move(password), std::move(hash)));
    if (verdict == Passwords::Verdict::wrong) {
        (void)limiter_.take(privacy::RateClass::login_failure, user.view());
        co_return m::forbidden("Invalid user name or password");
    }
    // Only who knows the password hears of the lock.
    if (account->locked) co_return fail(locked_error());
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
