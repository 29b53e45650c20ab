#pragma once
// Messages in clear where a room is encrypted. docs/decisions/1703-clear-messages.md

#include "client_api/rooms/endpoints.h"

namespace peyk::client_api {

// What clients send in clear in encrypted rooms, and rightly so: redactions, reactions, and verification, for which the
// specification leaves both ways open.
bool may_be_clear(std::string_view type, const json::Object& content);

// Error: M_FORBIDDEN where `privacy.refuse_clear_messages` is on, the room is encrypted, and the message is neither
// encrypted nor one of those above. State is not asked: it cannot be encrypted. Application services are exempt.
Result<void> check_clear(const RoomServices& services, const users::Caller& caller, const RoomId& room,
                         std::string_view type, const json::Object& content);

}  // namespace peyk::client_api
