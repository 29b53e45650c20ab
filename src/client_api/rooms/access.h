#pragma once
// What a caller may do with a room that the path names.

#include "client_api/rooms/endpoints.h"
#include "rooms/events/client_event.h"

namespace peyk::client_api {

struct RoomAccess {
    rooms::RoomInfoPtr room;
    std::optional<rooms::RoomMembership> row;
    rooms::Visibility visibility;
    rooms::Reader reader;
    // Where the caller's view of the room ends: the state now, or at the event that ended the membership.
    rooms::StateRoots roots;
    rooms::EventNumber end = 0;  // boundary behind the last event that may be seen

    bool joined() const { return row && row->membership == rooms::Membership::join; }
};

// Members and past members; anybody when the room is world-readable. Errors: M_FORBIDDEN, also for unknown rooms, so
// that ids cannot be probed.
Result<RoomAccess> open_room(const RoomServices& services, const users::Caller& caller, const RoomId& room);
// Members only.
Result<RoomAccess> open_joined_room(const RoomServices& services, const users::Caller& caller, const RoomId& room);

// Where a token of /sync or of a history page points in the room: before the event of that number. A token of another
// incarnation of the store reads as the end. Errors: M_INVALID_PARAM.
Result<rooms::EventNumber> boundary_of(const RoomServices& services, const Call& call, const rooms::RoomInfo& room,
                                       const std::string& token);

// An event that the caller may see. Errors: M_NOT_FOUND, whether it is hidden or does not exist.
Result<rooms::StoredEventPtr> visible_event(const RoomServices& services, RoomAccess& access, const EventId& id);

// One event as a whole JSON text.
Result<std::string> event_json(const RoomServices& services, RoomAccess& access, const rooms::StoredEvent& event,
                               rooms::RoomIdMember room_id = rooms::RoomIdMember::include);
// A JSON array of events.
Result<std::string> events_json(const RoomServices& services, RoomAccess& access,
                                const std::vector<rooms::StoredEventPtr>& events);

// The room that an id or an alias names; an application service may make the room of an alias that nobody has yet.
// Errors: M_INVALID_PARAM, M_NOT_FOUND.
Task<Result<RoomId>> room_of(const RoomServices& services, std::string id_or_alias);

// What POST /invite and /createRoom say of a person whom they know by an address. Errors: M_MISSING_PARAM.
Result<rooms::ThirdPartyAddress> address_of(const json::Value& given);

// Errors: M_EXCLUSIVE: an application service's alias, or one outside of the caller's namespaces when a service asks.
Result<void> may_make_alias(const RoomServices& services, const users::Caller& caller, const RoomAlias& alias);

}  // namespace peyk::client_api
