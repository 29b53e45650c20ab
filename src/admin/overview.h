#pragma once
// The server in numbers, for its administrators.

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/json.h"
#include "storage/db.h"
#include "users/users.h"

namespace peyk::admin {

// What is asked of the rest of the program.
struct Surroundings {
    std::string server_name, version;
    Millis started{0};
    std::filesystem::path store_folder, media_folder;
    std::function<std::vector<std::string>()> warnings;  // a sentence each; may read files
};

// Of all files in a folder and below; what cannot be read counts nothing.
std::uint64_t bytes_in(const std::filesystem::path& folder);
// Two digits that are right, the rest zeros: 137 is 130.
std::uint64_t roughly(std::uint64_t count);

// Purpose:  counts, and remembers for a minute: counting walks all accounts and files.
// Owner:    Server.  Runs on: workers; one counts, the others wait for it.
class Overview {
public:
    Overview(users::Users& users, Surroundings surroundings) : users_(users), surroundings_(std::move(surroundings)) {}

    // {"server_name","version","started","users","rooms","media_bytes","store_bytes","disk_free_bytes","warnings"}.
    // Blocks. Errors: those of the store.
    Result<json::Object> now();

private:
    Result<json::Object> count() const;
    Result<std::uint64_t> people() const;

    users::Users& users_;
    const Surroundings surroundings_;
    std::mutex mutex_;
    std::optional<json::Object> last_;
    Millis taken_{0};  // monotonic
};

}  // namespace peyk::admin
