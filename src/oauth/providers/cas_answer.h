#pragma once
// What a CAS server says about a ticket. CAS Protocol 3.0 Specification, 2.5, 2.6 and appendix A.

#include <string>
#include <string_view>

#include "core/json.h"
#include "oauth/providers/trouble.h"

namespace peyk::oauth {

inline constexpr std::size_t kMaxCasUser = 255, kMaxCasValue = 1024, kMaxCasValues = 200;

// The claims of somebody whom it knows: its attributes, those that come more than once as lists; "user" is its name for
// the person, 1 to kMaxCasUser bytes without control characters. "preferred_username" and "name" are filled in from
// what CAS servers have instead. Attributes that are no plain text, and those beyond the limits, are left out. Faults:
// those of the ticket, untrusted when it is no such answer, or one by way of somebody else's service.
Outcome<json::Object> read_cas_answer(std::string_view text);

}  // namespace peyk::oauth
