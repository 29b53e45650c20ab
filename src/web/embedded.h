#pragma once
// The web client that was built into this program.

#include <string_view>

namespace peyk::web {

// A pack (pack.h) for the life of the process; empty: built without.
std::string_view embedded_pack();

}  // namespace peyk::web
