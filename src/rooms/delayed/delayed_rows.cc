#include "rooms/delayed/delayed_rows.h"

#include "base/bytes.h"

namespace peyk::rooms {
namespace {

enum Flags : std::uint8_t { kIsState = 1, kByAction = 2 };

void put_time(std::string& out, Millis time) { put_varint(out, static_cast<std::uint64_t>(time.count())); }
Millis get_time(ByteReader& reader) { return Millis{static_cast<std::int64_t>(reader.varint())}; }

}  // namespace

// Row: id, sender, room, type, flags, state key, content, delay, running since, state, finalised, event, error.
std::string encode_delayed(const DelayedEvent& event) {
    std::string out;
    put_bytes(out, event.id);
    put_bytes(out, event.sender.view());
    put_bytes(out, event.room.view());
    put_bytes(out, event.type);
    put_u8(out, static_cast<std::uint8_t>((event.state_key ? kIsState : 0) | (event.by_action ? kByAction : 0)));
    put_bytes(out, event.state_key.value_or(""));
    put_bytes(out, event.content);
    put_time(out, event.delay);
    put_time(out, event.running_since);
    put_u8(out, static_cast<std::uint8_t>(event.state));
    put_time(out, event.finalised);
    put_bytes(out, event.event ? event.event->view() : std::string_view());
    put_bytes(out, event.error);
    return out;
}

Result<DelayedEvent> decode_delayed(std::string_view bytes) {
    ByteReader reader(bytes);
    auto id = std::string(reader.bytes());
    auto sender = UserId::trusted(std::string(reader.bytes()));
    auto room = RoomId::trusted(std::string(reader.bytes()));
    DelayedEvent out{std::move(id), std::move(sender), std::move(room), std::string(reader.bytes())};
    auto flags = reader.u8();
    out.by_action = flags & kByAction;
    auto state_key = std::string(reader.bytes());
    if (flags & kIsState) out.state_key = std::move(state_key);
    out.content = reader.bytes();
    out.delay = get_time(reader);
    out.running_since = get_time(reader);
    out.state = static_cast<DelayedState>(reader.u8());
    out.finalised = get_time(reader);
    if (auto event = reader.bytes(); !event.empty()) out.event = EventId::trusted(std::string(event));
    out.error = reader.bytes();
    if (!reader.done()) return fail(Errc::corrupt, "a delayed event does not decode");
    return out;
}

}  // namespace peyk::rooms
