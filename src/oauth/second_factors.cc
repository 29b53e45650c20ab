#include "oauth/second_factors.h"

#include "base/bytes.h"
#include "core/errors.h"
#include "oauth/tables.h"

namespace peyk::oauth {
namespace {

constexpr Millis kChallengeLife{10 * 60 * 1000};
constexpr std::size_t kRecoveryCount = 10;
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxRows = 1000;

std::string limit_key(std::uint64_t user) { return "second factor of " + std::to_string(user); }

Passkey decode_passkey(const storage::Entry& entry) {
    Passkey out{.key = base64_encode(entry.rest, Base64::url)};
    auto value = json::parse(entry.body);
    if (!value) return out;
    out.id = base64_decode(value->get_string("id").value_or("")).value_or("");
    out.public_key = base64_decode(value->get_string("public_key").value_or("")).value_or("");
    out.counter = static_cast<std::uint32_t>(value->get_integer("counter").value_or(0));
    out.name = value->get_string("name").value_or("");
    out.day = static_cast<std::uint32_t>(value->get_integer("day").value_or(0));
    return out;
}

std::string encode_passkey(const Passkey& passkey) {
    return json::write(json::Object{{"id", base64_encode(passkey.id)},
                                    {"public_key", base64_encode(passkey.public_key)},
                                    {"counter", passkey.counter},
                                    {"name", passkey.name},
                                    {"day", passkey.day}});
}

struct Authenticator {
    std::string secret;
    std::uint64_t last_step = 0;
};

Authenticator decode_authenticator(std::string_view body) {
    auto value = json::parse(body);
    if (!value) return {};
    return {base64_decode(value->get_string("secret").value_or("")).value_or(""),
            static_cast<std::uint64_t>(value->get_integer("last_step").value_or(0))};
}

std::string encode_authenticator(const Authenticator& authenticator) {
    return json::write(json::Object{{"secret", base64_encode(authenticator.secret)},
                                    {"last_step", static_cast<std::int64_t>(authenticator.last_step)}});
}

// "abcd efgh-ijkl" as "ABCDEFGHIJKL"; digits stay.
std::string normal(std::string_view code) {
    std::string out;
    for (char c : code.substr(0, 64)) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) out += c;
    }
    return out;
}

}  // namespace

std::string user_handle(std::uint64_t user) {
    std::string out;
    put_u64be(out, user);
    return out;
}

SecondFactors::SecondFactors(users::Users& users, privacy::RateLimiter& limiter, RelyingParty party)
    : users_(users),
      context_(users.context()),
      limiter_(limiter),
      party_(std::move(party)),
      challenges_(context_.clock, context_.random, "") {}

Result<Factors> SecondFactors::of(std::uint64_t user) const {
    Factors out;
    PEYK_TRY(auto authenticator, context_.db.get(kAuthenticators, user, ""));
    out.authenticator = authenticator && !authenticator->gone;
    PEYK_TRY(auto passkeys, context_.db.scan(kPasskeys, user, "", "", kMaxRows));
    for (const auto& entry : passkeys) {
        if (!entry.gone) out.passkeys.push_back(decode_passkey(entry));
    }
    PEYK_TRY(auto codes, context_.db.scan(kRecoveryCodes, user, "", "", kMaxRows));
    out.recovery_codes = codes.size();
    return out;
}

Result<users::Account> SecondFactors::account_of(std::uint64_t user) const {
    PEYK_TRY(auto account, users_.accounts.by_number(user));
    if (!account || account->deactivated) return m::not_found("There is no such account");
    return *account;
}

std::string SecondFactors::code_digest(std::uint64_t user, std::string_view code) const {
    return context_.db.digest("recovery code", user_handle(user) + std::string(code));
}

// Fifty bits each, and a limit on attempts: a digest without a slow hash is enough.
Result<SecondFactors::Codes> SecondFactors::put_recovery_codes(storage::Change& change, std::uint64_t user) const {
    PEYK_TRY(auto old, context_.db.scan(kRecoveryCodes, user, "", "", kMaxRows));
    for (const auto& row : old) change.del(kRecoveryCodes, user, row.rest);
    Codes codes;
    for (std::size_t i = 0; i < kRecoveryCount; ++i) {
        auto letters = context_.random.letters(11);
        change.put(kRecoveryCodes, user, code_digest(user, letters), "");
        codes.push_back(letters.substr(0, 4) + "-" + letters.substr(4, 4) + "-" + letters.substr(8));
    }
    return codes;
}

Result<SecondFactors::Codes> SecondFactors::first_codes(storage::Change& change, users::Account& account) const {
    account.second_factor = true;
    users_.accounts.put(change, account);
    PEYK_TRY(auto now, of(account.number));
    if (now.any() && now.recovery_codes > 0) return Codes{};
    return put_recovery_codes(change, account.number);
}

// After the rows of one factor have left in `change`, which is the last one.
Result<void> SecondFactors::last_gone(storage::Change& change, users::Account& account) const {
    account.second_factor = account.password_apps = false;
    users_.accounts.put(change, account);
    PEYK_TRY(auto codes, context_.db.scan(kRecoveryCodes, account.number, "", "", kMaxRows));
    for (const auto& row : codes) change.del(kRecoveryCodes, account.number, row.rest);
    return {};
}

Task<Result<void>> SecondFactors::finish(storage::Change change, users::Account account) {
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    users_.accounts.remember(std::make_shared<const users::Account>(std::move(account)));
    co_return Result<void>{};
}

std::string SecondFactors::new_secret() const {
    std::string secret(kTotpSecret, '\0');
    context_.random.fill({reinterpret_cast<std::uint8_t*>(secret.data()), secret.size()});
    return secret;
}

Task<Result<SecondFactors::Codes>> SecondFactors::add_authenticator(std::uint64_t user, std::string secret,
                                                                    std::string code) {
    auto step = match_totp(secret, normal(code), context_.clock.now(), 0);
    if (!step || secret.size() != kTotpSecret) co_return m::forbidden("The code is not right");
    auto lane = co_await context_.lanes.enter(user);
    PEYK_CO_TRY(auto account, account_of(user));
    auto change = context_.change_of(user);
    PEYK_CO_TRY(auto codes, first_codes(change, account));
    change.put(kAuthenticators, user, "", encode_authenticator({std::move(secret), *step}));
    PEYK_CO_CHECK(co_await finish(std::move(change), std::move(account)));
    co_return codes;
}

Task<Result<void>> SecondFactors::remove_authenticator(std::uint64_t user) {
    auto lane = co_await context_.lanes.enter(user);
    PEYK_CO_TRY(auto account, account_of(user));
    PEYK_CO_TRY(auto now, of(user));
    auto change = context_.change_of(user);
    change.del(kAuthenticators, user, "");
    if (now.passkeys.empty()) PEYK_CO_CHECK(last_gone(change, account));
    co_return co_await finish(std::move(change), std::move(account));
}

Result<bool> SecondFactors::use_recovery_code(storage::Change& change, std::uint64_t user,
                                              const std::string& code) const {
    auto key = code_digest(user, code);
    PEYK_TRY(auto row, context_.db.get(kRecoveryCodes, user, key));
    if (!row || row->gone) return false;
    change.del(kRecoveryCodes, user, key);
    return true;
}

Task<Result<void>> SecondFactors::use_code(std::uint64_t user, std::string code) {
    // Inside of the lane: whoever guesses many at once waits for the verdict of each.
    auto lane = co_await context_.lanes.enter(user);
    PEYK_CO_CHECK(limiter_.peek(privacy::RateClass::login_failure, limit_key(user)));
    auto given = normal(code);
    auto change = context_.change_of(user);
    PEYK_CO_TRY(auto row, context_.db.get(kAuthenticators, user, ""));
    bool right = false;
    if (row && !row->gone) {
        auto authenticator = decode_authenticator(row->body);
        auto step = match_totp(authenticator.secret, given, context_.clock.now(), authenticator.last_step);
        if (step) {
            right = true;
            authenticator.last_step = *step;
            change.put(kAuthenticators, user, "", encode_authenticator(authenticator));
        }
    }
    if (!right) {
        PEYK_CO_TRY(right, use_recovery_code(change, user, given));
    }
    if (!right) {
        (void)limiter_.take(privacy::RateClass::login_failure, limit_key(user));
        co_return m::forbidden("The code is not right");
    }
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<SecondFactors::Codes>> SecondFactors::renew_recovery_codes(std::uint64_t user) {
    auto lane = co_await context_.lanes.enter(user);
    PEYK_CO_TRY(auto now, of(user));
    if (!now.any()) co_return m::not_found("There is no second factor");
    auto change = context_.change_of(user);
    PEYK_CO_TRY(auto codes, put_recovery_codes(change, user));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return codes;
}

std::string SecondFactors::new_challenge(std::string_view holder) {
    return challenges_.issue(std::string(holder), kChallengeLife);
}

Task<Result<SecondFactors::Codes>> SecondFactors::add_passkey(std::uint64_t user, std::string holder,
                                                              RegistrationAnswer answer, std::string name) {
    auto challenge = challenge_of(answer.client_data);
    if (holder.empty() || challenges_.take(challenge) != holder) co_return m::invalid_param("An old page");
    PEYK_CO_TRY(auto made, check_registration(party_, challenge, answer));
    auto lane = co_await context_.lanes.enter(user);
    PEYK_CO_TRY(auto account, account_of(user));
    auto key = context_.db.digest("passkey", made.id);
    PEYK_CO_TRY(auto now, of(user));
    if (now.passkeys.size() >= kMaxPasskeys) co_return m::invalid_param("Too many passkeys");
    PEYK_CO_TRY(auto known, context_.db.get(kPasskeys, user, key));
    if (known && !known->gone) co_return m::user_in_use("This passkey is here already");
    auto change = context_.change_of(user);
    PEYK_CO_TRY(auto codes, first_codes(change, account));
    Passkey passkey{.id = std::move(made.id),
                    .public_key = std::move(made.public_key),
                    .counter = made.counter,
                    .name = is_utf8(name.substr(0, kMaxName)) ? name.substr(0, kMaxName) : std::string(),
                    .day = context_.today()};
    change.put(kPasskeys, user, key, encode_passkey(passkey));
    PEYK_CO_CHECK(co_await finish(std::move(change), std::move(account)));
    co_return codes;
}

Task<Result<void>> SecondFactors::remove_passkey(std::uint64_t user, std::string key) {
    auto lane = co_await context_.lanes.enter(user);
    PEYK_CO_TRY(auto account, account_of(user));
    PEYK_CO_TRY(auto now, of(user));
    auto row = base64_decode(key, Base64::url);
    bool known = row && std::ranges::any_of(now.passkeys, [&](const Passkey& one) { return one.key == key; });
    if (!known) co_return m::not_found("There is no such passkey");
    auto change = context_.change_of(user);
    change.del(kPasskeys, user, *row);
    if (now.passkeys.size() == 1 && !now.authenticator) PEYK_CO_CHECK(last_gone(change, account));
    co_return co_await finish(std::move(change), std::move(account));
}

Task<Result<users::AccountPtr>> SecondFactors::use_passkey(std::string holder, AssertionAnswer answer,
                                                           std::optional<std::uint64_t> expected) {
    auto challenge = challenge_of(answer.client_data);
    if (holder.empty() || challenges_.take(challenge) != holder) co_return m::forbidden("An old page");
    if (!expected && answer.user_handle.size() != 8) co_return m::forbidden("Unknown passkey");
    auto user = expected ? *expected : get_u64be(answer.user_handle.data());
    auto lane = co_await context_.lanes.enter(user);
    PEYK_CO_TRY(auto account, users_.accounts.by_number(user));
    auto key = context_.db.digest("passkey", answer.id);
    PEYK_CO_TRY(auto row, context_.db.get(kPasskeys, user, key));
    if (!account || account->deactivated || !row || row->gone) co_return m::forbidden("Unknown passkey");
    auto passkey = decode_passkey(*row);
    auto checked = check_assertion(party_, challenge, passkey.public_key, answer);
    if (!checked) co_return m::forbidden("The passkey does not fit");
    if (!expected && !checked->verified) co_return m::forbidden("The passkey has not checked its user");
    // An authenticator that counts must count on; one that does not says 0 for ever. Otherwise there are two of it.
    bool counts = passkey.counter != 0 || checked->counter != 0;
    if (counts && checked->counter <= passkey.counter) co_return m::forbidden("The passkey was copied");
    if (account->locked) co_return fail(users::locked_error());
    if (counts) {
        passkey.counter = checked->counter;
        auto change = context_.change_of(user);
        change.put(kPasskeys, user, key, encode_passkey(passkey));
        PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    }
    co_return account;
}

Task<Result<void>> SecondFactors::allow_password_apps(std::uint64_t user, bool allowed) {
    users::Accounts::Edit edit = [allowed](users::Account& account) -> Result<void> {
        account.password_apps = allowed && account.second_factor;
        return {};
    };
    PEYK_CO_CHECK(co_await users_.accounts.update(user, std::move(edit)));
    co_return Result<void>{};
}

Task<Result<void>> drop_second_factors(users::Users& users, std::uint64_t user) {
    const auto& context = users.context();
    auto lane = co_await context.lanes.enter(user);
    PEYK_CO_TRY(auto known, users.accounts.by_number(user));
    if (!known) co_return m::not_found("There is no such account");
    auto account = std::make_shared<peyk::users::Account>(*known);
    account->second_factor = account->password_apps = false;
    auto change = context.change_of(user);
    users.accounts.put(change, *account);
    for (const auto* table : {&kAuthenticators, &kRecoveryCodes, &kPasskeys}) {
        PEYK_CO_TRY(auto rows, context.db.scan(*table, user, "", "", kMaxRows));
        for (const auto& row : rows) change.del(*table, user, row.rest);
    }
    PEYK_CO_CHECK(co_await context.db.commit(std::move(change)));
    users.accounts.remember(std::move(account));
    co_return Result<void>{};
}

}  // namespace peyk::oauth
