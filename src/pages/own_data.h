#pragma once
// What the account pages show of a user's own data. Implemented by app/, which may ask every module.

#include <cstdint>
#include <string>
#include <vector>

#include "async/task.h"
#include "core/ids.h"
#include "http/message.h"

namespace peyk::pages {

struct OwnFile {
    std::string id, name;   // name: as given; empty: none
    std::uint64_t day = 0;  // since 1970
    std::uint64_t size = 0;
};

class OwnData {
public:
    virtual ~OwnData() = default;
    // Newest first, at most `limit` of those before `from`, which is 0 at first and when there are no more. Blocks.
    virtual Result<std::vector<OwnFile>> files(std::uint64_t user, std::uint64_t& from, std::size_t limit) const = 0;
    // Errors: not_found, also for files of others.
    virtual Task<Result<void>> delete_file(std::uint64_t user, std::string id) = 0;
    // An answer with everything that is held about the user. Errors: rate_limited while one is under way.
    virtual Result<http::Response> archive(UserId user, std::uint64_t number) = 0;
};

}  // namespace peyk::pages
