// A program that was built without the web client (PEYK_WEB=OFF).

#include "web/embedded.h"

namespace peyk::web {

std::string_view embedded_pack() { return {}; }

}  // namespace peyk::web
