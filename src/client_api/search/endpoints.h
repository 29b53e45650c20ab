#pragma once
// POST /search. Spec: Client-Server API › Server Side Search.

#include "client_api/rooms/endpoints.h"
#include "search/searcher.h"

namespace peyk::client_api {

// `searcher`: null when the operator switched searching off: then M_FORBIDDEN. It lives as long as `api`.
void add_search_endpoints(Api& api, const RoomServices& services, search::Searcher* searcher);

}  // namespace peyk::client_api
