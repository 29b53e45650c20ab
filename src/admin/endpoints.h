#pragma once
// The routes of administrators.

#include "admin/overview.h"
#include "client_api/endpoint.h"
#include "rooms/removal/room_removal.h"

namespace peyk::admin {

// Before traffic; what is given outlives `api`.
void add_endpoints(client_api::Api& api, users::Users& users, rooms::RoomRemoval& removals, Overview& overview);

}  // namespace peyk::admin
