#include "base/error.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/logging.h"

namespace peyk {

std::string_view errc_name(Errc code) {
    switch (code) {
        case Errc::bad_request: return "bad_request";
        case Errc::unauthenticated: return "unauthenticated";
        case Errc::forbidden: return "forbidden";
        case Errc::not_found: return "not_found";
        case Errc::method_not_allowed: return "method_not_allowed";
        case Errc::conflict: return "conflict";
        case Errc::gone: return "gone";
        case Errc::too_large: return "too_large";
        case Errc::rate_limited: return "rate_limited";
        case Errc::unsupported: return "unsupported";
        case Errc::timeout: return "timeout";
        case Errc::cancelled: return "cancelled";
        case Errc::fenced: return "fenced";
        case Errc::full: return "full";
        case Errc::unavailable: return "unavailable";
        case Errc::corrupt: return "corrupt";
        case Errc::io: return "io";
        case Errc::internal: return "internal";
    }
    return "unknown";
}

void panic(std::string_view reason) {
    log::write(log::Level::error, "peyk", fmt::format("broken invariant: {}", reason));
    std::abort();
}

}  // namespace peyk
