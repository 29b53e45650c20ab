#include "app/web_client.h"

#include <fmt/format.h>

#include "web/embedded.h"

namespace peyk::app {

Result<std::optional<web::Site>> web_client(const Config& config) {
    if (!config.web.enabled) return std::nullopt;
    if (!config.web.folder.empty()) {
        auto site = web::Site::load(config.web.folder);
        if (!site) return fail(site.error().code, fmt::format("web.folder: {}", site.error().detail));
        return std::optional(std::move(*site));
    }
    auto pack = web::embedded_pack();
    if (pack.empty()) return std::nullopt;
    PEYK_TRY(auto site, web::Site::make(pack));
    return std::optional(std::move(site));
}

}  // namespace peyk::app
