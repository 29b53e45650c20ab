#pragma once
// What application services ask of the server, and what clients ask of them.
// Spec: Application Service API › Client-Server API Extensions; Client-Server API › Third-party networks.

#include "appservices/services.h"
#include "client_api/endpoint.h"

namespace peyk::client_api {

// All of them live as long as `api`.
void add_appservice_endpoints(Api& api, appservices::Services& services, const rooms::RoomStore& store);

}  // namespace peyk::client_api
