#include "rooms/events/stored_event.h"

#include "base/bytes.h"
#include "core/room_rules.h"

namespace peyk::rooms {
namespace {
constexpr std::uint8_t kIsState = 1;
}

Membership membership_of(std::string_view text) {
    if (text == "join") return Membership::join;
    if (text == "invite") return Membership::invite;
    if (text == "leave") return Membership::leave;
    if (text == "ban") return Membership::ban;
    if (text == "knock") return Membership::knock;
    return Membership::none;
}

std::string_view membership_text(Membership membership) {
    switch (membership) {
        case Membership::none: break;
        case Membership::join: return "join";
        case Membership::invite: return "invite";
        case Membership::leave: return "leave";
        case Membership::ban: return "ban";
        case Membership::knock: return "knock";
    }
    return "leave";
}

const std::string& StoredEvent::client_prefix() const {
    std::call_once(once_, [this] {
        auto& out = client_prefix_;
        out.reserve(event->json.size());
        out += "{\"content\":";
        if (event->redacts && event->is("m.room.redaction") && !event->content.contains("redacts")) {
            // Clients of any age find the target at either place, whatever the room version.
            auto content = event->content;
            content.set("redacts", event->redacts->str());
            json::write_to(out, content);
        } else {
            json::write_to(out, event->content);
        }
        out += ",\"event_id\":";
        json::write_string(out, event->id.view());
        out += ",\"origin_server_ts\":";
        out += std::to_string(event->origin_server_ts);
        if (event->redacts) {
            out += ",\"redacts\":";
            json::write_string(out, event->redacts->view());
        }
        out += ",\"sender\":";
        json::write_string(out, event->sender.view());
        if (event->state_key) {
            out += ",\"state_key\":";
            json::write_string(out, *event->state_key);
        }
        out += ",\"type\":";
        json::write_string(out, event->type);
    });
    return client_prefix_;
}

// Header: flags, others, members, joined, invited, next node; for state events also what was before, and `replaces`.
std::string encode_header(const StoredEvent& event) {
    std::string out;
    bool state = event.event->is_state();
    put_u8(out, state ? kIsState : 0);
    auto put_roots = [&](const StateRoots& roots) {
        put_varint(out, roots.others);
        put_varint(out, roots.members);
        put_varint(out, roots.joined);
        put_varint(out, roots.invited);
    };
    put_roots(event.after);
    put_varint(out, event.next_node);
    if (state) {
        put_roots(event.before);
        put_varint(out, event.replaces);
    }
    return out;
}

Result<void> decode_header(std::string_view bytes, StoredEvent& into) {
    ByteReader reader(bytes);
    bool state = reader.u8() & kIsState;
    auto get_roots = [&] {
        StateRoots roots;
        roots.others = reader.varint();
        roots.members = reader.varint();
        roots.joined = static_cast<std::uint32_t>(reader.varint());
        roots.invited = static_cast<std::uint32_t>(reader.varint());
        return roots;
    };
    into.after = get_roots();
    into.next_node = reader.varint();
    into.before = into.after;
    if (state) {
        into.before = get_roots();
        into.replaces = reader.varint();
    }
    if (!reader.done()) return fail(Errc::corrupt, "an event's header does not decode");
    return {};
}

// Body: id, device digest, transaction id (each length-prefixed), JSON.
std::string encode_body(const StoredEvent& event) {
    std::string out;
    put_bytes(out, event.event->id.view());
    put_bytes(out, event.sender_device);
    put_bytes(out, event.transaction_id);
    out += event.event->json;
    return out;
}

Result<void> decode_body(std::string_view bytes, const RoomRules& rules, StoredEvent& into) {
    ByteReader reader(bytes);
    auto id = EventId::trusted(std::string(reader.bytes()));
    into.sender_device = reader.bytes();
    into.transaction_id = reader.bytes();
    if (!reader.ok()) return fail(Errc::corrupt, "an event's body does not decode");
    PEYK_TRY(into.event, Event::from_stored(std::move(id), std::string(reader.rest()), rules));
    return {};
}

}  // namespace peyk::rooms
