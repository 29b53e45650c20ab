#pragma once
// GET /sync, sliding sync, presence and GET /events.

#include "client_api/endpoint.h"
#include "rooms/directory/directory.h"
#include "sync/sliding_sync.h"
#include "users/users.h"

namespace peyk::client_api {

void add_sync_endpoints(Api& api, sync::SyncV3& sync, const rooms::Directory& directory);
void add_sliding_sync_endpoints(Api& api, sync::SlidingSync& sync);
// None while presence is switched off.
void add_presence_endpoints(Api& api, sync::Presence& presence, const users::Users& users);

// The parts of it that are deprecated.
void add_event_stream(Api& api, sync::SyncV3& sync);
void add_initial_sync(Api& api, sync::SyncV3& sync, const rooms::Directory& directory);

}  // namespace peyk::client_api
