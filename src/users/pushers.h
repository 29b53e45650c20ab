#pragma once
// Where a user wants notifications sent. Stored and listed here; sending is another module's.
// Spec: Client-Server API › POST /pushers/set.

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "users/caller.h"
#include "users/context.h"

namespace peyk::users {

class Pushers {
public:
    explicit Pushers(const Context& context) : context_(context) {}

    // `body` as in POST /pushers/set; a null kind deletes. Errors: M_MISSING_PARAM, M_BAD_JSON, M_INVALID_PARAM.
    Task<Result<void>> set(Caller caller, json::Object body);
    // As GET /pushers lists them.
    Result<std::vector<json::Object>> list(std::uint64_t user) const;

private:
    Task<Result<void>> remove(std::uint64_t user, std::string key);
    Task<Result<void>> remove_of_others(std::uint64_t user, std::string key);
    Task<Result<void>> index(std::uint64_t user, std::string key);

    const Context& context_;
};

}  // namespace peyk::users
