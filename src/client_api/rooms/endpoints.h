#pragma once
// The endpoints of rooms: creation, membership, events, state, history, typing and receipts, aliases and directory.

#include "client_api/endpoint.h"
#include "rooms/directory/directory.h"
#include "rooms/ephemeral/room_stream.h"
#include "rooms/ephemeral/typing.h"
#include "rooms/membership/actions.h"
#include "rooms/timeline/create_room.h"
#include "rooms/timeline/upgrade_room.h"
#include "rooms/visibility/visibility.h"
#include "sync/tokens.h"

namespace peyk::client_api {

// Port: the fully-read marker is account data of the room. Implemented over users/.
class ReadMarkers {
public:
    virtual ~ReadMarkers() = default;
    virtual Task<Result<void>> set_fully_read(users::Caller caller, RoomId room, EventId event) = 0;
};

struct RoomServices {
    rooms::Rooms& rooms;
    const rooms::RoomStore& store;
    const rooms::Memberships& memberships;
    rooms::MembershipActions& actions;
    rooms::RoomCreator& creator;
    rooms::RoomUpgrader& upgrader;
    rooms::Directory& directory;
    rooms::RoomStream& stream;
    rooms::Typing& typing;
    const rooms::Profiles& profiles;
    const sync::Tokens& tokens;
    ReadMarkers& read_markers;
    const rooms::IgnoreLists& ignore_lists;
    const Clock& clock;
    bool public_directory = true;  // off in the quiet profile: lists stay empty for other people's rooms
};

void add_room_endpoints(Api& api, const RoomServices& services);

// The parts of add_room_endpoints, one per file.
void add_creation_endpoints(Api& api, const RoomServices& services);
void add_membership_endpoints(Api& api, const RoomServices& services);
void add_sending_endpoints(Api& api, const RoomServices& services);
void add_state_endpoints(Api& api, const RoomServices& services);
void add_history_endpoints(Api& api, const RoomServices& services);
void add_relation_endpoints(Api& api, const RoomServices& services);
void add_summary_endpoints(Api& api, const RoomServices& services);
void add_ephemeral_endpoints(Api& api, const RoomServices& services);
void add_directory_endpoints(Api& api, const RoomServices& services);

}  // namespace peyk::client_api
