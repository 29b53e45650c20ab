#include "keys/transaction_sweep.h"

#include "base/bytes.h"
#include "keys/inboxes.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

constexpr std::size_t kPage = 500;

// `day_at`: where the day stands in the key.
Task<Result<std::size_t>> sweep(storage::Db& db, const Table& table, std::size_t day_at, std::uint16_t oldest,
                                std::stop_token stop) {
    std::size_t swept = 0;
    std::string next;
    do {
        PEYK_CO_TRY(auto rows, db.walk(table, next, kPage));
        for (auto first = rows.begin(); first != rows.end() && !stop.stop_requested();) {
            auto user = first->owner;
            storage::Change change(db, Owner::user, user, db.epoch(Owner::user, user));
            std::size_t count = 0;
            for (; first != rows.end() && first->owner == user; ++first) {
                const auto& key = first->entry.rest;
                if (key.size() < day_at + 2 || get_u16be(key.data() + day_at) >= oldest) continue;
                change.del(table, user, key);
                ++count;
            }
            if (count == 0) continue;
            auto done = co_await db.commit(std::move(change));
            if (done) swept += count;
            if (!done && done.error().code != Errc::fenced) co_return std::unexpected(std::move(done.error()));
        }
    } while (!next.empty() && !stop.stop_requested());
    co_return swept;
}

}  // namespace

Task<Result<std::size_t>> sweep_transactions(storage::Db& db, const Clock& clock, std::stop_token stop) {
    auto yesterday = static_cast<std::uint16_t>(day_of(clock) - 1);
    PEYK_CO_TRY(auto sent, co_await sweep(db, kSent, 8, yesterday, stop));
    PEYK_CO_TRY(auto delivered, co_await sweep(db, kDelivered, 0, yesterday, stop));
    co_return sent + delivered;
}

}  // namespace peyk::keys
