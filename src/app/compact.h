#pragma once
// Giving space back: a store keeps deleted and overwritten rows until its tables are rewritten.

#include "app/control.h"

namespace peyk::app {

// Bytes of the store's files.
struct CompactReport {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
};

// While everything goes on. Blocking. Errors: unsupported (nothing is on a disk), full, io, cancelled (the server
// stops).
Result<CompactReport> compact_store(OpenStore& store);

// POST /compact {} -> {"before", "after"}.
void add_compact_route(http::Router& router, OpenStore& store);
// nullopt: no server listens. Errors: the server's own, io.
Result<std::optional<CompactReport>> ask_to_compact(const Config& config);

}  // namespace peyk::app
