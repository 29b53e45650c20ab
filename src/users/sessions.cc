#include "users/sessions.h"

#include <fmt/format.h>

#include "core/errors.h"
#include "users/tables.h"

namespace peyk::users {
namespace {
constexpr std::size_t kMaxName = 256;  // bytes of a device's name
constexpr std::uint64_t kSessionBits = (1ULL << 53) - 1;
constexpr std::size_t kMaxSpent = 16;  // refresh tokens that a session of OAuth remembers after their end
}  // namespace

// Spec: Client-Server API › Account locking.
Error locked_error() {
    return Error{
        Errc::unauthenticated, "This account has been locked", "M_USER_LOCKED", "\"soft_logout\":true", {}, 401};
}

Result<Caller> Sessions::look_up(std::string_view access_token, bool even_locked) {
    auto token = read_token(TokenKind::access, access_token, context_.db);
    if (!token) return m::unknown_token("Unknown access token");
    PEYK_TRY(auto live, find(*token));
    if (!live) return m::unknown_token("Unknown access token");
    // Spec: Client-Server API › Soft logout: the device still exists and may refresh or sign in again.
    if (live->row.expires.count() > 0 && live->row.expires <= context_.clock.now())
        return m::unknown_token("The access token has expired", true);
    PEYK_TRY(auto account, accounts_.by_number(live->user));
    if (!account || account->deactivated) return m::unknown_token("Unknown access token");
    if (account->locked && !even_locked) return fail(locked_error());
    if (!live->row.supersedes.empty()) first_use(*token, *live);
    if (live->seen_day != context_.today()) mark_seen(*token, *live);
    return Caller{.user = account->id,
                  .device = live->row.device,
                  .user_number = live->user,
                  .token_number = live->row.session,
                  .admin = account->admin,
                  .guest = account->guest,
                  .oauth = !live->row.client.empty(),
                  .suspended = account->suspended};
}

Result<std::optional<Sessions::Live>> Sessions::find(const Token& token) {
    std::uint64_t as_of;
    {
        std::lock_guard lock(mutex_);
        if (auto hit = cache_.find(token.digest); hit != cache_.end()) {
            if (hit->second.over) return std::nullopt;
            return hit->second;
        }
        as_of = changes_;
    }
    PEYK_TRY(auto live, load(token));
    if (live) keep(token, *live, as_of);
    return live;
}

Result<std::optional<Sessions::Live>> Sessions::load(const Token& token) {
    PEYK_TRY(auto entry, context_.db.get(kTokens, token.owner, token.digest));
    if (!entry || entry->gone) return std::nullopt;
    PEYK_TRY(auto row, TokenRow::decode(entry->body));
    if (row.refresh) return std::nullopt;
    Live live{token.owner, std::move(row)};
    PEYK_TRY(auto day, context_.db.get(kDeviceDays, token.owner, device_key(context_.db, live.row.device)));
    if (day && !day->gone) {
        PEYK_TRY(json::Value value, json::parse(day->body));
        live.seen_day = static_cast<std::uint32_t>(value.integer().value_or(0));
    }
    return live;
}

void Sessions::keep(const Token& token, const Live& live, std::uint64_t as_of) {
    std::lock_guard lock(mutex_);
    if (changes_ != as_of) return;
    if (cache_.size() >= context_.options.session_cache) cache_.erase(cache_.begin());
    cache_.try_emplace(token.digest, live);
}

// Spec: Client-Server API › Refreshing access tokens: the pair that this token replaced ends now. Only deletions, so
// that no lane is needed; the cache refuses the old pair at once.
void Sessions::first_use(const Token& token, const Live& live) {
    auto change = context_.change_of(live.user);
    retire(change, live.user, live.row);
    (void)context_.db.start_commit(std::move(change));
    forget(live.row.supersedes);
    std::lock_guard lock(mutex_);
    if (auto hit = cache_.find(token.digest); hit != cache_.end()) hit->second.row.supersedes.clear();
}

// `by`: a row whose pair has come into use. The refresh token that it replaced is the first of `supersedes`.
void Sessions::retire(storage::Change& change, std::uint64_t user, const TokenRow& by) const {
    for (const auto& digest : by.supersedes) {
        if (!by.client.empty() && &digest == &by.supersedes.front()) {
            TokenRow spent{.device = by.device, .session = by.session, .refresh = true};
            spent.client = by.client;
            spent.spent = true;
            change.put(kTokens, user, digest, spent.encode());
        } else {
            change.del(kTokens, user, digest);
        }
    }
}

// A day, never finer, and one write a day and device. Losing it loses nothing, so nobody waits for it.
void Sessions::mark_seen(const Token& token, const Live& live) {
    auto today = context_.today();
    {
        std::lock_guard lock(mutex_);
        auto hit = cache_.find(token.digest);
        if (hit == cache_.end() || hit->second.over || hit->second.seen_day == today) return;
        hit->second.seen_day = today;
    }
    auto change = context_.change_of(live.user);
    change.put(kDeviceDays, live.user, device_key(context_.db, live.row.device), std::to_string(today));
    (void)context_.db.start_commit(std::move(change));
}

void Sessions::forget(const std::vector<std::string>& digests) {
    std::lock_guard lock(mutex_);
    ++changes_;
    for (const auto& digest : digests) {
        auto [entry, added] = cache_.try_emplace(digest, Live{0, TokenRow{DeviceId::trusted("-")}});
        entry->second.over = true;
    }
    while (cache_.size() > context_.options.session_cache + digests.size()) cache_.erase(cache_.begin());
}

// The deletions of `first_use` may not be written yet when the old refresh token comes.
bool Sessions::is_over(const std::string& digest) const {
    std::lock_guard lock(mutex_);
    auto hit = cache_.find(digest);
    return hit != cache_.end() && hit->second.over;
}

Result<Sessions::NewDevice> Sessions::device_for(const SignIn& wanted) const {
    auto number = wanted.account->number;
    auto session = context_.random.u64() & kSessionBits;
    if (wanted.device) {
        PEYK_TRY(auto row, context_.db.get(kDevices, number, device_key(context_.db, *wanted.device)));
        if (row && !row->gone) {
            PEYK_TRY(auto known, DeviceRow::decode(row->body));
            known.session = session;
            known.client = wanted.client;
            return NewDevice{std::move(known), false};
        }
        if (observer_) {
            PEYK_TRY(bool reserved, observer_->is_reserved(wanted.account->id, number, *wanted.device));
            if (reserved) return m::forbidden("This device id is the id of a cross-signing key");
        }
    }
    PEYK_TRY(auto devices, context_.db.scan(kDevices, number, "", "", context_.options.max_devices));
    if (devices.size() >= context_.options.max_devices)
        return m::forbidden("This account has too many devices; sign out of some of them");
    auto id = wanted.device ? *wanted.device : DeviceId::trusted(context_.random.letters(10));
    auto name = wanted.device_name.value_or("");
    if (name.size() > kMaxName) return m::too_large(fmt::format("A device name has at most {} bytes", kMaxName));
    return NewDevice{DeviceRow{std::move(id), std::move(name), session, wanted.client}, true};
}

SignedIn Sessions::issue(storage::Change& change, const Account& account, const DeviceRow& device, bool refreshable,
                         const Replaced* before, std::vector<std::string>* digests) const {
    std::optional<Millis> lifetime = refreshable ? std::optional(context_.options.refreshable_token_lifetime)
                                                 : context_.options.access_token_lifetime;
    auto access = make_token(TokenKind::access, account.number, context_.db, context_.random);
    TokenRow row{.device = device.id, .session = device.session, .client = device.client};
    if (before) row.supersedes = {before->digest, before->row.companion};
    if (lifetime) row.expires = context_.clock.now() + *lifetime;
    change.put(kTokens, account.number, access.digest, row.encode());
    SignedIn out{account.id, device.id, access.text, {}, lifetime, device.session};
    if (digests) digests->push_back(access.digest);
    if (!refreshable) return out;
    auto refresh = make_token(TokenKind::refresh, account.number, context_.db, context_.random);
    row.refresh = true;
    row.expires = Millis{0};
    row.companion = access.digest;
    if (before && !device.client.empty()) {
        row.ancestors = before->row.ancestors;
        row.ancestors.push_back(before->digest);
        while (row.ancestors.size() > kMaxSpent) {
            change.del(kTokens, account.number, row.ancestors.front());
            row.ancestors.erase(row.ancestors.begin());
        }
    }
    change.put(kTokens, account.number, refresh.digest, row.encode());
    if (digests) digests->push_back(refresh.digest);
    out.refresh_token = refresh.text;
    return out;
}

Task<Result<SignedIn>> Sessions::sign_in(SignIn wanted) {
    auto lane = co_await context_.lanes.enter(wanted.account->number);
    PEYK_CO_TRY(auto account, accounts_.by_number(wanted.account->number));  // as it is now
    if (!account || account->deactivated) co_return m::user_deactivated("This account has been deactivated");
    if (account->locked) co_return fail(locked_error());
    PEYK_CO_CHECK(check_is_somebody(*account));
    PEYK_CO_TRY(auto device, device_for(wanted));
    auto change = context_.change_of(account->number);
    std::vector<std::string> over;
    if (!device.is_new) {
        PEYK_CO_TRY(auto tokens, tokens_of(context_.db, account->number));
        for (auto& token : tokens) {
            if (token.row.device != device.row.id) continue;
            change.del(kTokens, account->number, token.digest);
            over.push_back(std::move(token.digest));
        }
    }
    auto key = device_key(context_.db, device.row.id);
    change.put(kDevices, account->number, key, device.row.encode());
    change.put(kDeviceDays, account->number, key, std::to_string(context_.today()));
    auto out = issue(change, *account, device.row, wanted.refreshable, nullptr, nullptr);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    forget(over);
    lane.leave();
    if (device.is_new && observer_) co_await observer_->added(account->id, account->number, device.row.id);
    co_return out;
}

// Spec: Application Service API › Creating devices.
Task<Result<bool>> Sessions::put_device(AccountPtr account, DeviceId id, std::optional<std::string> name) {
    PEYK_CO_TRY(auto known, device(account->number, id));
    if (known) {
        if (name) PEYK_CO_CHECK(co_await rename(account->id, std::move(id), *std::move(name)));
        co_return false;
    }
    auto lane = co_await context_.lanes.enter(account->number);
    PEYK_CO_TRY(account, accounts_.by_number(account->number));  // as it is now
    if (!account || account->deactivated) co_return m::user_deactivated("This account has been deactivated");
    SignIn wanted{account, id, std::move(name)};
    PEYK_CO_TRY(auto made, device_for(wanted));
    if (!made.is_new) co_return false;
    auto change = context_.change_of(account->number);
    change.put(kDevices, account->number, device_key(context_.db, id), made.row.encode());
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    lane.leave();
    if (observer_) co_await observer_->added(account->id, account->number, std::move(id));
    co_return true;
}

Task<Result<SignedIn>> Sessions::refresh(std::string refresh_token, std::string client) {
    auto token = read_token(TokenKind::refresh, refresh_token, context_.db);
    if (!token) co_return m::unknown_token("Unknown refresh token");
    auto lane = co_await context_.lanes.enter(token->owner);
    PEYK_CO_TRY(auto entry, context_.db.get(kTokens, token->owner, token->digest));
    if (!entry || entry->gone) co_return m::unknown_token("Unknown refresh token");
    PEYK_CO_TRY(auto row, TokenRow::decode(entry->body));
    PEYK_CO_TRY(auto account, accounts_.by_number(token->owner));
    if (!row.refresh || row.client != client || !account || account->deactivated)
        co_return m::unknown_token("Unknown refresh token");
    bool over_now = is_over(token->digest);
    if (over_now && row.client.empty()) co_return m::unknown_token("Unknown refresh token");
    // Spec: Client-Server API › Refresh token grant: the session is considered compromised.
    if (row.spent || over_now) {
        lane.leave();
        PEYK_CO_CHECK(co_await end_session(account->id, row.device, row.session));
        co_return m::unknown_token("This refresh token was used before; its session has ended");
    }
    if (account->locked) co_return fail(locked_error());

    // Using a refresh token ends the pair before it; a pair that was made from it earlier was never received.
    auto over = row.supersedes;
    over.insert(over.end(), row.successors.begin(), row.successors.end());
    auto change = context_.change_of(token->owner);
    retire(change, token->owner, row);
    for (const auto& digest : row.successors) change.del(kTokens, token->owner, digest);
    row.supersedes.clear();
    row.successors.clear();
    DeviceRow device{row.device, {}, row.session, row.client};
    Replaced before{token->digest, row};
    auto out = issue(change, *account, device, true, &before, &row.successors);
    change.put(kTokens, token->owner, token->digest, row.encode());
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    forget(over);
    co_return out;
}

Task<Result<bool>> Sessions::revoke(std::string text) {
    auto token = read_token(TokenKind::access, text, context_.db);
    if (!token) token = read_token(TokenKind::refresh, text, context_.db);
    if (!token) co_return false;
    PEYK_CO_TRY(auto entry, context_.db.get(kTokens, token->owner, token->digest));
    if (!entry || entry->gone) co_return false;
    PEYK_CO_TRY(auto row, TokenRow::decode(entry->body));
    PEYK_CO_TRY(auto account, accounts_.by_number(token->owner));
    if (!account) co_return false;
    co_return co_await end_session(account->id, row.device, row.session);
}

}  // namespace peyk::users
