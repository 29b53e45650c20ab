#include "rooms/events/event_row.h"

#include <array>

#include "base/bytes.h"
#include "core/event_frame.h"
#include "core/hashing.h"
#include "core/redaction.h"
#include "core/room_rules.h"

namespace peyk::rooms {
namespace {

constexpr std::uint8_t kIsState = 1;  // of the header

// The body in parts. Its first byte is where the whole form has the length of the id.
//   u8 0, u8 flags
//   time varint, depth minus number zigzag varint, type u8: a number of kTypes, or 0
//   auth_events: how many u8, their numbers varint
//   sender u8: 0 it is written, 1 it is the state key, 2 + n it is the state key of the nth of auth_events
//   content hash 32 bytes, signature 64, prev_events: how many u8, their hashes 32 each
//   with kHasId the hash that is the id, 32; with kHasTransaction the device, 8
// and then, each with its length, what is there of: type, state key, sender, key id, redacts, transaction id; and the
// content to the end.
constexpr std::uint8_t kInParts = 0;
constexpr std::uint8_t kHasStateKey = 1, kHasId = 2, kHasTransaction = 4, kHasKeyId = 8, kHasRedacts = 16, kFlags = 31;
constexpr std::size_t kHash = 32, kSignature = 64, kDevice = 8, kMostReferences = 20;
constexpr std::uint8_t kSenderWritten = 0, kSenderIsStateKey = 1, kSenderIsOfAuth = 2;

// Only ever longer: the numbers are written. From 1.
constexpr std::array<std::string_view, 31> kTypes{"m.room.message",
                                                  "m.room.encrypted",
                                                  "m.room.member",
                                                  "m.reaction",
                                                  "m.room.redaction",
                                                  "m.sticker",
                                                  "m.room.create",
                                                  "m.room.power_levels",
                                                  "m.room.join_rules",
                                                  "m.room.history_visibility",
                                                  "m.room.guest_access",
                                                  "m.room.name",
                                                  "m.room.topic",
                                                  "m.room.avatar",
                                                  "m.room.canonical_alias",
                                                  "m.room.encryption",
                                                  "m.room.pinned_events",
                                                  "m.room.server_acl",
                                                  "m.room.third_party_invite",
                                                  "m.room.tombstone",
                                                  "m.space.child",
                                                  "m.space.parent",
                                                  "m.call.invite",
                                                  "m.call.candidates",
                                                  "m.call.answer",
                                                  "m.call.hangup",
                                                  "m.call.member",
                                                  "org.matrix.msc3401.call.member",
                                                  "m.poll.start",
                                                  "m.poll.response",
                                                  "m.poll.end"};

std::uint8_t number_of_type(std::string_view type) {
    auto found = std::ranges::find(kTypes, type);
    return found == kTypes.end() ? std::uint8_t{0} : static_cast<std::uint8_t>(found - kTypes.begin() + 1);
}

std::uint64_t zigzag(std::int64_t value) {
    return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

Base64 alphabet_of(const RoomRules& rules) {
    return rules.event_id_format == EventIdFormat::hash_base64 ? Base64::standard : Base64::url;
}

// Appends the bytes, if the text is what base64_encode makes of them.
bool put_base64(std::string& out, std::string_view text, std::size_t bytes, Base64 alphabet) {
    auto decoded = base64_decode(text, alphabet);
    if (!decoded || decoded->size() != bytes || base64_encode(*decoded, alphabet) != text) return false;
    out += *decoded;
    return true;
}
bool put_id(std::string& out, const EventId& id, const RoomRules& rules) {
    return put_base64(out, id.view().substr(1), kHash, alphabet_of(rules));
}
EventId id_from(std::string_view hash, const RoomRules& rules) {
    return EventId::trusted(base64_encode(hash, alphabet_of(rules), "$"));
}

EventId id_by_hash(const EventFrame& frame, std::string_view type, const json::Object& content, std::string_view hash,
                   const RoomRules& rules) {
    std::string left;
    write_redacted_content(left, type, content, rules);
    return event_id_from_hash(sha256(frame.redacted_text(left, hash)), rules);
}

// Where a reader finds the sender; kSenderWritten when nowhere.
std::uint8_t place_of_sender(const Event& event, std::span<const AuthReference> auth_events) {
    if (event.state_key == event.sender.view()) return kSenderIsStateKey;
    for (std::size_t i = 0; i < auth_events.size(); ++i) {
        if (auth_events[i].event->is("m.room.member", event.sender.view()))
            return static_cast<std::uint8_t>(kSenderIsOfAuth + i);
    }
    return kSenderWritten;
}

bool has_known_shape(const StoredEvent& stored, const RoomInfo& room, const EventOrigin& origin) {
    const auto& event = *stored.event;
    if (room.rules->event_id_format == EventIdFormat::own || event.room != room.id) return false;
    if (event.sender.server() != origin.server || event.origin_server_ts < 0) return false;
    const auto& pdu = event.pdu.value();
    if (pdu.prev_events.size() > kMostReferences || pdu.auth_events.size() > kMostReferences) return false;
    if (!std::ranges::equal(pdu.auth_events, origin.auth_events, {}, {},
                            [](const AuthReference& reference) { return reference.event->id; })) {
        return false;
    }
    return std::ranges::all_of(origin.auth_events, [](const auto& reference) { return reference.event->is_state(); }) &&
           (stored.sender_device.empty() ? stored.transaction_id.empty() : stored.sender_device.size() == kDevice);
}

// Nothing when the event is not one that these parts make.
std::optional<EncodedBody> encode_parts(const StoredEvent& stored, const RoomInfo& room, const EventOrigin& origin) {
    if (!has_known_shape(stored, room, origin)) return std::nullopt;
    const auto& event = *stored.event;
    const auto& rules = *room.rules;
    EventFrame frame(event, rules);
    auto parts = frame.split(event.pdu->json, origin.server, origin.key_id);
    if (!parts) return std::nullopt;
    // State keeps its id: all of a room's is read at once, and hashing it each time costs more than 32 bytes do.
    bool has_id =
        event.is_state() || id_by_hash(frame, event.type, event.content, parts->hash_base64, rules) != event.id;
    bool has_key_id = origin.key_id != room.key_id;
    bool has_redacts = event.redacts && !rules.redacts_in_content;
    auto type = number_of_type(event.type);
    auto sender = place_of_sender(event, origin.auth_events);

    EncodedBody out{.refers = true};
    auto& bytes = out.bytes;
    bytes.reserve(event.pdu->json.size());
    put_u8(bytes, kInParts);
    put_u8(bytes, static_cast<std::uint8_t>((event.is_state() ? kHasStateKey : 0) | (has_id ? kHasId : 0) |
                                            (stored.sender_device.empty() ? 0 : kHasTransaction) |
                                            (has_key_id ? kHasKeyId : 0) | (has_redacts ? kHasRedacts : 0)));
    put_varint(bytes, static_cast<std::uint64_t>(event.origin_server_ts));
    put_varint(bytes, zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(event.pdu->depth) - stored.number)));
    put_u8(bytes, type);
    put_u8(bytes, static_cast<std::uint8_t>(origin.auth_events.size()));
    for (const auto& reference : origin.auth_events) put_varint(bytes, reference.number);
    put_u8(bytes, sender);
    if (!put_base64(bytes, parts->hash_base64, kHash, Base64::standard) ||
        !put_base64(bytes, parts->signature_base64, kSignature, Base64::standard)) {
        return std::nullopt;
    }
    put_u8(bytes, static_cast<std::uint8_t>(event.pdu->prev_events.size()));
    for (const auto& id : event.pdu->prev_events) {
        if (!put_id(bytes, id, rules)) return std::nullopt;
    }
    if (has_id && !put_id(bytes, event.id, rules)) return std::nullopt;
    bytes += stored.sender_device;
    out.noise = bytes.size();

    if (type == 0) put_bytes(bytes, event.type);
    if (event.state_key) put_bytes(bytes, *event.state_key);
    if (sender == kSenderWritten) put_bytes(bytes, event.sender.view());
    if (has_key_id) put_bytes(bytes, origin.key_id);
    if (has_redacts) put_bytes(bytes, event.redacts->view());
    if (!stored.sender_device.empty()) put_bytes(bytes, stored.transaction_id);
    bytes += parts->content;
    return out;
}

// What is read from a body in parts without looking anything up.
struct Parts {
    std::uint8_t flags = 0;
    std::int64_t time = 0, depth = 0;
    std::vector<EventNumber> auth_events;
    std::uint8_t sender_place = 0;
    std::string_view hash, signature;
    std::string_view prev_events;  // their hashes
    std::string_view id;           // its hash
    std::string_view device, type, state_key, sender, key_id, redacts, transaction, content;

    // `number`: of the event, for its depth.
    static Result<Parts> read(std::string_view bytes, EventNumber number, const RoomRules& rules);
};

Result<Parts> Parts::read(std::string_view bytes, EventNumber number, const RoomRules& rules) {
    auto broken = [] { return fail(Errc::corrupt, "an event's body does not decode"); };
    ByteReader in(bytes);
    Parts out;
    if (in.u8() != kInParts || rules.event_id_format == EventIdFormat::own) return broken();
    out.flags = in.u8();
    if (out.flags & ~kFlags) return broken();
    out.time = static_cast<std::int64_t>(in.varint());
    out.depth = static_cast<std::int64_t>(static_cast<std::uint64_t>(unzigzag(in.varint())) + number);
    auto type = in.u8();
    auto auth_events = in.u8();
    if (type > kTypes.size() || auth_events > kMostReferences) return broken();
    for (std::uint8_t i = 0; i < auth_events; ++i) out.auth_events.push_back(in.varint());
    out.sender_place = in.u8();
    out.hash = in.take(kHash);
    out.signature = in.take(kSignature);
    auto prev_events = in.u8();
    if (prev_events > kMostReferences) return broken();
    out.prev_events = in.take(prev_events * kHash);
    if (out.flags & kHasId) out.id = in.take(kHash);
    if (out.flags & kHasTransaction) out.device = in.take(kDevice);

    out.type = type == 0 ? in.bytes() : kTypes[type - 1];
    if (out.flags & kHasStateKey) out.state_key = in.bytes();
    if (out.sender_place == kSenderWritten) out.sender = in.bytes();
    if (out.flags & kHasKeyId) out.key_id = in.bytes();
    if (out.flags & kHasRedacts) out.redacts = in.bytes();
    if (out.flags & kHasTransaction) out.transaction = in.bytes();
    out.content = in.rest();
    if (!in.ok()) return broken();
    return out;
}

Result<std::string> sender_of(const Parts& parts, const EventNames& names) {
    if (parts.sender_place == kSenderIsStateKey) return std::string(parts.state_key);
    if (parts.sender_place == kSenderWritten) return std::string(parts.sender);
    std::size_t place = parts.sender_place - kSenderIsOfAuth;
    if (place >= parts.auth_events.size()) return std::string();
    PEYK_TRY(auto name, names.name(parts.auth_events[place]));
    return name->state_key;
}

// Also the id, where only the PDU has it. `event`: with everything else.
Result<void> add_pdu(const Parts& parts, const RoomInfo& room, const EventNames& names, Detail detail, Event& event) {
    const auto& rules = *room.rules;
    auto& pdu = event.pdu.emplace();
    pdu.depth = parts.depth;
    for (auto rest = parts.prev_events; !rest.empty(); rest.remove_prefix(kHash))
        pdu.prev_events.push_back(id_from(rest.substr(0, kHash), rules));
    for (auto number : parts.auth_events) {
        PEYK_TRY(auto name, names.name(number));
        pdu.auth_events.push_back(name->id);
    }
    EventFrame frame(event, rules);
    auto hash = base64_encode(parts.hash);
    if (!(parts.flags & kHasId)) event.id = id_by_hash(frame, event.type, event.content, hash, rules);
    if (detail == Detail::client) {
        event.pdu.reset();
        return {};
    }
    auto signature = base64_encode(parts.signature);
    auto key_id = parts.flags & kHasKeyId ? parts.key_id : std::string_view(room.key_id);
    pdu.json = frame.whole_text(parts.content, hash, {event.sender.server(), key_id, signature});
    return {};
}

Result<void> decode_parts(std::string_view bytes, const RoomInfo& room, const EventNames& names, Detail detail,
                          StoredEvent& into) {
    const auto& rules = *room.rules;
    PEYK_TRY(auto parts, Parts::read(bytes, into.number, rules));
    PEYK_TRY(auto sender, sender_of(parts, names));
    if (sender.empty()) return fail(Errc::corrupt, "an event's row does not say who sent it");
    auto content = json::parse_object(parts.content);
    if (!content) return fail(Errc::corrupt, "a stored event is not JSON");
    bool has_id = parts.flags & kHasId;
    auto event = std::make_shared<Event>(Event{.id = has_id ? id_from(parts.id, rules) : EventId::trusted({}),
                                               .room = room.id,
                                               .sender = UserId::trusted(std::move(sender)),
                                               .type = std::string(parts.type),
                                               .origin_server_ts = parts.time,
                                               .content = *std::move(content)});
    if (parts.flags & kHasStateKey) event->state_key = std::string(parts.state_key);
    if (parts.flags & kHasRedacts) event->redacts = EventId::trusted(std::string(parts.redacts));
    if (rules.redacts_in_content) event->redacts = target_in_content(*event);
    if (detail == Detail::pdu || !has_id) PEYK_CHECK(add_pdu(parts, room, names, detail, *event));
    into.sender_device = parts.device;
    into.transaction_id = parts.transaction;
    into.event = std::move(event);
    return {};
}

bool is_in_parts(std::string_view bytes) { return !bytes.empty() && static_cast<std::uint8_t>(bytes[0]) == kInParts; }

}  // namespace

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

EncodedBody encode_body(const StoredEvent& event, const RoomInfo& room, const EventOrigin& origin) {
    auto parts = encode_parts(event, room, origin);
    return parts ? *std::move(parts) : EncodedBody{encode_whole_body(event)};
}

// Id, device digest, transaction id (each length-prefixed), JSON.
std::string encode_whole_body(const StoredEvent& event) {
    std::string out;
    put_bytes(out, event.event->id.view());
    put_bytes(out, event.sender_device);
    put_bytes(out, event.transaction_id);
    out += event.event->pdu.value().json;
    return out;
}

Result<void> decode_body(std::string_view bytes, const RoomInfo& room, const EventNames& names, Detail detail,
                         StoredEvent& into) {
    if (is_in_parts(bytes)) return decode_parts(bytes, room, names, detail, into);
    ByteReader reader(bytes);
    auto id = EventId::trusted(std::string(reader.bytes()));
    into.sender_device = reader.bytes();
    into.transaction_id = reader.bytes();
    if (!reader.ok()) return fail(Errc::corrupt, "an event's body does not decode");
    PEYK_TRY(into.event, Event::from_stored(std::move(id), std::string(reader.rest()), *room.rules));
    return {};
}

// The id, length-prefixed, and the state key.
std::string encode_name(const Event& state) {
    std::string out;
    put_bytes(out, state.id.view());
    out += *state.state_key;
    return out;
}

Result<EventNamePtr> decode_name(std::string_view bytes) {
    ByteReader reader(bytes);
    auto id = EventId::trusted(std::string(reader.bytes()));
    if (!reader.ok()) return fail(Errc::corrupt, "the name of an event does not decode");
    return std::make_shared<const EventName>(EventName{std::move(id), std::string(reader.rest())});
}

}  // namespace peyk::rooms
