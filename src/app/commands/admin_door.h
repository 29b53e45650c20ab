#pragma once
// Whoever carries out what an operator asks: the server that runs, through its control socket, or the store itself.

#include <memory>
#include <optional>
#include <string_view>

#include "app/commands/offline.h"
#include "core/json.h"

namespace peyk::app {

// Purpose:  questions to UserAdmin ("/users/lock") and TokenAdmin ("/tokens/add"), wherever they are.
// Owner:    one command.
class AdminDoor {
public:
    // The exit code after complaining.
    static std::expected<AdminDoor, int> open(const std::filesystem::path& config);

    // nullopt: a reason was printed.
    std::optional<json::Object> ask(std::string_view path, const json::Object& request);
    const Config& config() const { return config_; }

private:
    explicit AdminDoor(Config config) : config_(std::move(config)) {}
    Result<json::Object> try_ask(std::string_view path, const json::Object& request);

    Config config_;
    std::unique_ptr<Offline> offline_;
};

}  // namespace peyk::app
