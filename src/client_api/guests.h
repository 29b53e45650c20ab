#pragma once
// What an account without a password may do. Spec: Client-Server API › Guest Access › Client behaviour.

#include <string_view>

#include "http/message.h"

namespace peyk::client_api {

// `path` as routes are declared: "/_matrix/client/v3/rooms/{room}/state". The names of captures do not matter.
bool guests_may(http::Method method, std::string_view path);

}  // namespace peyk::client_api
