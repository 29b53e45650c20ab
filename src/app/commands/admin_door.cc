#include "app/commands/admin_door.h"

#include "app/cli.h"
#include "app/control.h"
#include "app/token_admin.h"
#include "app/user_admin.h"

namespace peyk::app {

std::expected<AdminDoor, int> AdminDoor::open(const std::filesystem::path& file) {
    auto config = load_or_complain(file);
    if (!config) return std::unexpected(kExitUsage);
    return AdminDoor(*std::move(config));
}

std::optional<json::Object> AdminDoor::ask(std::string_view path, const json::Object& request) {
    auto done = try_ask(path, request);
    if (done) return *std::move(done);
    if (!done.error().detail.empty()) complain_line(done.error().detail);
    return std::nullopt;
}

Result<json::Object> AdminDoor::try_ask(std::string_view path, const json::Object& request) {
    if (!offline_) {
        PEYK_TRY(auto answer, ask_server(config_, path, request, "the server works"));
        if (answer) return *std::move(answer);
        auto opened = open_or_complain(config_);
        if (!opened) return fail(Errc::io);  // the reason is printed already
        offline_ = std::move(*opened);
    }
    std::string action(path.substr(path.rfind('/') + 1));
    if (path.starts_with("/tokens/")) return offline_->run(TokenAdmin(offline_->users()).run(action, request));
    return offline_->run(UserAdmin(offline_->users()).run(action, request));
}

}  // namespace peyk::app
