#pragma once
// The form of a line of the log.

#include <string>
#include <string_view>

#include "base/logging.h"

namespace peyk::log {

// With its end. json: an object {"time", "level", "area", "message"}, whatever bytes the message has.
std::string line_of(Format format, Level level, std::string_view area, std::string_view message);

}  // namespace peyk::log
