#include "rooms/timeline/transaction_sweep.h"

#include "base/bytes.h"

namespace peyk::rooms {
namespace {
constexpr std::size_t kPage = 500;
}

Task<Result<std::size_t>> sweep_transactions(storage::Db& db, const RoomStore& store, storage::Position upto,
                                             std::stop_token stop) {
    std::size_t swept = 0;
    std::string next;
    do {
        PEYK_CO_TRY(auto rows, db.walk(kTransactions, next, kPage));
        for (auto first = rows.begin(); first != rows.end() && !stop.stop_requested();) {
            auto room = first->owner;
            auto last = std::find_if(first, rows.end(), [room](const auto& row) { return row.owner != room; });
            PEYK_CO_TRY(auto info, store.find(room));
            // Numbers rise with positions, so one search says of all rows of the room whether they are old.
            StoredEventPtr newest_old;
            if (info) {
                PEYK_CO_TRY(newest_old, store.last(*info, upto));
            }
            storage::Change change(db, Owner::room, room, db.epoch(Owner::room, room));
            std::size_t count = 0;
            for (; first != last; ++first) {
                ByteReader reader(first->entry.body);
                if (!newest_old || reader.varint() > newest_old->number) continue;
                change.del(kTransactions, room, first->entry.rest);
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

}  // namespace peyk::rooms
