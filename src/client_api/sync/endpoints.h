#pragma once
// GET /sync.

#include "client_api/endpoint.h"
#include "sync/sync_v3.h"

namespace peyk::client_api {

void add_sync_endpoints(Api& api, sync::SyncV3& sync);

}  // namespace peyk::client_api
