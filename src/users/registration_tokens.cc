#include "users/registration_tokens.h"

#include <algorithm>
#include <cctype>

#include "core/errors.h"
#include "users/tables.h"

namespace peyk::users {
namespace {

constexpr std::uint64_t kServer = 0;
constexpr std::size_t kMaxTokens = 10'000;

std::string encode(const RegistrationToken& token) {
    json::Object row{{"token", token.token}, {"completed", token.completed}};
    if (token.uses_allowed) row.set("uses", *token.uses_allowed);
    if (token.expiry) row.set("expiry", token.expiry->count());
    return json::write(row);
}

}  // namespace

bool is_registration_token(std::string_view text) {
    auto fits = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '~' || c == '-'; };
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, fits);
}

RegistrationToken RegistrationTokens::decode(const json::Value& row) const {
    RegistrationToken token{std::string(row.get_string("token").value_or(""))};
    token.uses_allowed = row.get_integer("uses");
    if (auto expiry = row.get_integer("expiry")) token.expiry = Millis{*expiry};
    token.completed = row.get_integer("completed").value_or(0);
    std::lock_guard lock(mutex_);
    if (auto held = pending_.find(token.token); held != pending_.end()) token.pending = held->second;
    return token;
}

bool RegistrationTokens::is_valid(const RegistrationToken& token) const {
    if (token.expiry && *token.expiry <= context_.clock.now()) return false;
    return !token.uses_allowed || token.completed + token.pending < *token.uses_allowed;
}

Result<std::optional<RegistrationToken>> RegistrationTokens::find(std::string_view token) const {
    if (!is_registration_token(token)) return std::nullopt;
    PEYK_TRY(auto entry, context_.db.get(kRegistrationTokens, kServer, key(token)));
    if (!entry || entry->gone) return std::nullopt;
    PEYK_TRY(json::Value row, json::parse(entry->body));
    return decode(row);
}

Result<bool> RegistrationTokens::valid(std::string_view token) const {
    PEYK_TRY(auto found, find(token));
    return found && is_valid(*found);
}

Result<bool> RegistrationTokens::reserve(std::string_view token) {
    PEYK_TRY(auto found, find(token));
    if (!found) return false;
    std::lock_guard lock(mutex_);
    auto& held = pending_[found->token];
    found->pending = held;  // may have grown since the read
    if (!is_valid(*found)) {
        if (held == 0) pending_.erase(found->token);
        return false;
    }
    ++held;
    return true;
}

void RegistrationTokens::release(std::string_view token) {
    std::lock_guard lock(mutex_);
    auto held = pending_.find(std::string(token));
    if (held != pending_.end() && --held->second <= 0) pending_.erase(held);
}

Task<Result<void>> RegistrationTokens::store(const RegistrationToken& token) {
    auto change = context_.server_change();
    change.put(kRegistrationTokens, kServer, key(token.token), encode(token));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<void>> RegistrationTokens::count(std::string token, std::int64_t by) {
    auto lane = co_await context_.lanes.enter(kServer);
    PEYK_CO_TRY(auto found, find(token));
    if (!found) co_return m::forbidden("The registration token is not valid any more");
    found->completed = std::max<std::int64_t>(0, found->completed + by);
    co_return co_await store(*found);
}

Task<Result<void>> RegistrationTokens::spend(std::string token) {
    auto counted = co_await count(token, 1);
    release(token);
    co_return counted;
}

Task<Result<void>> RegistrationTokens::give_back(std::string token) { return count(std::move(token), -1); }

Task<Result<RegistrationToken>> RegistrationTokens::create(RegistrationToken wanted) {
    if (wanted.token.empty()) wanted.token = context_.random.alphanumeric(16);
    if (!is_registration_token(wanted.token))
        co_return m::invalid_param("A token has at most 64 characters of A-Z a-z 0-9 . _ ~ -");
    auto lane = co_await context_.lanes.enter(kServer);
    PEYK_CO_TRY(auto found, find(wanted.token));
    if (found) co_return m::invalid_param("This token exists already");
    PEYK_CO_TRY(auto all, context_.db.scan(kRegistrationTokens, kServer, "", "", kMaxTokens));
    if (all.size() >= kMaxTokens) co_return m::forbidden("There are too many registration tokens; delete some");
    wanted.completed = 0;
    PEYK_CO_CHECK(co_await store(wanted));
    co_return wanted;
}

Task<Result<RegistrationToken>> RegistrationTokens::update(std::string token, Change change) {
    auto lane = co_await context_.lanes.enter(kServer);
    PEYK_CO_TRY(auto found, find(token));
    if (!found) co_return m::not_found("No such registration token");
    if (change.uses_allowed) found->uses_allowed = *change.uses_allowed;
    if (change.expiry) found->expiry = *change.expiry;
    PEYK_CO_CHECK(co_await store(*found));
    co_return *found;
}

Task<Result<void>> RegistrationTokens::remove(std::string token) {
    auto lane = co_await context_.lanes.enter(kServer);
    PEYK_CO_TRY(auto found, find(token));
    if (!found) co_return m::not_found("No such registration token");
    auto change = context_.server_change();
    change.del(kRegistrationTokens, kServer, key(token));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Result<std::vector<RegistrationToken>> RegistrationTokens::list() const {
    PEYK_TRY(auto rows, context_.db.scan(kRegistrationTokens, kServer, "", "", kMaxTokens));
    std::vector<RegistrationToken> tokens;
    for (const auto& entry : rows) {
        if (entry.gone) continue;
        PEYK_TRY(json::Value row, json::parse(entry.body));
        tokens.push_back(decode(row));
    }
    std::ranges::sort(tokens, {}, &RegistrationToken::token);
    return tokens;
}

}  // namespace peyk::users
