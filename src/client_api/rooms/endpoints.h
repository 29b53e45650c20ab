#pragma once
// The endpoints of rooms: creation, membership, events, state, history, typing and receipts, aliases and directory.

#include "client_api/endpoint.h"
#include "rooms/delayed/delayed_events.h"
#include "rooms/directory/directory.h"
#include "rooms/ephemeral/room_stream.h"
#include "rooms/ephemeral/typing.h"
#include "rooms/membership/actions.h"
#include "rooms/membership/third_party_invites.h"
#include "rooms/reports/reports.h"
#include "rooms/timeline/create_room.h"
#include "rooms/timeline/upgrade_room.h"
#include "rooms/visibility/visibility.h"
#include "sync/ports.h"
#include "sync/presence.h"
#include "sync/tokens.h"

namespace peyk::users {
class Users;
}
namespace peyk::rooms {
class Notices;
}

namespace peyk::client_api {

// Port: the fully-read marker is account data of the room. Implemented over users/.
class ReadMarkers {
public:
    virtual ~ReadMarkers() = default;
    virtual Task<Result<void>> set_fully_read(users::Caller caller, RoomId room, EventId event) = 0;
};

// Port: aliases and users that application services keep. Implemented over appservices/.
class BridgedNames {
public:
    virtual ~BridgedNames() = default;
    // Somebody other than the service (empty: than a person) keeps the alias for itself.
    virtual bool is_taken(const RoomAlias& alias, std::string_view service) const = 0;
    virtual bool owns(std::string_view service, const RoomAlias& alias) const = 0;
    // For names that nobody has yet: asks the service whose they would be, which may make them before this returns.
    // Spec: Application Service API › Querying. Error: timeout.
    virtual Task<Result<void>> ask_for(RoomAlias alias) = 0;
    virtual Task<Result<void>> ask_for(UserId user) = 0;
    // Rooms in the directory of one network (of all: none is named), as rooms::Directory::list().
    virtual Result<std::vector<rooms::Directory::Published>> published(std::optional<std::string_view> instance,
                                                                       rooms::RoomNumber after,
                                                                       std::size_t limit) const = 0;
};

struct RoomServices {
    rooms::Rooms& rooms;
    const rooms::RoomStore& store;
    const rooms::Memberships& memberships;
    rooms::MembershipActions& actions;
    rooms::RoomCreator& creator;
    rooms::RoomUpgrader& upgrader;
    rooms::Directory& directory;
    rooms::Reports& reports;
    rooms::DelayedEvents& delayed;
    rooms::RoomStream& stream;
    rooms::Typing& typing;
    const rooms::Profiles& profiles;
    const sync::Tokens& tokens;
    ReadMarkers& read_markers;
    const sync::AccountDataSource& account_data;
    const Clock& clock;
    BridgedNames* bridged = nullptr;     // null: no application services
    bool public_directory = true;        // off in the quiet profile: lists stay empty for other people's rooms
    sync::Presence* presence = nullptr;  // null: nobody keeps it
    rooms::ThirdPartyInvites* third_party = nullptr;  // null: nobody is invited by an e-mail address
    bool refuse_clear = false;                        // messages in clear where a room is encrypted
};

void add_room_endpoints(Api& api, const RoomServices& services);
// What they add to GET /capabilities: name and JSON object.
std::vector<std::pair<std::string, std::string>> delayed_capabilities();
// Where people may be invited by an e-mail address.
void add_third_party_endpoints(Api& api, rooms::ThirdPartyInvites& invites);
// `notices` null: switched off, which the answers say.
void add_notice_endpoints(Api& api, const RoomServices& services, rooms::Notices* notices);
// Where the user directory is switched on.
void add_people_endpoints(Api& api, const RoomServices& services, users::Users& users);

// Links that lead into a room, and what they say to who has not signed in yet.
void add_invitation_endpoints(Api& api, const RoomServices& services, users::Users& users);

// The parts of add_room_endpoints, one per file.
void add_creation_endpoints(Api& api, const RoomServices& services);
void add_membership_endpoints(Api& api, const RoomServices& services);
void add_sending_endpoints(Api& api, const RoomServices& services);
void add_state_endpoints(Api& api, const RoomServices& services);
void add_history_endpoints(Api& api, const RoomServices& services);
void add_relation_endpoints(Api& api, const RoomServices& services);
void add_summary_endpoints(Api& api, const RoomServices& services);
void add_report_endpoints(Api& api, const RoomServices& services);
void add_delayed_endpoints(Api& api, const RoomServices& services);
void add_ephemeral_endpoints(Api& api, const RoomServices& services);
void add_retention_endpoints(Api& api, const RoomServices& services);
void add_directory_endpoints(Api& api, const RoomServices& services);
void add_public_rooms_endpoints(Api& api, const RoomServices& services);

}  // namespace peyk::client_api
