#pragma once
// The store contract: an atomic, durable batch inside one shard, guarded by "my epoch is still this shard's epoch".
// Nothing wider is used anywhere, so that one machine can later be spread over many. docs: src/storage/README.md.

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace peyk::storage {

// Strictly increasing within a shard and comparable across shards. 0 is before everything.
using Position = std::uint64_t;
using Epoch = std::uint64_t;

struct Shard {
    std::uint16_t number = 0;
    static constexpr std::uint16_t kRooms = 4096, kUsers = 4096, kDestinations = 1024;
    static Shard of_room(std::uint64_t room_number) { return {static_cast<std::uint16_t>(room_number % kRooms)}; }
    static Shard of_user(std::uint64_t user_number) {
        return {static_cast<std::uint16_t>(kRooms + user_number % kUsers)};
    }
    static Shard of_destination(std::uint64_t number) {
        return {static_cast<std::uint16_t>(kRooms + kUsers + number % kDestinations)};
    }
    // The one shard of things that belong to the server: signing keys, registration tokens, aliases by hash, media.
    static Shard of_server() { return {kRooms + kUsers + kDestinations}; }
    static constexpr std::uint16_t kCount = kRooms + kUsers + kDestinations + 1;
    auto operator<=>(const Shard&) const = default;
};

inline constexpr std::size_t kMaxKey = 512;
inline constexpr std::size_t kMaxValue = 64 * 1024 + 4096;
inline constexpr std::size_t kMaxBatch = 1024 * 1024;
inline constexpr std::uint32_t kNoHole = ~0u;

// Keys are relative to the shard. A hole is an offset of 8 bytes that the writer fills, big-endian, with the batch's
// position plus `nth`.
struct Put {
    std::string key;
    std::string value;
    std::uint32_t key_hole = kNoHole;
    std::uint32_t value_hole = kNoHole;
    std::uint32_t nth = 0;
};

struct Batch {
    Shard shard;
    Epoch epoch = 0;
    std::vector<Put> puts;
    std::vector<std::string> dels;
    std::uint32_t positions = 1;  // how many positions the batch takes, at least 1
    bool reclaims = false;        // frees space (deletions and their notes): may use the reserve of a full disk
    std::size_t bytes() const;
};

// Committed carries the first position. Otherwise the error's code says:
//   fenced       the epoch is no longer the shard's; nothing was written
//   full         no space; nothing was written, and all later batches of the old epoch of this shard are fenced
//   unavailable  the store is stopping or sealed; nothing was written
//   bad_request  over a limit above, no positions, or no such shard; nothing was written
// A failure bumps the shard's epoch, so that batches built on the failed one are fenced: reload and use epoch().
using CommitResult = Result<Position>;
using CommitDone = std::move_only_function<void(CommitResult)>;

struct Row {
    std::string key;
    std::string value;
};

class Store {
public:
    virtual ~Store() = default;

    // Queues the batch; batches of one shard are applied in the order of their commit() calls. `done` runs on the
    // writer's thread after the batch is durable (or failed) and visible to reads; it must be short and not block.
    // Any thread, never blocks on the disk.
    virtual void commit(Batch batch, CommitDone done) = 0;
    virtual Epoch epoch(Shard shard) const = 0;
    // Takes the shard over: the epoch after this call is greater than `expected`. fenced when it was not `expected`.
    virtual Result<Epoch> acquire(Shard shard, Epoch expected) = 0;

    // Every position up to this one is resolved: committed and readable, or failed.
    virtual Position visible(Shard shard) const = 0;
    // The same over all shards: the greatest position p such that all positions <= p of every shard are resolved.
    virtual Position visible() const = 0;

    // Blocking reads: worker threads only. They see every batch whose `done` has run.
    virtual Result<std::optional<std::string>> get(Shard shard, std::string_view key) const = 0;
    // from <= key < to (to empty: to the end of the shard), at most `limit` rows, last first when reverse.
    enum class Order : unsigned char { forward, reverse };
    virtual Result<std::vector<Row>> scan(Shard shard, std::string_view from, std::string_view to, std::size_t limit,
                                          Order order = Order::forward) const = 0;
    // The first shard >= `from` that may hold rows; nullopt when there is none. For walks over all shards.
    virtual std::optional<Shard> next_shard(Shard from) const = 0;
};

// The first key behind all keys that begin with `prefix`; empty when there is none (prefix is all 0xff).
std::string prefix_end(std::string_view prefix);

}  // namespace peyk::storage
