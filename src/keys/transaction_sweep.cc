#include "keys/transaction_sweep.h"

#include "base/bytes.h"
#include "keys/inboxes.h"
#include "keys/tables.h"
#include "storage/sweep.h"

namespace peyk::keys {
namespace {

// Rows of days before `oldest`. `day_at`: where the day stands in the key.
storage::ChooseOld before_day(std::size_t day_at, std::uint16_t oldest) {
    return [day_at, oldest](std::uint64_t, std::span<const storage::Db::Walked> rows,
                            std::vector<std::string>& old) -> Result<void> {
        for (const auto& row : rows) {
            const auto& key = row.entry.rest;
            if (key.size() >= day_at + 2 && get_u16be(key.data() + day_at) < oldest) old.push_back(key);
        }
        return {};
    };
}

}  // namespace

Task<Result<std::size_t>> sweep_transactions(storage::Db& db, const Clock& clock, std::stop_token stop) {
    auto yesterday = static_cast<std::uint16_t>(day_of(clock) - 1);
    auto sending = storage::sweep(db, kSent, Owner::user, before_day(8, yesterday), stop);
    PEYK_CO_TRY(auto sent, co_await std::move(sending));
    auto delivering = storage::sweep(db, kDelivered, Owner::user, before_day(0, yesterday), stop);
    PEYK_CO_TRY(auto delivered, co_await std::move(delivering));
    co_return sent + delivered;
}

}  // namespace peyk::keys
