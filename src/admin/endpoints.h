#pragma once
// The routes of administrators.

#include "admin/overview.h"
#include "client_api/endpoint.h"

namespace peyk::admin {

// Before traffic; what is given outlives `api`.
void add_endpoints(client_api::Api& api, users::Users& users, Overview& overview);

}  // namespace peyk::admin
