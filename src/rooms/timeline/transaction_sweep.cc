#include "rooms/timeline/transaction_sweep.h"

#include "base/bytes.h"
#include "storage/sweep.h"

namespace peyk::rooms {

Task<Result<std::size_t>> sweep_transactions(storage::Db& db, const RoomStore& store, storage::Position upto,
                                             std::stop_token stop) {
    storage::ChooseOld choose = [&store, upto](RoomNumber room, std::span<const storage::Db::Walked> rows,
                                               std::vector<std::string>& old) -> Result<void> {
        PEYK_TRY(auto info, store.find(room));
        if (!info) return {};
        // Numbers rise with positions, so one search says of all rows of the room whether they are old.
        PEYK_TRY(auto newest_old, store.last(*info, upto));
        if (!newest_old) return {};
        for (const auto& row : rows) {
            if (ByteReader(row.entry.body).varint() <= newest_old->number) old.push_back(row.entry.rest);
        }
        return {};
    };
    return storage::sweep(db, kTransactions, Owner::room, std::move(choose), std::move(stop));
}

}  // namespace peyk::rooms
