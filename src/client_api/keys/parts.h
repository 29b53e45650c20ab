#pragma once
// What endpoints.cc puts together; private to this folder.

#include "client_api/keys/endpoints.h"

namespace peyk::client_api {

void add_key_exchange_endpoints(Api& api, keys::Keys& keys, DeviceListHistory& history);
void add_cross_signing_endpoints(Api& api, keys::Keys& keys, InteractiveAuth& auth);
void add_backup_version_endpoints(Api& api, keys::Keys& keys);
void add_backup_session_endpoints(Api& api, keys::Keys& keys);
void add_to_device_endpoint(Api& api, keys::Keys& keys);

}  // namespace peyk::client_api
