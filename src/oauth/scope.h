#pragma once
// What a client asks for. Spec: Client-Server API › Scope.

#include <string>
#include <string_view>

#include "core/ids.h"

namespace peyk::oauth {

struct Scope {
    std::string granted;  // the tokens that are understood, in the client's spelling
    DeviceId device;
};

// Needs full access to the API and exactly one device; both may come in their older spelling (org.matrix.msc2967), or
// in both. Unknown tokens ("openid" of older clients) are left out. Errors: bad_request.
Result<Scope> parse_scope(std::string_view text);

}  // namespace peyk::oauth
