#pragma once
// What remembers that a to-device message was sent or delivered already is for retries; after a day nobody retries.
// Sending and delivering remove what is old on their way; this is for devices that do neither any more.

#include <stop_token>

#include "base/clock.h"
#include "storage/db.h"

namespace peyk::keys {

// Deletes the rows of days before yesterday, of all users. Answers how many. Blocking reads; heeds `stop`.
Task<Result<std::size_t>> sweep_transactions(storage::Db& db, const Clock& clock, std::stop_token stop);

}  // namespace peyk::keys
