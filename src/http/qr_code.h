#pragma once
// QR codes of URLs, so that a phone can open an address that is shown on a screen.

#include <string>
#include <string_view>

#include "base/error.h"

namespace peyk::http {

// A whole SVG image of black squares on white, with the quiet zone of four modules that readers want.
// Errors: too_large when the text does not fit (about 2.3 kB).
Result<std::string> qr_svg(std::string_view text);
// Lines of half blocks with the colours set, for terminals of either background.
Result<std::string> qr_terminal(std::string_view text);

}  // namespace peyk::http
