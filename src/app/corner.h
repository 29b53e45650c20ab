#pragma once
// What the administrators' corner and everybody who signed in may ask about the server as a whole.

#include <string>
#include <vector>

#include "admin/overview.h"
#include "app/config.h"
#include "client_api/endpoint.h"

namespace peyk::app {

// What `peyk doctor` would complain about, from settings and files alone: a sentence and what to do. May read the disk.
std::vector<std::string> warnings_of(const Config& config);

admin::Surroundings surroundings_of(const Config& config, Millis started);

// GET /_peyk/client/v1/inventory: what `peyk inventory --json` says of this configuration, to everybody with an
// account.
void add_inventory_route(client_api::Api& api, const Config& config);

}  // namespace peyk::app
