#pragma once
// GET /sync, sliding sync, presence, and what came before them: GET /events and the initial syncs.

#include "client_api/rooms/endpoints.h"
#include "sync/sliding_sync.h"
#include "users/users.h"

namespace peyk::client_api {

void add_sync_endpoints(Api& api, sync::SyncV3& sync, const RoomServices& services);
void add_sliding_sync_endpoints(Api& api, sync::SlidingSync& sync);
// None while presence is switched off.
void add_presence_endpoints(Api& api, sync::Presence& presence, const users::Users& users);

// The parts of it that came before: the stream of events, and the copies that it goes on from.
void add_event_stream(Api& api, sync::SyncV3& sync, const RoomServices& services);
void add_initial_syncs(Api& api, sync::SyncV3& sync, const RoomServices& services);

// A filter for a sync that is asked for nothing but its token.
inline constexpr std::string_view kNoEvents =
    R"({"room":{"rooms":[]},"account_data":{"types":[]},"presence":{"types":[]}})";

}  // namespace peyk::client_api
