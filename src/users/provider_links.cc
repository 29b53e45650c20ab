#include "users/provider_links.h"

#include <algorithm>

#include "base/bytes.h"
#include "core/errors.h"
#include "users/tables.h"

namespace peyk::users {
namespace {
constexpr std::uint64_t kServer = 0;
std::uint64_t lane_of(const std::string& digest) { return digest.size() < 8 ? 0 : get_u64be(digest.data()); }
}  // namespace

// An issuer is a URL, so that the line break stands between the two without doubt.
ProviderLink ProviderLinks::link(std::string_view issuer, std::string_view subject) const {
    auto text = std::string(issuer) + '\n' + std::string(subject);
    return {std::string(issuer), context_.db.digest("provider link", text)};
}

bool ProviderLinks::is_configured(std::string_view issuer) const {
    return std::ranges::any_of(context_.options.providers, [&](const auto& one) { return one.issuer == issuer; });
}

Result<std::optional<std::uint64_t>> ProviderLinks::owner(const ProviderLink& link) const {
    PEYK_TRY(auto row, context_.db.get(kProviderLinkOwners, kServer, link.digest));
    if (!row || row->gone || row->body.size() != 8) return std::nullopt;
    auto user = get_u64be(row->body.data());
    PEYK_TRY(auto held, context_.db.get(kProviderLinks, user, link.digest));
    if (!held || held->gone) return std::nullopt;
    return user;
}

Result<AccountPtr> ProviderLinks::account_of(const ProviderLink& link) const {
    PEYK_TRY(auto user, owner(link));
    if (!user) return AccountPtr{};
    PEYK_TRY(auto account, accounts_.by_number(*user));
    return account && !account->deactivated ? account : AccountPtr{};
}

Result<std::vector<ProviderLink>> ProviderLinks::of(std::uint64_t user) const {
    PEYK_TRY(auto rows, context_.db.scan(kProviderLinks, user, "", "", kMost));
    std::vector<ProviderLink> out;
    for (const auto& row : rows) {
        if (row.gone) continue;
        PEYK_TRY(json::Value value, json::parse(row.body));
        out.push_back({std::string(value.get_string("issuer").value_or("")), row.rest});
    }
    return out;
}

Result<bool> ProviderLinks::usable(std::uint64_t user) const {
    if (context_.options.providers.empty()) return false;
    PEYK_TRY(auto links, of(user));
    return std::ranges::any_of(links, [this](const ProviderLink& link) { return is_configured(link.issuer); });
}

void ProviderLinks::put(storage::Change& change, std::uint64_t user, const ProviderLink& link) const {
    change.put(kProviderLinks, user, link.digest, json::write(json::Object{{"issuer", link.issuer}}));
}

Task<Result<Lanes::Guard>> ProviderLinks::claim(std::uint64_t user, ProviderLink link) {
    auto guard = co_await lanes_.enter(lane_of(link.digest));
    PEYK_CO_TRY(auto taken, owner(link));
    if (taken && *taken != user) co_return m::user_in_use("This person has another account here");
    std::string number;
    put_u64be(number, user);
    auto change = context_.server_change();
    change.put(kProviderLinkOwners, kServer, link.digest, number);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return std::move(guard);
}

Task<void> ProviderLinks::give_up(ProviderLink link) {
    auto change = context_.server_change();
    change.del(kProviderLinkOwners, kServer, link.digest);
    // What stays behind without it has no effect.
    (void)co_await context_.db.commit(std::move(change));
}

Task<Result<void>> ProviderLinks::add(std::uint64_t user, ProviderLink link) {
    PEYK_CO_TRY(auto guard, co_await claim(user, link));
    auto lane = co_await context_.lanes.enter(user);
    PEYK_CO_TRY(auto account, accounts_.by_number(user));
    PEYK_CO_TRY(auto others, of(user));
    bool there = std::ranges::any_of(others, [&](const ProviderLink& one) { return one.digest == link.digest; });
    if (there) co_return Result<void>{};
    Result<void> fits;
    if (!account || account->deactivated) fits = m::not_found("There is no such account");
    if (others.size() >= kMost) fits = m::forbidden("This account has too many links");
    if (!fits) {
        co_await give_up(std::move(link));
        co_return fits;
    }
    auto change = context_.change_of(user);
    put(change, user, link);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Result<void> ProviderLinks::check_other_way_in(std::uint64_t user, const std::string& digest) const {
    PEYK_TRY(auto account, accounts_.by_number(user));
    if (!account || !account->password_hash.empty()) return {};
    PEYK_TRY(auto links, of(user));
    for (const auto& one : links) {
        if (one.digest != digest && is_configured(one.issuer)) return {};
    }
    return fail(Errc::conflict, "Nothing else signs in to this account");
}

Task<Result<void>> ProviderLinks::erase(std::uint64_t user, std::string digest, bool even_the_last) {
    auto guard = co_await lanes_.enter(lane_of(digest));
    auto lane = co_await context_.lanes.enter(user);
    if (!even_the_last) PEYK_CO_CHECK(check_other_way_in(user, digest));
    ProviderLink one{{}, digest};
    PEYK_CO_TRY(auto whose, owner(one));
    if (whose != user) co_return Result<void>{};
    auto change = context_.change_of(user);
    change.del(kProviderLinks, user, digest);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    lane.leave();
    auto release = context_.server_change();
    release.del(kProviderLinkOwners, kServer, digest);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(release)));
    co_return Result<void>{};
}

Task<Result<void>> ProviderLinks::remove(std::uint64_t user, std::string digest) {
    return erase(user, std::move(digest), false);
}

Task<Result<void>> ProviderLinks::forget(std::uint64_t user) {
    PEYK_CO_TRY(auto links, of(user));
    for (auto& one : links) PEYK_CO_CHECK(co_await erase(user, std::move(one.digest), true));
    co_return Result<void>{};
}

}  // namespace peyk::users
