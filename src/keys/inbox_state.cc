#include "keys/inbox_state.h"

#include "base/bytes.h"
#include "keys/rows.h"
#include "keys/tables.h"

namespace peyk::keys {

std::string InboxState::key(std::uint64_t message) const { return key_of(row(message)); }

std::string InboxState::prefix() const { return key_of(slot << kMessageBits).substr(0, 3); }

std::string InboxState::encode() const {
    std::string body;
    for (auto number : {slot, first, next, bytes}) put_varint(body, number);
    return body;
}

Result<InboxState> InboxState::decode(std::string_view body) {
    ByteReader reader(body);
    InboxState state;
    state.slot = reader.varint();
    state.first = reader.varint();
    state.next = reader.varint();
    state.bytes = reader.varint();
    if (!reader.done()) return fail(Errc::corrupt, "a row of inbox_states does not decode");
    return state;
}

Result<std::optional<InboxState>> load_inbox_state(const storage::Db& db, std::uint64_t user_number,
                                                   std::uint64_t device_number) {
    PEYK_TRY(auto row, db.get(kInboxStates, user_number, key_of(device_number)));
    if (!row) return std::nullopt;
    PEYK_TRY(auto state, InboxState::decode(row->body));
    return state;
}

}  // namespace peyk::keys
