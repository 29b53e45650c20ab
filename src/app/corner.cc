#include "app/corner.h"

#include <fmt/format.h>

#include "app/cli.h"
#include "app/doctor.h"
#include "app/inventory.h"

namespace peyk::app {
namespace {

Task<Result<http::Response>> answer(std::shared_ptr<const std::string> text) {
    auto response = http::Response::json(200, "");
    response.shared_body = std::move(text);
    response.compressible = true;  // the same for everybody
    co_return response;
}

}  // namespace

std::vector<std::string> warnings_of(const Config& config) {
    Findings findings;
    auto machine = Surroundings::of_this_machine();
    examine_settings(config, findings);
    examine_tls(config, findings);
    examine_limits(config, machine, findings);
    examine_disk(config, findings);
    examine_keys(config, findings);
    examine_memory(findings);
    std::vector<std::string> out;
    for (const auto& finding : findings) {
        if (finding.severity != Severity::warning && finding.severity != Severity::error) continue;
        out.push_back(finding.advice.empty() ? finding.what : fmt::format("{}. {}", finding.what, finding.advice));
    }
    return out;
}

admin::Surroundings surroundings_of(const Config& config, Millis started) {
    return {.server_name = config.server.name,
            .version = std::string(version()),
            .started = started,
            .store_folder = config.store_dir(),
            .media_folder = config.media_dir(),
            .warnings = [&config] { return warnings_of(config); }};
}

void add_inventory_route(client_api::Api& api, const Config& config) {
    auto text = std::make_shared<const std::string>(json::write(inventory_json(&config)));
    client_api::Route route{http::Method::get, "/_peyk/client/v1/inventory"};
    api.add(route, [text](client_api::Call) { return answer(text); });
}

}  // namespace peyk::app
