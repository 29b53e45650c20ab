#pragma once
// Which web client this server serves.

#include <optional>

#include "app/config.h"
#include "web/site.h"

namespace peyk::app {

// Nothing: switched off, or the program was built without and no folder is named. Errors: those of web::Site.
Result<std::optional<web::Site>> web_client(const Config& config);

}  // namespace peyk::app
