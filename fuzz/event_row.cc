// Rows of events. As JSON: whatever is an event comes back from its row as it was, with the id that it had. As bytes:
// what is no row is refused.

#include <cstdlib>
#include <map>

#include "core/event.h"
#include "core/room_rules.h"
#include "rooms/events/event_row.h"

namespace {
using namespace peyk;
using namespace peyk::rooms;

const RoomRules& rules_by(std::size_t size) { return kRoomRules[size % kRoomRules.size()]; }

struct Named final : EventNames {
    std::map<EventNumber, EventNamePtr> known;
    Result<EventNamePtr> name(EventNumber number) const override {
        auto found = known.find(number);
        if (found == known.end()) return fail(Errc::corrupt);
        return found->second;
    }
};

// What the event names as its auth_events, as if it were there: members, of whom one may be the sender.
std::vector<AuthReference> make_auth(const Event& event, Named& names) {
    std::vector<AuthReference> out;
    for (const auto& id : event.pdu->auth_events) {
        auto user = out.empty() ? event.sender : UserId::trusted("@other:x");
        auto made = std::make_shared<Event>(
            Event{.id = id, .room = event.room, .sender = user, .type = "m.room.member", .state_key = user.str()});
        auto number = EventNumber{1} << out.size() * 3;
        names.known.emplace(number, std::make_shared<const EventName>(EventName{id, user.str()}));
        out.push_back({number, std::move(made)});
    }
    return out;
}

// The first of the keys that signed for the sender's server.
std::string first_key(const json::Object& pdu, std::string_view server) {
    const auto* signatures = pdu.find("signatures");
    const auto* keys = signatures ? signatures->get_object(server) : nullptr;
    return keys && !keys->empty() ? keys->begin()->key : "ed25519:a";
}

void check_event(std::string_view text, const RoomRules& rules) {
    auto pdu = json::parse_object(text);
    if (!pdu) return;
    auto event = Event::from_pdu(*pdu, rules);
    if (!event) return;
    StoredEvent stored;
    stored.number = text.size();
    stored.event = *event;
    if (text.size() % 2) stored.sender_device = "12345678", stored.transaction_id = "txn";
    Named names;
    auto auth = make_auth(**event, names);
    auto key_id = first_key(*pdu, (*event)->sender.server());
    RoomInfo room{(*event)->room, 1, &rules, text.size() % 3 ? key_id : "ed25519:other"};
    auto body = encode_body(stored, room, EventOrigin{(*event)->sender.server(), key_id, auth});
    StoredEvent read;
    read.number = stored.number;
    if (!decode_body(body.bytes, room, names, Detail::pdu, read)) std::abort();
    if (read.event->pdu != (*event)->pdu || read.event->id != (*event)->id || read.event->type != (*event)->type ||
        read.event->sender != (*event)->sender || read.event->state_key != (*event)->state_key ||
        read.event->redacts != (*event)->redacts || !(read.event->content == (*event)->content) ||
        read.event->origin_server_ts != (*event)->origin_server_ts || read.transaction_id != stored.transaction_id ||
        read.sender_device != stored.sender_device) {
        std::abort();
    }
    StoredEvent shown;
    shown.number = stored.number;
    if (!decode_body(body.bytes, room, names, Detail::client, shown)) std::abort();
    if (shown.event->id != (*event)->id || shown.client_prefix() != read.client_prefix()) std::abort();
    if (!(*event)->is_state()) return;
    auto name = decode_name(encode_name(**event));
    if (!name || (*name)->id != (*event)->id || (*name)->state_key != *(*event)->state_key) std::abort();
}

void check_bytes(std::string_view bytes, const RoomRules& rules) {
    RoomInfo room{RoomId::trusted("!r:x"), 1, &rules, "ed25519:a"};
    Named names;
    names.known.emplace(1, std::make_shared<const EventName>(EventName{EventId::trusted("$a"), "@a:x"}));
    StoredEvent read;
    read.number = 5;
    for (auto detail : {Detail::client, Detail::pdu}) (void)decode_body(bytes, room, names, detail, read);
    (void)decode_name(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    check_event(text, default_room_rules());
    check_event(text, rules_by(size));
    check_bytes(text, default_room_rules());
    return 0;
}
