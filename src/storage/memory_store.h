#pragma once
// The engine without a disk: for tests, for the simulator, and as the plainest reading of the contract.

#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "storage/store.h"

namespace peyk::storage {

// Purpose:  Store in memory. commit() applies and answers in the calling thread, so that a simulation in one thread is
//           repeatable; hold() delays the answers as a slow disk would.
// Runs on:  any thread.
class MemoryStore final : public Store {
public:
    MemoryStore();

    void commit(Batch batch, CommitDone done) override;
    Epoch epoch(Shard shard) const override;
    Result<Epoch> acquire(Shard shard, Epoch expected) override;
    Position visible(Shard shard) const override;
    Position visible() const override;
    Result<std::optional<std::string>> get(Shard shard, std::string_view key) const override;
    Result<std::vector<Row>> scan(Shard shard, std::string_view from, std::string_view to, std::size_t limit,
                                  Order order = Order::forward) const override;
    std::optional<Shard> next_shard(Shard from) const override;

    // Faults. The next `count` batches that would succeed fail with `code` instead.
    void fail_next(Errc code, unsigned count = 1);
    // While held, batches queue up unapplied; release() applies and answers them in order.
    void hold();
    void release();
    // Any number of rows over all shards, for tests of clean-up.
    std::size_t rows() const;

private:
    struct Waiting {
        Batch batch;
        CommitDone done;
    };
    CommitResult apply(Batch& batch);
    void drain();

    mutable std::shared_mutex mutex_;  // rows_, epochs_, position_
    std::map<std::string, std::string, std::less<>> rows_;
    std::vector<Epoch> epochs_;
    Position position_ = 0;

    std::mutex queue_mutex_;  // queue_, held_, draining_, failing_
    std::deque<Waiting> queue_;
    bool held_ = false;
    bool draining_ = false;
    Errc failing_ = Errc::internal;
    unsigned failures_ = 0;
};

}  // namespace peyk::storage
