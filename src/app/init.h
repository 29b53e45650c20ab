#pragma once
// The first configuration, as text and as files.

#include <filesystem>
#include <string>

#include "base/error.h"

namespace peyk::app {

struct FirstConfig {
    std::string server_name;
    std::filesystem::path data;  // as it is to stand in the file
    std::string plain_address = "127.0.0.1", tls_address;
    std::uint16_t port = 8008, tls_port = 8448;
    bool tls = false;         // with the local authority's certificate under data/ca
    bool passphrase = false;  // else a key file
    std::string registration = "token";
    unsigned message_days = 0, file_days = 0;  // 0: for ever
    bool rooms_choose = false;                 // how long their own messages are kept
};

// A commented TOML file that load_config() accepts.
std::string first_config_text(const FirstConfig& first);

// Text into a file that must not exist, readable by the owner only. Errors: conflict, io.
Result<void> write_new_file(const std::filesystem::path& path, std::string_view text);

// The part of a server name before its port.
std::string host_part(std::string_view server_name);

}  // namespace peyk::app
