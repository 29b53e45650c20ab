#pragma once
// What has a time of its own and is over: tokens that nobody came back with, links that nobody followed.

#include <stop_token>

#include "async/task.h"
#include "base/clock.h"
#include "storage/db.h"

namespace peyk::users {

// An access token that expired stays known for so long: whoever comes with it meanwhile is told to refresh, and does
// not take it for a sign-out, at which apps throw their keys away. Spec: Client-Server API › Soft logout.
inline constexpr Millis kExpiredTokenKept{30LL * 24 * 3'600'000};

// Deletes them, beside traffic; how many rows. Errors and what stays behind: as storage::sweep().
Task<Result<std::size_t>> sweep_expired(storage::Db& db, const Clock& clock, std::stop_token stop);

}  // namespace peyk::users
