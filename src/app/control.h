#pragma once
// What commands ask of a server that runs: HTTP over a socket in the data folder, which only its owner can enter.

#include <filesystem>
#include <string>

#include "app/backup.h"
#include "http/server.h"

namespace peyk::app {

std::filesystem::path control_socket(const Config& config);

// POST /backup with the target's path as its body: the report as JSON, or {"error": …} with 400.
void add_control_routes(http::Router& router, const Config& config, OpenStore& store);
http::ServerConfig control_http_config(const Config& config);

// The command's side. nullopt: no server listens there. Errors: what the server says, io.
Result<std::optional<CopyReport>> ask_for_backup(const Config& config, const std::filesystem::path& target);

}  // namespace peyk::app
