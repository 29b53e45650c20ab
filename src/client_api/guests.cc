#include "client_api/guests.h"

#include <algorithm>
#include <array>
#include <string>

namespace peyk::client_api {
namespace {

using http::Method;

struct Allowed {
    Method method;
    std::string_view path;  // below /_matrix/client, captures without their names
};

constexpr std::array kAllowed{
    // Reading, where the room lets its past be read.
    Allowed{Method::get, "/v3/sync"},
    Allowed{Method::get, "/v3/events"},
    Allowed{Method::get, "/v3/rooms/{}/initialSync"},
    Allowed{Method::get, "/v3/rooms/{}/state"},
    Allowed{Method::get, "/v3/rooms/{}/state/{}"},
    Allowed{Method::get, "/v3/rooms/{}/state/{}/{}"},
    Allowed{Method::get, "/v3/rooms/{}/context/{}"},
    Allowed{Method::get, "/v3/rooms/{}/event/{}"},
    Allowed{Method::get, "/v3/rooms/{}/messages"},
    Allowed{Method::get, "/v3/rooms/{}/members"},
    Allowed{Method::get, "/v3/rooms/{}/joined_members"},
    Allowed{Method::get, "/v3/joined_rooms"},
    Allowed{Method::get, "/v1/media/download/{}/{}"},
    Allowed{Method::get, "/v1/media/download/{}/{}/{}"},
    Allowed{Method::get, "/v1/media/thumbnail/{}/{}"},
    Allowed{Method::get, "/v3/user/{}/filter/{}"},
    Allowed{Method::post, "/v3/user/{}/filter"},
    // Taking part.
    Allowed{Method::post, "/v3/join/{}"},
    Allowed{Method::post, "/v3/rooms/{}/join"},
    Allowed{Method::post, "/v3/rooms/{}/leave"},
    Allowed{Method::put, "/v3/rooms/{}/send/{}/{}"},
    Allowed{Method::post, "/v3/rooms/{}/send/{}"},
    Allowed{Method::put, "/v3/rooms/{}/state/{}"},
    Allowed{Method::put, "/v3/rooms/{}/state/{}/{}"},
    Allowed{Method::put, "/v3/sendToDevice/{}/{}"},
    // The account itself. Of the profile only the display name, which the service checks.
    Allowed{Method::put, "/v3/profile/{}/{}"},
    Allowed{Method::del, "/v3/profile/{}/{}"},
    Allowed{Method::put, "/unstable/uk.tcpip.msc4133/profile/{}/{}"},
    Allowed{Method::del, "/unstable/uk.tcpip.msc4133/profile/{}/{}"},
    Allowed{Method::get, "/v3/profile/{}/{}"},
    Allowed{Method::get, "/v3/profile/{}"},
    Allowed{Method::get, "/v3/devices"},
    Allowed{Method::get, "/v3/devices/{}"},
    Allowed{Method::put, "/v3/devices/{}"},
    Allowed{Method::get, "/v3/account/whoami"},
    Allowed{Method::get, "/v3/capabilities"},
    Allowed{Method::post, "/v3/logout"},
    Allowed{Method::post, "/v3/logout/all"},
    // Encryption.
    Allowed{Method::post, "/v3/keys/upload"},
    Allowed{Method::post, "/v3/keys/query"},
    Allowed{Method::post, "/v3/keys/claim"},
};

// "{room}" becomes "{}".
std::string without_names(std::string_view path) {
    std::string out;
    bool inside = false;
    for (char c : path) {
        if (c == '}') inside = false;
        if (!inside) out.push_back(c);
        if (c == '{') inside = true;
    }
    if (out.ends_with('/')) out.pop_back();  // ".../state/{type}/", the empty state key
    return out;
}

}  // namespace

bool guests_may(Method method, std::string_view path) {
    constexpr std::string_view base = "/_matrix/client";
    if (!path.starts_with(base)) return false;
    auto plain = without_names(path.substr(base.size()));
    return std::ranges::any_of(
        kAllowed, [&](const Allowed& allowed) { return allowed.method == method && allowed.path == plain; });
}

}  // namespace peyk::client_api
