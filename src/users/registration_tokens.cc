#include "users/registration_tokens.h"

#include <algorithm>
#include <cctype>

#include "core/errors.h"
#include "users/tables.h"

namespace peyk::users {
namespace {

constexpr std::uint64_t kServer = 0;
constexpr std::size_t kMaxTokens = 10'000;
constexpr std::size_t kMaxRows = 2 * kMaxTokens;  // with those that are remembered only
constexpr std::size_t kLetters = 24;              // of a token that nobody chose: 142 bits
constexpr std::uint32_t kRememberedDays = 30;
constexpr std::int64_t kDay = 86'400'000;

std::string encode(const RegistrationToken& token) {
    json::Object row{{"token", token.token}, {"completed", token.completed}};
    if (token.uses_allowed) row.set("uses", *token.uses_allowed);
    if (token.expiry) row.set("expiry", token.expiry->count());
    if (token.room) row.set("room", token.room->str());
    if (token.maker) row.set("maker", token.maker->str());
    if (token.first) row.set("first", true);
    return json::write(row);
}

}  // namespace

std::string_view token_state_name(TokenState state) {
    constexpr std::string_view names[] = {"valid", "used", "expired", "revoked", "unknown"};
    return names[static_cast<std::size_t>(state)];
}

bool is_registration_token(std::string_view text) {
    auto fits = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '~' || c == '-'; };
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, fits);
}

std::optional<RegistrationToken> RegistrationTokens::decode(const storage::Entry& entry) const {
    if (entry.gone) return std::nullopt;
    auto row = json::parse(entry.body);
    auto text = row ? row->get_string("token") : std::nullopt;
    if (!text) return std::nullopt;
    RegistrationToken token{std::string(*text)};
    token.uses_allowed = row->get_integer("uses");
    if (auto expiry = row->get_integer("expiry")) token.expiry = Millis{*expiry};
    token.completed = row->get_integer("completed").value_or(0);
    if (auto room = row->get_string("room")) token.room = RoomId::trusted(std::string(*room));
    if (auto maker = row->get_string("maker")) token.maker = UserId::trusted(std::string(*maker));
    token.first = row->get_bool("first").value_or(false);
    std::lock_guard lock(mutex_);
    if (auto held = pending_.find(token.token); held != pending_.end()) token.pending = held->second;
    return token;
}

// An invitation is as good as the power of its maker.
bool RegistrationTokens::leads_somewhere(const RegistrationToken& token) const {
    if (!token.room) return true;
    if (!doors_ || !token.maker || !context_.options.room_invitations) return false;
    return doors_->may_invite(*token.maker, *token.room).value_or(false);
}

TokenState RegistrationTokens::state(const RegistrationToken& token) const {
    if (token.uses_allowed && token.completed >= *token.uses_allowed) return TokenState::used;
    if (token.expiry && *token.expiry <= context_.clock.now()) return TokenState::expired;
    return leads_somewhere(token) ? TokenState::valid : TokenState::revoked;
}

Result<TokenState> RegistrationTokens::state(std::string_view token) const {
    if (!is_registration_token(token)) return TokenState::unknown;
    PEYK_TRY(auto entry, context_.db.get(kRegistrationTokens, kServer, key(token)));
    if (!entry) return TokenState::unknown;
    auto found = decode(*entry);
    return found ? state(*found) : TokenState::revoked;
}

bool RegistrationTokens::is_valid(const RegistrationToken& token) const {
    bool left = !token.uses_allowed || token.completed + token.pending < *token.uses_allowed;
    return left && state(token) == TokenState::valid;
}

Result<std::optional<RegistrationToken>> RegistrationTokens::find(std::string_view token) const {
    if (!is_registration_token(token)) return std::nullopt;
    PEYK_TRY(auto entry, context_.db.get(kRegistrationTokens, kServer, key(token)));
    if (!entry) return std::nullopt;
    return decode(*entry);
}

Result<bool> RegistrationTokens::valid(std::string_view token) const {
    PEYK_TRY(auto found, find(token));
    return found && is_valid(*found);
}

Result<bool> RegistrationTokens::reserve(std::string_view token) {
    PEYK_TRY(auto found, find(token));
    if (!found || state(*found) != TokenState::valid) return false;
    std::lock_guard lock(mutex_);
    auto& held = pending_[found->token];  // may have grown since the read
    if (found->uses_allowed && found->completed + held >= *found->uses_allowed) {
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
    // Who holds a use may have read the row before another's use was counted.
    if (by > 0 && found->uses_allowed && found->completed >= *found->uses_allowed)
        co_return m::forbidden("The registration token is used up");
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
    if (wanted.token.empty()) wanted.token = context_.random.alphanumeric(kLetters);
    if (!is_registration_token(wanted.token))
        co_return m::invalid_param("A token has at most 64 characters of A-Z a-z 0-9 . _ ~ -");
    auto lane = co_await context_.lanes.enter(kServer);
    PEYK_CO_TRY(auto found, find(wanted.token));
    if (found) co_return m::invalid_param("This token exists already");
    PEYK_CO_TRY(auto rows, context_.db.scan(kRegistrationTokens, kServer, "", "", kMaxRows));
    std::vector<std::string> remembered;
    for (auto& entry : rows) {
        if (!decode(entry)) remembered.push_back(std::move(entry.rest));
    }
    if (rows.size() - remembered.size() >= kMaxTokens)
        co_return m::forbidden("There are too many registration tokens; delete some");
    // Better an invitation that says "unknown" where it could say "revoked" than none.
    if (rows.size() >= kMaxRows) PEYK_CO_CHECK(co_await forget(std::move(remembered)));
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

// What stays: that something with this digest was removed, and on which day.
void RegistrationTokens::bury(storage::Change& change, std::string_view at) const {
    change.put(kRegistrationTokens, kServer, at, json::write(json::Object{{"ended", context_.today()}}));
}

Task<Result<void>> RegistrationTokens::remove(std::string token) {
    auto lane = co_await context_.lanes.enter(kServer);
    PEYK_CO_TRY(auto found, find(token));
    if (!found) co_return m::not_found("No such registration token");
    auto change = context_.server_change();
    bury(change, key(token));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<std::size_t>> RegistrationTokens::remove_all(Pick is) {
    auto lane = co_await context_.lanes.enter(kServer);
    PEYK_CO_TRY(auto rows, context_.db.scan(kRegistrationTokens, kServer, "", "", kMaxRows));
    auto change = context_.server_change();
    std::size_t count = 0;
    for (const auto& entry : rows) {
        auto token = decode(entry);
        if (!token || !is(*token)) continue;
        bury(change, entry.rest);
        ++count;
    }
    if (count > 0) PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return count;
}

Task<Result<void>> RegistrationTokens::forget(std::vector<std::string> keys) {
    if (keys.empty()) co_return Result<void>{};
    auto change = context_.server_change();
    for (const auto& at : keys) change.del(kRegistrationTokens, kServer, at);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<std::size_t>> RegistrationTokens::sweep() {
    auto lane = co_await context_.lanes.enter(kServer);
    PEYK_CO_TRY(auto rows, context_.db.scan(kRegistrationTokens, kServer, "", "", kMaxRows));
    auto today = static_cast<std::int64_t>(context_.today());
    std::vector<std::string> over;
    for (auto& entry : rows) {
        std::optional<std::int64_t> ended;
        if (auto token = decode(entry)) {
            // What an administrator has made is theirs to delete.
            bool invitation = token->room || token->first;
            if (invitation && token->expiry) ended = token->expiry->count() / kDay;
        } else {
            auto row = json::parse(entry.body);
            ended = row ? row->get_integer("ended").value_or(0) : 0;
        }
        if (ended && *ended + kRememberedDays < today) over.push_back(std::move(entry.rest));
    }
    auto count = over.size();
    PEYK_CO_CHECK(co_await forget(std::move(over)));
    co_return count;
}

Result<std::vector<RegistrationToken>> RegistrationTokens::list() const {
    PEYK_TRY(auto rows, context_.db.scan(kRegistrationTokens, kServer, "", "", kMaxRows));
    std::vector<RegistrationToken> tokens;
    for (const auto& entry : rows) {
        if (auto token = decode(entry)) tokens.push_back(*std::move(token));
    }
    std::ranges::sort(tokens, {}, &RegistrationToken::token);
    return tokens;
}

}  // namespace peyk::users
