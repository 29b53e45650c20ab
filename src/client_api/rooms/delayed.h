#pragma once
// Delayed events as clients asked for them before MSC4140 was accepted: a parameter of /send and of PUT state.

#include "client_api/rooms/endpoints.h"

namespace peyk::client_api {

// The parameter org.matrix.msc4140.delay; nothing when it is not there. Errors: M_INVALID_PARAM.
Result<std::optional<Millis>> older_delay(const Call& call);
// {"delay_id": …}, and the errors in their older form.
Task<Result<Reply>> schedule_older(RoomServices services, users::Caller caller, rooms::DelayedDraft draft);

}  // namespace peyk::client_api
