#pragma once
// Stored sync filters. Spec: Client-Server API › Filtering.

#include <string>

#include "core/json.h"
#include "users/context.h"

namespace peyk::users {

// The shape of a filter definition: types of all known members, limits on sizes. Unknown members are let through.
// Errors: M_BAD_JSON, M_INVALID_PARAM.
Result<void> check_filter(const json::Object& filter);

// Purpose:  stores filters, immutable, under a small number per user; the same filter gets the same number.
class Filters {
public:
    explicit Filters(const Context& context) : context_(context) {}
    // Errors: as check_filter(); M_TOO_LARGE; M_RESOURCE_LIMIT_EXCEEDED (too many filters, or too large together).
    Task<Result<std::string>> add(std::uint64_t user, json::Object filter);
    // The JSON text as it was stored. Errors: M_NOT_FOUND.
    Result<std::string> get(std::uint64_t user, std::string_view id) const;
    // Inside the lane of the user. True when nothing is left.
    Result<bool> delete_some(storage::Change& change, std::uint64_t user) const;

private:
    struct Usage {
        std::uint64_t count = 0, bytes = 0;
    };
    Result<Usage> usage(std::uint64_t user) const;

    const Context& context_;
};

}  // namespace peyk::users
