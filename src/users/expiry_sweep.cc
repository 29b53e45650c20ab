#include "users/expiry_sweep.h"

#include "core/json.h"
#include "storage/sweep.h"
#include "users/session_rows.h"
#include "users/tables.h"

namespace peyk::users {
namespace {

using Rows = std::span<const storage::Db::Walked>;

storage::ChooseOld tokens_before(Millis limit) {
    return [limit](std::uint64_t, Rows rows, std::vector<std::string>& old) -> Result<void> {
        for (const auto& row : rows) {
            if (row.entry.gone) continue;
            PEYK_TRY(auto token, TokenRow::decode(row.entry.body));
            if (token.expires > Millis{0} && token.expires < limit) old.push_back(row.entry.rest);
        }
        return {};
    };
}

// {"expires": …}, or of older rows the time alone.
storage::ChooseOld links_before(Millis now) {
    return [now](std::uint64_t, Rows rows, std::vector<std::string>& old) -> Result<void> {
        for (const auto& row : rows) {
            if (row.entry.gone) continue;
            PEYK_TRY(json::Value link, json::parse(row.entry.body));
            auto expires = link.integer() ? link.integer() : link.get_integer("expires");
            if (expires && Millis{*expires} < now) old.push_back(row.entry.rest);
        }
        return {};
    };
}

}  // namespace

Task<Result<std::size_t>> sweep_expired(storage::Db& db, const Clock& clock, std::stop_token stop) {
    auto now = clock.now();
    auto tokens = storage::sweep(db, kTokens, Owner::user, tokens_before(now - kExpiredTokenKept), stop);
    PEYK_CO_TRY(auto count, co_await std::move(tokens));
    auto links = storage::sweep(db, kResetLinks, Owner::user, links_before(now), stop);
    PEYK_CO_TRY(auto more, co_await std::move(links));
    co_return count + more;
}

}  // namespace peyk::users
