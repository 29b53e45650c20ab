// What the doctor says about application services.

#include <sys/stat.h>

#include "app/doctor.h"
#include "appservices/registration.h"

namespace peyk::app {

void examine_appservices(const Config& config, Findings& out) {
    const auto& section = config.appservices;
    if (section.files.empty() && section.folder.empty()) return;
    auto services = appservices::load_registrations(section.files, section.folder, config.server.name);
    if (!services) {
        out.push_back({Severity::error, "appservices", services.error().detail,
                       "correct the file, or take it out of [appservices]: the server does not start with it"});
        return;
    }
    for (const auto& file : section.files) {
        struct stat status{};
        if (stat(file.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) continue;
        out.push_back({Severity::warning, "appservices",
                       fmt::format("{} can be read by everybody on this machine, and holds the tokens of a service",
                                   file.string()),
                       "chmod 640, with a group that the server is in"});
    }
    for (const auto& service : *services) {
        if (!service.url.starts_with("http://") || service.url.starts_with("http://127.") ||
            service.url.starts_with("http://localhost") || service.url.starts_with("http://[::1]"))
            continue;
        out.push_back({Severity::warning, "appservices",
                       fmt::format("messages go to the service \"{}\" over the network in clear", service.id),
                       "give it an https:// address, or run it on this machine"});
    }
    out.push_back({Severity::good, "appservices", fmt::format("{} registered", services->size())});
}

}  // namespace peyk::app
