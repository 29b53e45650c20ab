#pragma once
// What commands ask of a server that runs: JSON over HTTP over a socket in the data folder, which only its owner can
// enter. Every question is a POST; the answer is a JSON object with 200, or {"error": …, "code": …}.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "app/backup.h"
#include "core/json.h"
#include "http/server.h"

namespace peyk::app {

std::filesystem::path control_socket(const Config& config);

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
