#pragma once
// The two shapes of a sliding-sync request. Spec: MSC4186 › Request Body.

#include "client_api/endpoint.h"
#include "sync/sliding_request.h"

namespace peyk::client_api {

// As the proposal was merged: everything in the body. Errors: M_BAD_JSON, M_MISSING_PARAM, M_INVALID_PARAM.
Result<sync::SlidingRequest> parse_merged(const Call& call);

// As clients use it today (org.matrix.simplified_msc3575): pos and timeout in the query, required_state as pairs.
Result<sync::SlidingRequest> parse_deployed(const Call& call);

// set_presence of either sync. Errors: M_INVALID_PARAM.
Result<std::optional<sync::PresenceState>> parse_set_presence(const std::optional<std::string>& text);

}  // namespace peyk::client_api
