#pragma once
// What commands ask of a server that runs: JSON over HTTP over a socket in the data folder, which only its owner can
// enter. Every question is a POST; the answer is a JSON object with 200, or {"error": …, "code": …}.

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "app/backup.h"
#include "core/json.h"
#include "http/server.h"

namespace peyk::app {

std::filesystem::path control_socket(const Config& config);

// At once; each may take its time, so whoever answers needs as many threads.
inline constexpr std::size_t kControlConnections = 4;

// What must not run twice at the same time.
class OneAtATime {
public:
    class Turn {
    public:
        explicit Turn(OneAtATime& turns) : turns_(turns), taken_(!turns.busy_.exchange(true)) {}
        ~Turn() {
            if (taken_) turns_.busy_ = false;
        }
        Turn(const Turn&) = delete;
        explicit operator bool() const { return taken_; }

    private:
        OneAtATime& turns_;
        bool taken_;
    };

private:
    std::atomic<bool> busy_ = false;
};

// The server's side.
using ControlHandler = std::function<Task<Result<json::Object>>(json::Object)>;
void add_control_route(http::Router& router, std::string path, ControlHandler handler);
// POST /backup {"target": path} -> {"files", "bytes"}.
void add_backup_route(http::Router& router, const Config& config, OpenStore& store);
http::ServerConfig control_http_config(const Config& config);

// The command's side. nullopt: no server listens there. `waiting` is shown, with the seconds, while the answer takes
// its time. Errors: the server's own, io.
Result<std::optional<json::Object>> ask_server(const Config& config, std::string_view path, const json::Object& request,
                                               std::string waiting);
Result<std::optional<CopyReport>> ask_for_backup(const Config& config, const std::filesystem::path& target);

}  // namespace peyk::app
