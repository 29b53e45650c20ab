#pragma once
// The work of one stay in a lane. Private to timeline/; the public face is RoomWrite in rooms.h.

#include <map>

#include "rooms/auth/auth.h"
#include "rooms/relations/relation.h"
#include "rooms/timeline/room_state.h"
#include "rooms/timeline/rooms.h"

namespace peyk::rooms {

// The m.room.create event of a new room: its room id is its own hash from version 12 on, else made up.
Result<EventPtr> make_create_event(const Rooms& rooms, const RoomRules& rules, UserId creator, json::Object content,
                                   std::optional<RoomId> id);

// Base64, for the versions that refer to events by id and hash; else empty.
Result<std::string> reference_hash_for(const Event& event, const RoomRules& rules);

// Event ids that the server chooses (the oldest versions); else nothing.
std::optional<EventId> new_event_id(const Rooms& rooms, const RoomRules& rules);

// For the invited or knocking user: what the room looks like from outside, with the membership event itself.
// Empty for other memberships. Spec: Client-Server API › Stripped state.
Result<std::string> stripped_state(const RoomStore& store, const RoomInfo& room, const StoredEvent& member);

struct RoomWrite::Work final : NodeSource, NodeSink {
    Work(Rooms& owner, std::shared_ptr<RoomState> of, Lanes::Guard entered);

    // Takes a create event over that was made before the room had a lane.
    Result<void> begin(EventPtr create);
    Result<EventPtr> add(const UserId& sender, Draft draft, const Transaction* transaction);
    Result<EventPtr> current(std::string_view type, std::string_view key) const;
    Result<StateNow> state_now(std::string_view type, std::string_view key) const;
    Task<Result<void>> commit();

    // NodeSource, NodeSink: the trees on top of what is not written yet.
    Result<StateNodePtr> node(NodeNumber number) const override;
    NodeNumber add(StateNode node) override;

    Result<StoredEventPtr> event(EventNumber number) const;
    // As it is with everything queued and added so far. Null event: not known.
    struct Known {
        StoredEventPtr event;
        bool durable = false;
    };
    Result<Known> find(const EventId& id) const;
    struct Built {
        EventPtr event;
        std::vector<AuthReference> auth_events;  // of the event, in their order
    };
    Result<Built> build(const UserId& sender, Draft draft) const;
    Result<void> authorise_new(const Event& event) const;
    Result<void> check_invite(const Event& event) const;
    Result<void> check_guest(const Event& event) const;
    Result<void> check_decline(const Event& event) const;
    Result<void> take(Built built, const Transaction* transaction);
    Result<void> place_state(StoredEvent& stored);
    Result<void> apply_redaction(const StoredEvent& redaction);
    Result<void> write_rows(const StoredEvent& stored, std::span<const AuthReference> auth_events,
                            const Transaction* transaction);
    Result<void> write_names(std::span<const AuthReference> state_events);
    // Relations (write_relations.cc).
    Result<void> check_relation(const Event& event) const;
    Result<void> write_relation(const StoredEvent& stored);
    Result<void> drop_relation(const StoredEvent& target);
    // Calls `look` with the events that no reader of rows knows yet.
    void each_fresh(const std::function<void(const StoredEvent&)>& look) const;
    // Numbers of events whose redaction or end no reader of rows knows yet: their rows do not count any more.
    EventNumbers freshly_gone() const;
    Result<EventNumber> newest_in_thread(const EventId& root, EventNumber except) const;
    // Lifetimes (write_retention.cc).
    Result<void> check_retention(const Event& event) const;
    bool changes_lifetime() const;
    Result<void> destroy(const StoredEvent& target);
    Result<void> leave_husk(const StoredEvent& target);
    Task<Result<void>> commit_destroyed();

    Rooms& rooms;
    std::shared_ptr<RoomState> state;
    Lanes::Guard guard;
    Tip tip;
    storage::Change change;
    std::vector<std::shared_ptr<StoredEvent>> events;     // new ones, in order
    std::vector<std::shared_ptr<StoredEvent>> redacted;   // new forms of older ones
    std::map<NodeNumber, StateNodePtr> nodes;             // new nodes
    std::unordered_map<std::string, StateNow> new_state;  // over state->state_cache
    std::unordered_map<std::string, EventId> transactions;
    std::vector<std::string> related;                             // digests of parents whose rows change
    EventNumbers named;                                           // by this batch
    EventNumbers destroyed;                                       // that end with this batch
    mutable std::unordered_map<std::string, StateNow> looked_up;  // reads worth keeping at the tip
};

}  // namespace peyk::rooms
