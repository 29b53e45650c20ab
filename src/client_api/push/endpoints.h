#pragma once
// Endpoints over push/. Rules and pushers are stored by users/: client_api/account.

#include "client_api/endpoint.h"
#include "push/notifications.h"

namespace peyk::client_api {

void add_push_endpoints(Api& api, push::NotificationList& notifications);

}  // namespace peyk::client_api
