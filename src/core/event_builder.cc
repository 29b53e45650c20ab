#include "core/event_builder.h"

#include "base/bytes.h"
#include "core/errors.h"
#include "core/event_frame.h"
#include "core/hashing.h"
#include "core/redaction.h"

namespace peyk {
namespace {

constexpr std::size_t kMaxEventBytes = 65'536;
constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kMaxPrevEvents = 20;
constexpr std::size_t kMaxAuthEvents = 10;

Result<> check_draft(const EventDraft& draft, const RoomRules& rules) {
    if (!is_utf8(draft.type) || (draft.state_key && !is_utf8(*draft.state_key))) {
        return m::bad_json("the event's type or state_key is not UTF-8");
    }
    if (draft.type.size() > kMaxNameBytes) return m::too_large("the event's type is longer than 255 bytes");
    if (draft.state_key && draft.state_key->size() > kMaxNameBytes) {
        return m::too_large("the event's state_key is longer than 255 bytes");
    }
    if (draft.prev_events.size() > kMaxPrevEvents) return m::bad_json("event with too many prev_events");
    if (draft.auth_events.size() > kMaxAuthEvents) return m::bad_json("event with too many auth_events");
    const bool room_is_own_hash = rules.room_id_is_create_hash && draft.type == "m.room.create";
    if (draft.room.has_value() == room_is_own_hash)
        return m::bad_json("event without a room, or a create event with one");
    if (rules.event_id_format == EventIdFormat::own && !draft.id) return m::bad_json("event without an id");
    if (draft.depth < 0 || draft.depth > json::kMaxInteger) return m::bad_json("event with a depth out of range");
    for (const auto& [key, value] : draft.content) {
        if (rules.strict_canonical_json && !json::is_canonical(value)) {
            return m::bad_json("content with numbers that canonical JSON does not have");
        }
    }
    return {};
}

std::vector<EventId> take_ids(std::vector<EventReference> references) {
    std::vector<EventId> ids;
    ids.reserve(references.size());
    for (EventReference& reference : references) ids.push_back(std::move(reference.id));
    return ids;
}

}  // namespace

EventReference reference_to(const Event& event, const RoomRules& rules) {
    EventReference reference{event.id};
    if (rules.event_id_format != EventIdFormat::own) return reference;
    auto pdu = json::parse_object(event.pdu.value().json);
    if (!pdu) panic("an event's own text is not JSON");
    reference.reference_hash_base64 = base64_encode(reference_hash(*pdu, rules).view());
    return reference;
}

Result<EventPtr> build_event(EventDraft draft, const ServerName& server, const SigningKey& key,
                             const RoomRules& rules) {
    PEYK_CHECK(check_draft(draft, rules));
    if (draft.redacts && rules.redacts_in_content) draft.content.set("redacts", draft.redacts->str());
    const EventFrame frame(draft, rules);
    std::string content;
    json::write_to(content, draft.content);
    const std::string hash = base64_encode(sha256(frame.hashed_text(content)).view());
    std::string left;  // of the content, by a redaction
    write_redacted_content(left, draft.type, draft.content, rules);
    const std::string redacted = frame.redacted_text(left, hash);
    const std::string signature = key.sign_base64(redacted);
    std::string text = frame.whole_text(content, hash, {server.view(), key.key_id(), signature});
    if (text.size() > kMaxEventBytes) return m::too_large("event is larger than 65536 bytes");
    EventId id = rules.event_id_format == EventIdFormat::own ? *draft.id : event_id_from_hash(sha256(redacted), rules);
    RoomId room = draft.room ? *std::move(draft.room) : room_id_of_create(id);
    Pdu pdu{draft.depth, take_ids(std::move(draft.prev_events)), take_ids(std::move(draft.auth_events)),
            std::move(text)};
    return std::make_shared<Event>(Event{.id = std::move(id),
                                         .room = std::move(room),
                                         .sender = std::move(draft.sender),
                                         .type = std::move(draft.type),
                                         .state_key = std::move(draft.state_key),
                                         .origin_server_ts = draft.origin_server_ts,
                                         .redacts = std::move(draft.redacts),
                                         .content = std::move(draft.content),
                                         .pdu = std::move(pdu)});
}

}  // namespace peyk
