// Requests that come twice. Spec: Client-Server API › Transaction identifiers.

#include "base/bytes.h"
#include "rooms/timeline/room_write.h"

namespace peyk::rooms {
namespace {

bool is_of(const StoredEvent& event, const storage::Db& db, const Transaction& transaction) {
    return event.transaction_id == transaction.id &&
           event.sender_device == device_digest(db, transaction.user, transaction.device);
}

}  // namespace

Result<std::optional<EventId>> RoomWrite::known(const Transaction& transaction) const {
    auto keys = work_->rooms.transaction_keys(transaction);
    if (auto queued = work_->state->unsettled_transaction(keys.front())) return queued;
    const auto& store = work_->rooms.store_;
    for (const auto& key : keys) {
        PEYK_TRY(auto entry, store.db().get(kTransactions, room().number, key));
        if (!entry) continue;
        ByteReader reader(entry->body);
        PEYK_TRY(auto stored, store.kept_event(room(), reader.varint()));
        // Its lifetime was shorter than that of transaction ids: sent again it would be there twice for its readers.
        if (!stored) return fail(Errc::gone, "This event was sent, and its lifetime is over");
        // The keys are short: another transaction's would answer a message with an event that is not it. What is left
        // of an event that was redacted, or is past its lifetime, does not say.
        bool knows = !stored->redacted_by && !stored->husk;
        if (!knows || is_of(*stored, store.db(), transaction)) return stored->event->id;
    }
    return std::nullopt;
}

}  // namespace peyk::rooms
