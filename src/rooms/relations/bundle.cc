#include "rooms/relations/bundle.h"

#include <algorithm>

namespace peyk::rooms {
namespace {

constexpr std::size_t kMaxReferences = 500;
constexpr std::size_t kMaxEdits = 500;      // the newest ones by arrival are looked at
constexpr std::size_t kMaxChecked = 1'000;  // children of an event that are judged one by one

// Whether children of an event may be seen, without reading them where that can be known.
class Seeing {
public:
    Seeing(const RoomStore& store, const RoomInfo& room, const StoredEvent& parent, Visibility& visibility)
        : store_(store), room_(room), visibility_(visibility) {
        // FAST-PATH: who has been a member since before the parent sees all that came after it, whatever the history
        // visibility was: every rule lets members at the event see it.
        const auto& row = visibility.row();
        member_since_ = row && row->membership == Membership::join && row->entered <= parent.position;
    }
    // Null when the reader may not see it or it is gone, and for all that come after kMaxChecked of them.
    Result<StoredEventPtr> event(const Child& child) {
        if (visibility_.ignores(child.sender)) return nullptr;
        if (checked_++ >= kMaxChecked) return nullptr;
        PEYK_TRY(auto found, store_.event(room_, child.number));
        if (!found || found->redacted_by) return nullptr;
        PEYK_TRY(bool seen, visibility_.may_see(*found));
        return seen ? found : nullptr;
    }
    Result<bool> counts(const Child& child) {
        if (visibility_.ignores(child.sender)) return false;
        if (member_since_) return true;
        PEYK_TRY(auto found, event(child));
        return found != nullptr;
    }

private:
    const RoomStore& store_;
    const RoomInfo& room_;
    Visibility& visibility_;
    bool member_since_ = false;
    std::size_t checked_ = 0;
};

// Spec: Validity of replacement events. Encrypted ones hold m.new_content inside.
bool is_valid_replacement(const Event& original, const Event& replacement) {
    if (replacement.sender != original.sender || replacement.type != original.type) return false;
    if (original.is_state() || replacement.is_state()) return false;
    return replacement.is("m.room.encrypted") || replacement.content.contains("m.new_content");
}

bool is_newer(const Event& a, const Event& b) {
    if (a.origin_server_ts != b.origin_server_ts) return a.origin_server_ts > b.origin_server_ts;
    return a.id > b.id;
}

// Appends members of an object, with the commas and the braces around all of them.
class Members {
public:
    explicit Members(std::string& out) : out_(out) {}
    void begin(std::string_view key) {
        out_ += any_ ? "," : ",\"m.relations\":{";
        any_ = true;
        json::write_string(out_, key);
        out_ += ':';
    }
    void end() {
        if (any_) out_ += '}';
    }

private:
    std::string& out_;
    bool any_ = false;
};

}  // namespace

Result<StoredEventPtr> replacement_of(const RoomStore& store, const RoomInfo& room, const StoredEvent& event,
                                      const Children& children, Visibility& visibility) {
    StoredEventPtr best;
    if (event.redacted_by || event.event->is_state()) return best;
    if (auto own = relation_of(*event.event); own && own->kind == RelationKind::replace) return best;
    auto sender = store.number(event.event->sender);
    Seeing seeing(store, room, event, visibility);
    std::size_t looked = 0;
    for (auto child = children.rbegin(); child != children.rend() && looked < kMaxEdits; ++child) {
        if (child->kind != RelationKind::replace || child->sender != sender || child->type != event.event->type)
            continue;
        ++looked;
        PEYK_TRY(auto found, seeing.event(*child));
        if (!found || !is_valid_replacement(*event.event, *found->event)) continue;
        if (!best || is_newer(*found->event, *best->event)) best = std::move(found);
    }
    return best;
}

Result<ThreadSummary> summarise_thread(const RoomStore& store, const RoomInfo& room, const StoredEvent& root,
                                       const Children& children, const Reader& reader, Visibility& visibility) {
    ThreadSummary out;
    Seeing seeing(store, room, root, visibility);
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
        if (child->kind != RelationKind::thread) continue;
        if (!out.latest) {
            PEYK_TRY(out.latest, seeing.event(*child));
            if (!out.latest) continue;
        } else {
            PEYK_TRY(bool counts, seeing.counts(*child));
            if (!counts) continue;
        }
        ++out.count;
        out.participated = out.participated || child->sender == reader.number;
    }
    out.participated = out.latest && (out.participated || root.event->sender == reader.user);
    return out;
}

Result<void> write_relations(std::string& out, const RoomStore& store, const RoomInfo& room, const StoredEvent& event,
                             const Reader& reader, Visibility& visibility, RoomIdMember room_id, Bundle bundle) {
    PEYK_TRY(auto children, store.relations().children(room.number, event.event->id));
    if (children->empty()) return {};
    Members members(out);
    std::string references;
    std::size_t listed = 0;
    Seeing seeing(store, room, event, visibility);
    for (const auto& child : *children) {
        if (child.kind != RelationKind::reference || listed == kMaxReferences) continue;
        PEYK_TRY(auto found, seeing.event(child));
        if (!found) continue;
        ++listed;
        references += references.empty() ? "{\"event_id\":" : ",{\"event_id\":";
        json::write_string(references, found->event->id.view());
        references += '}';
    }
    if (listed) {
        members.begin("m.reference");
        out += "{\"chunk\":[" + references + "]}";
    }
    PEYK_TRY(auto replacement, replacement_of(store, room, event, *children, visibility));
    if (replacement) {
        members.begin("m.replace");
        PEYK_CHECK(write_client_event(out, store, room, *replacement, reader, visibility, room_id, Bundle::nothing));
    }
    if (bundle == Bundle::relations) {
        PEYK_TRY(auto thread, summarise_thread(store, room, event, *children, reader, visibility));
        if (thread.latest) {
            members.begin("m.thread");
            out += "{\"count\":" + std::to_string(thread.count) + ",\"current_user_participated\":";
            out += thread.participated ? "true" : "false";
            out += ",\"latest_event\":";
            PEYK_CHECK(write_client_event(out, store, room, *thread.latest, reader, visibility, room_id,
                                          Bundle::thread_event));
            out += '}';
        }
    }
    members.end();
    return {};
}

Result<std::optional<EventId>> thread_of(const RoomStore& store, const RoomInfo& room, const Event& event) {
    constexpr int kHops = 3;
    auto relation = relation_of(event);
    for (int hop = 0; relation && hop < kHops; ++hop) {
        if (relation->kind == RelationKind::thread) return relation->parent;
        PEYK_TRY(auto parent, store.event(room, relation->parent));
        if (!parent) break;
        relation = relation_of(*parent->event);
    }
    return std::nullopt;
}

Result<bool> receipt_fits(const RoomStore& store, const RoomInfo& room, const EventId& event, std::string_view thread) {
    PEYK_TRY(auto found, store.event(room, event));
    if (!found) return false;
    if (thread == "main") {
        PEYK_TRY(auto in, thread_of(store, room, *found->event));
        return !in;
    }
    PEYK_TRY(auto children, store.relations().children(room.number, EventId::trusted(std::string(thread))));
    if (std::ranges::none_of(*children, [](const auto& child) { return child.kind == RelationKind::thread; }))
        return false;
    constexpr int kHops = 3;
    for (int hop = 0; found && hop <= kHops; ++hop) {
        if (found->event->id.view() == thread) return true;
        auto relation = relation_of(*found->event);
        if (!relation) return false;
        if (relation->parent.view() == thread) return true;
        PEYK_TRY(found, store.event(room, relation->parent));
    }
    return false;
}

}  // namespace peyk::rooms
