#include "core/event_frame.h"

#include "core/event_builder.h"

namespace peyk {
namespace {

constexpr std::string_view kBeforeHash = R"(,"hashes":{"sha256":")", kAfterHash = R"("})";
constexpr std::string_view kAfterSignature = R"("}})";
constexpr std::size_t kHashLetters = 43, kSignatureLetters = 86;

// One entry of prev_events or auth_events: an id, or in the oldest versions a pair of id and hashes.
void write_reference(json::Writer& out, const EventReference& reference, const RoomRules& rules) {
    if (rules.event_id_format != EventIdFormat::own) {
        out.string(reference.id.view());
        return;
    }
    out.begin_array().string(reference.id.view()).begin_object();
    if (!reference.reference_hash_base64.empty()) out.key("sha256").string(reference.reference_hash_base64);
    out.end_object().end_array();
}
void write_reference(json::Writer& out, const EventId& id, const RoomRules&) { out.string(id.view()); }

template <class References>
std::string list(const References& references, const RoomRules& rules) {
    json::Writer out;
    out.begin_array();
    for (const auto& reference : references) write_reference(out, reference, rules);
    out.end_array();
    return out.take();
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
    out += ",\"";
    out += key;
    out += "\":";
    json::write_string(out, text);
}

// What stands between the sender and the signature itself.
std::string before_signature(std::string_view server, std::string_view key_id) {
    std::string out = ",\"signatures\":{";
    json::write_string(out, server);
    out += ":{";
    json::write_string(out, key_id);
    out += ":\"";
    return out;
}

bool strip_front(std::string_view& text, std::string_view piece) {
    if (!text.starts_with(piece)) return false;
    text.remove_prefix(piece.size());
    return true;
}
bool strip_back(std::string_view& text, std::string_view piece) {
    if (!text.ends_with(piece)) return false;
    text.remove_suffix(piece.size());
    return true;
}
// The last `count` bytes; empty when there are not so many.
std::string_view take_back(std::string_view& text, std::size_t count) {
    if (text.size() < count) return {};
    auto out = text.substr(text.size() - count);
    text.remove_suffix(count);
    return out;
}

// Behind the opening quote: to behind the closing one.
std::size_t end_of_string(std::string_view json, std::size_t at) {
    while (at < json.size()) {
        auto quote = json.find('"', at);
        if (quote == std::string_view::npos) return json.size();
        auto first = quote;  // of the backslashes before it, of which each pair is one letter
        while (first > at && json[first - 1] == '\\') --first;
        at = quote + 1;
        if ((quote - first) % 2 == 0) return at;
    }
    return at;
}

// Of a piece of JSON between two members: whether it is one object and nothing behind it.
bool is_one_object(std::string_view json) {
    if (!json.starts_with('{')) return false;
    std::size_t depth = 0;
    for (std::size_t at = 0; at < json.size();) {
        char c = json[at++];
        if (c == '"') at = end_of_string(json, at);
        if (c == '{') ++depth;
        if (c == '}' && --depth == 0) return at == json.size();
    }
    return false;
}

}  // namespace

struct EventFrame::Members {
    std::string auth_events, prev_events;  // as JSON
    std::int64_t depth, origin_server_ts;
    const EventId* id;  // null: it is not a member
    const EventId* redacts;
    const RoomId* room;
    const UserId& sender;
    const std::optional<std::string>& state_key;
    std::string_view type;
};

EventFrame::EventFrame(const Members& members, const RoomRules& rules)
    : auth_events_("{\"auth_events\":" + members.auth_events + ",\"content\":"),
      depth_(",\"depth\":" + std::to_string(members.depth)),
      times_(",\"origin_server_ts\":" + std::to_string(members.origin_server_ts) +
             ",\"prev_events\":" + members.prev_events) {
    if (members.id) append_member(depth_, "event_id", members.id->view());
    if (members.redacts && !rules.redacts_in_content) append_member(redacts_, "redacts", members.redacts->view());
    if (members.room) append_member(sender_, "room_id", members.room->view());
    append_member(sender_, "sender", members.sender.view());
    if (members.state_key) append_member(type_, "state_key", *members.state_key);
    append_member(type_, "type", members.type);
    type_ += '}';
}

EventFrame::EventFrame(const EventDraft& draft, const RoomRules& rules)
    : EventFrame(Members{.auth_events = list(draft.auth_events, rules),
                         .prev_events = list(draft.prev_events, rules),
                         .depth = draft.depth,
                         .origin_server_ts = draft.origin_server_ts,
                         .id = rules.event_id_format == EventIdFormat::own && draft.id ? &*draft.id : nullptr,
                         .redacts = draft.redacts ? &*draft.redacts : nullptr,
                         .room = draft.room ? &*draft.room : nullptr,
                         .sender = draft.sender,
                         .state_key = draft.state_key,
                         .type = draft.type},
                 rules) {}

EventFrame::EventFrame(const Event& event, const RoomRules& rules)
    : EventFrame(Members{.auth_events = list(event.pdu.value().auth_events, rules),
                         .prev_events = list(event.pdu->prev_events, rules),
                         .depth = event.pdu->depth,
                         .origin_server_ts = event.origin_server_ts,
                         .id = nullptr,
                         .redacts = event.redacts ? &*event.redacts : nullptr,
                         .room = rules.room_id_is_create_hash && event.is("m.room.create") ? nullptr : &event.room,
                         .sender = event.sender,
                         .state_key = event.state_key,
                         .type = event.type},
                 rules) {
    if (rules.event_id_format == EventIdFormat::own)
        panic("events of this room version have more than ids to refer to");
}

std::string EventFrame::hashed_text(std::string_view content) const {
    std::string out;
    out.reserve(auth_events_.size() + content.size() + depth_.size() + times_.size() + redacts_.size() +
                sender_.size() + type_.size());
    return out.append(auth_events_)
        .append(content)
        .append(depth_)
        .append(times_)
        .append(redacts_)
        .append(sender_)
        .append(type_);
}

std::string EventFrame::redacted_text(std::string_view content, std::string_view hash_base64) const {
    std::string out;
    out.reserve(auth_events_.size() + content.size() + depth_.size() + kBeforeHash.size() + hash_base64.size() +
                kAfterHash.size() + times_.size() + sender_.size() + type_.size());
    out.append(auth_events_).append(content).append(depth_).append(kBeforeHash).append(hash_base64).append(kAfterHash);
    return out.append(times_).append(sender_).append(type_);
}

std::string EventFrame::whole_text(std::string_view content, std::string_view hash_base64,
                                   const EventSignature& signature) const {
    auto opening = before_signature(signature.server, signature.key_id);
    std::string out;
    out.reserve(auth_events_.size() + content.size() + depth_.size() + kBeforeHash.size() + hash_base64.size() +
                kAfterHash.size() + times_.size() + redacts_.size() + sender_.size() + opening.size() +
                signature.base64.size() + kAfterSignature.size() + type_.size());
    out.append(auth_events_).append(content).append(depth_).append(kBeforeHash).append(hash_base64).append(kAfterHash);
    out.append(times_).append(redacts_).append(sender_).append(opening).append(signature.base64);
    return out.append(kAfterSignature).append(type_);
}

std::optional<EventFrame::Parts> EventFrame::split(std::string_view text, std::string_view server,
                                                   std::string_view key_id) const {
    Parts parts;
    if (!strip_front(text, auth_events_) || !strip_back(text, type_) || !strip_back(text, kAfterSignature))
        return std::nullopt;
    parts.signature_base64 = take_back(text, kSignatureLetters);
    if (!strip_back(text, before_signature(server, key_id)) || !strip_back(text, sender_) ||
        !strip_back(text, redacts_) || !strip_back(text, times_) || !strip_back(text, kAfterHash)) {
        return std::nullopt;
    }
    parts.hash_base64 = take_back(text, kHashLetters);
    if (parts.hash_base64.empty() || !strip_back(text, kBeforeHash) || !strip_back(text, depth_)) return std::nullopt;
    if (!is_one_object(text)) return std::nullopt;
    parts.content = text;
    return parts;
}

}  // namespace peyk
