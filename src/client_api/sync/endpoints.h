#pragma once
// GET /sync and sliding sync.

#include "client_api/endpoint.h"
#include "sync/sliding_sync.h"

namespace peyk::client_api {

void add_sync_endpoints(Api& api, sync::SyncV3& sync);
void add_sliding_sync_endpoints(Api& api, sync::SlidingSync& sync);

}  // namespace peyk::client_api
