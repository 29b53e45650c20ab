#pragma once
// Transaction ids are for retries; after a day nobody retries.

#include <stop_token>

#include "rooms/timeline/room_store.h"

namespace peyk::rooms {

// Deletes the transaction ids of all events at or before `upto`, room by room. Answers how many. Blocking reads; heeds
// `stop` between rooms. Errors: of the store; what a fenced batch left is deleted by the next sweep.
// Spec: Client-Server API › Transaction identifiers (their scope is a device, their lifetime is the server's choice).
Task<Result<std::size_t>> sweep_transactions(storage::Db& db, const RoomStore& store, storage::Position upto,
                                             std::stop_token stop);

}  // namespace peyk::rooms
