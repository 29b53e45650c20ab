#include "core/event_builder.h"

#include "base/bytes.h"
#include "core/errors.h"
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

void write_references(json::Writer& out, std::span<const EventReference> references, const RoomRules& rules) {
    out.begin_array();
    for (const EventReference& reference : references) {
        if (rules.event_id_format != EventIdFormat::own) {
            out.string(reference.id.view());
            continue;
        }
        out.begin_array().string(reference.id.view()).begin_object();
        if (!reference.reference_hash_base64.empty()) out.key("sha256").string(reference.reference_hash_base64);
        out.end_object().end_array();
    }
    out.end_array();
}

std::vector<EventId> take_ids(std::vector<EventReference> references) {
    std::vector<EventId> ids;
    ids.reserve(references.size());
    for (EventReference& reference : references) ids.push_back(std::move(reference.id));
    return ids;
}

// The three texts of an event are the same members in the same order with few differences, so each is put together
// from these pieces. Members are in the order of their keys: that is what makes the text canonical.
class Composer {
public:
    Composer(const EventDraft& draft, const RoomRules& rules) : draft_(draft), rules_(rules) {
        json::Writer head;
        head.key("auth_events");
        write_references(head, draft.auth_events, rules);
        auth_events_ = head.take();
        json::Writer tail;
        tail.key("origin_server_ts").integer(draft.origin_server_ts).key("prev_events");
        write_references(tail, draft.prev_events, rules);
        prev_events_ = tail.take();
        json::write_to(content_, draft.content);
    }

    std::string hashed_text() const { return compose(content_, {}, {}, Redacts::shown); }
    // What is signed, and what gives the event its id.
    std::string redacted_text(std::string_view hashes) const {
        std::string content;
        write_redacted_content(content, draft_.type, draft_.content, rules_);
        return compose(content, hashes, {}, Redacts::hidden);
    }
    std::string whole_text(std::string_view hashes, std::string_view signatures) const {
        return compose(content_, hashes, signatures, Redacts::shown);
    }

private:
    enum class Redacts : unsigned char { shown, hidden };  // at the top level it does not survive a redaction

    std::string compose(std::string_view content, std::string_view hashes, std::string_view signatures,
                        Redacts redacts) const {
        json::Writer out;
        out.reserve(auth_events_.size() + prev_events_.size() + content.size() + hashes.size() + signatures.size() +
                    512);
        out.begin_object().raw(auth_events_).key("content").raw(content).key("depth").integer(draft_.depth);
        if (rules_.event_id_format == EventIdFormat::own) out.key("event_id").string(draft_.id->view());
        if (!hashes.empty()) out.key("hashes").raw(hashes);
        out.raw(prev_events_);
        if (draft_.redacts && !rules_.redacts_in_content && redacts == Redacts::shown) {
            out.key("redacts").string(draft_.redacts->view());
        }
        if (draft_.room) out.key("room_id").string(draft_.room->view());
        out.key("sender").string(draft_.sender.view());
        if (!signatures.empty()) out.key("signatures").raw(signatures);
        if (draft_.state_key) out.key("state_key").string(*draft_.state_key);
        out.key("type").string(draft_.type).end_object();
        return out.take();
    }

    const EventDraft& draft_;
    const RoomRules& rules_;
    std::string auth_events_;  // the member, with its key
    std::string prev_events_;  // the members origin_server_ts and prev_events
    std::string content_;
};

std::string hashes_of(const Composer& composer) {
    json::Writer out;
    out.begin_object().key("sha256").string(base64_encode(sha256(composer.hashed_text()).view())).end_object();
    return out.take();
}

std::string signatures_of(std::string_view text, const ServerName& server, const SigningKey& key) {
    json::Writer out;
    out.begin_object().key(server.view()).begin_object().key(key.key_id()).string(key.sign_base64(text));
    return out.end_object().end_object().take();
}

}  // namespace

EventReference reference_to(const Event& event, const RoomRules& rules) {
    EventReference reference{event.id};
    if (rules.event_id_format != EventIdFormat::own) return reference;
    auto pdu = json::parse_object(event.json);
    if (!pdu) panic("an event's own text is not JSON");
    reference.reference_hash_base64 = base64_encode(reference_hash(*pdu, rules).view());
    return reference;
}

Result<EventPtr> build_event(EventDraft draft, const ServerName& server, const SigningKey& key,
                             const RoomRules& rules) {
    PEYK_CHECK(check_draft(draft, rules));
    if (draft.redacts && rules.redacts_in_content) draft.content.set("redacts", draft.redacts->str());
    const Composer composer(draft, rules);
    const std::string hashes = hashes_of(composer);
    const std::string redacted = composer.redacted_text(hashes);
    std::string text = composer.whole_text(hashes, signatures_of(redacted, server, key));
    if (text.size() > kMaxEventBytes) return m::too_large("event is larger than 65536 bytes");
    EventId id = rules.event_id_format == EventIdFormat::own ? *draft.id : event_id_from_hash(sha256(redacted), rules);
    RoomId room = draft.room ? *std::move(draft.room) : room_id_of_create(id);
    return std::make_shared<Event>(Event{.id = std::move(id),
                                         .room = std::move(room),
                                         .sender = std::move(draft.sender),
                                         .type = std::move(draft.type),
                                         .state_key = std::move(draft.state_key),
                                         .origin_server_ts = draft.origin_server_ts,
                                         .depth = draft.depth,
                                         .prev_events = take_ids(std::move(draft.prev_events)),
                                         .auth_events = take_ids(std::move(draft.auth_events)),
                                         .redacts = std::move(draft.redacts),
                                         .content = std::move(draft.content),
                                         .json = std::move(text)});
}

}  // namespace peyk
