#include "core/event.h"

#include <charconv>

#include "core/errors.h"
#include "core/hashing.h"
#include "core/room_rules.h"

namespace peyk {
namespace {

// Spec: Client-Server API › Size limits.
constexpr std::size_t kMaxEventBytes = 65'536;
constexpr std::size_t kMaxNameBytes = 255;  // type and state_key
// Spec: Room Versions › n › Event format.
constexpr std::size_t kMaxPrevEvents = 20;
constexpr std::size_t kMaxAuthEvents = 10;

constexpr std::string_view kCreate = "m.room.create";
constexpr std::string_view kRedaction = "m.room.redaction";

Result<std::string_view> string_member(const json::Object& pdu, std::string_view key) {
    const json::Value* value = pdu.find(key);
    if (!value || !value->string()) return m::bad_json(fmt::format("event without a string {}", key));
    return *value->string();
}

// Versions 1 to 5 know integers of 64 bits; later ones have only what canonical JSON has, which from_pdu checks.
Result<std::int64_t> integer_member(const json::Object& pdu, std::string_view key) {
    const json::Value* value = pdu.find(key);
    if (value && value->integer()) return *value->integer();
    if (value && value->raw_number()) {
        const std::string& text = value->raw_number()->text;
        std::int64_t number = 0;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size()) return number;
    }
    return m::bad_json(fmt::format("event without an integer {}", key));
}

Result<std::string> name_member(const json::Object& pdu, std::string_view key) {
    PEYK_TRY(auto text, string_member(pdu, key));
    if (text.size() > kMaxNameBytes) return m::too_large(fmt::format("the event's {} is longer than 255 bytes", key));
    return std::string(text);
}

// One entry of prev_events or auth_events: an id, or in the oldest versions a pair of id and hashes.
const std::string* referenced_id(const json::Value& entry, const RoomRules& rules) {
    if (rules.event_id_format != EventIdFormat::own) return entry.string();
    const json::Array* pair = entry.array();
    return pair && pair->size() == 2 && (*pair)[1].is_object() ? (*pair)[0].string() : nullptr;
}

Result<std::vector<EventId>> references(const json::Object& pdu, std::string_view key, std::size_t limit,
                                        const RoomRules& rules) {
    const json::Value* member = pdu.find(key);
    const json::Array* entries = member ? member->array() : nullptr;
    if (!entries) return m::bad_json(fmt::format("event without a list of {}", key));
    if (entries->size() > limit) return m::bad_json(fmt::format("event with too many {}", key));
    std::vector<EventId> ids;
    ids.reserve(entries->size());
    for (const json::Value& entry : *entries) {
        const std::string* text = referenced_id(entry, rules);
        auto id = text ? EventId::parse(*text) : Result<EventId>(fail(Errc::bad_request));
        if (!id) return m::bad_json(fmt::format("event with a malformed entry in {}", key));
        ids.push_back(*std::move(id));
    }
    return ids;
}

template <class T>
Result<T> id_member(const json::Object& pdu, std::string_view key) {
    PEYK_TRY(auto text, string_member(pdu, key));
    auto id = T::parse(text);
    if (!id) return m::bad_json(fmt::format("event with a malformed {}", key));
    return id;
}

// Version 12: the create event makes the room's id and so cannot carry it; every other event names its room.
Result<RoomId> room_of(const json::Object& pdu, std::string_view type, const EventId& id, const RoomRules& rules) {
    if (rules.room_id_is_create_hash && type == kCreate) {
        if (pdu.contains("room_id")) return m::bad_json("a create event of this room version has no room_id");
        return room_id_of_create(id);
    }
    return id_member<RoomId>(pdu, "room_id");
}

std::optional<EventId> target_of_redaction(const json::Object& pdu, const RoomRules& rules) {
    const json::Value* target = nullptr;
    if (!rules.redacts_in_content) {
        target = pdu.find("redacts");
    } else if (const json::Value* content = pdu.find("content")) {
        target = content->get("redacts");
    }
    if (!target || !target->string()) return std::nullopt;
    auto id = EventId::parse(*target->string());
    return id ? std::optional(*std::move(id)) : std::nullopt;
}

// Reads the fields; `content` is moved out of the object last.
Result<EventPtr> read_event(EventId id, json::Object pdu, std::string text, const RoomRules& rules) {
    PEYK_TRY(auto type, name_member(pdu, "type"));
    PEYK_TRY(auto room, room_of(pdu, type, id, rules));
    PEYK_TRY(auto sender, id_member<UserId>(pdu, "sender"));
    std::optional<std::string> state_key;
    if (pdu.contains("state_key")) {
        PEYK_TRY(state_key, name_member(pdu, "state_key"));
    }
    PEYK_TRY(auto ts, integer_member(pdu, "origin_server_ts"));
    PEYK_TRY(auto depth, integer_member(pdu, "depth"));
    if (depth < 0) return m::bad_json("event with a negative depth");
    PEYK_TRY(auto prev, references(pdu, "prev_events", kMaxPrevEvents, rules));
    PEYK_TRY(auto auth, references(pdu, "auth_events", kMaxAuthEvents, rules));
    std::optional<EventId> redacts;
    if (type == kRedaction) redacts = target_of_redaction(pdu, rules);
    json::Value* content = pdu.find("content");
    if (!content || !content->object()) return m::bad_json("event without a content object");
    auto event = std::make_shared<Event>(Event{.id = std::move(id),
                                               .room = std::move(room),
                                               .sender = std::move(sender),
                                               .type = std::move(type),
                                               .state_key = std::move(state_key),
                                               .origin_server_ts = ts,
                                               .redacts = std::move(redacts),
                                               .content = std::move(*content->object()),
                                               .pdu = Pdu{depth, std::move(prev), std::move(auth), std::move(text)}});
    return event;
}

bool is_object_member(const json::Object& pdu, std::string_view key) {
    const json::Value* value = pdu.find(key);
    return value && value->object();
}

}  // namespace

Result<EventPtr> Event::from_pdu(json::Object pdu, const RoomRules& rules) {
    pdu.erase("unsigned");
    json::Value whole(std::move(pdu));
    if (rules.strict_canonical_json && !json::is_canonical(whole)) {
        return m::bad_json("event with numbers that canonical JSON does not have");
    }
    json::Object& object = *whole.object();
    for (std::string_view key : {"hashes", "signatures"}) {
        if (!is_object_member(object, key)) return m::bad_json(fmt::format("event without {}", key));
    }
    std::string text = json::write(object);
    if (text.size() > kMaxEventBytes) return m::too_large("event is larger than 65536 bytes");
    PEYK_TRY(auto id, event_id_of(object, rules));
    return read_event(std::move(id), std::move(object), std::move(text), rules);
}

Result<EventPtr> Event::from_stored(EventId id, std::string json, const RoomRules& rules) {
    auto object = json::parse_object(json);
    if (!object) return fail(Errc::corrupt, "a stored event is not JSON");
    auto event = read_event(std::move(id), *std::move(object), std::move(json), rules);
    if (!event) return fail(Errc::corrupt, "a stored event is malformed");
    return event;
}

std::optional<EventId> target_in_content(const Event& event) {
    const auto* target = event.is("m.room.redaction") ? event.content.find("redacts") : nullptr;
    auto id = target && target->string() ? EventId::parse(*target->string()) : Result<EventId>(fail(Errc::not_found));
    return id ? std::optional(*std::move(id)) : std::nullopt;
}

}  // namespace peyk
