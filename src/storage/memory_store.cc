#include "storage/memory_store.h"

#include "base/bytes.h"
#include "storage/batch.h"

namespace peyk::storage {
namespace {

std::string full_key(Shard shard, std::string_view key) {
    std::string out;
    out.reserve(2 + key.size());
    put_u16be(out, shard.number);
    return out.append(key);
}

}  // namespace

MemoryStore::MemoryStore() : epochs_(Shard::kCount, 1) {}

void MemoryStore::commit(Batch batch, CommitDone done) {
    {
        std::lock_guard lock(queue_mutex_);
        queue_.push_back({std::move(batch), std::move(done)});
    }
    drain();
}

// One thread at a time empties the queue, so that answers come in the order of the positions; a commit() from inside
// `done` is answered by the thread that is at it already.
void MemoryStore::drain() {
    std::unique_lock lock(queue_mutex_);
    if (draining_ || held_) return;
    draining_ = true;
    while (!queue_.empty() && !held_) {
        auto next = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        auto result = apply(next.batch);
        next.done(std::move(result));
        lock.lock();
    }
    draining_ = false;
}

CommitResult MemoryStore::apply(Batch& batch) {
    std::unique_lock lock(mutex_);
    if (batch.shard.number < Shard::kCount && batch.epoch != epochs_[batch.shard.number]) {
        return fail(Errc::fenced, "the shard has a newer epoch");
    }
    if (auto checked = check_limits(batch); !checked) {
        if (batch.shard.number < Shard::kCount) ++epochs_[batch.shard.number];
        return fail(std::move(checked).error());
    }
    {
        std::lock_guard queue(queue_mutex_);
        if (failures_ > 0) {
            --failures_;
            ++epochs_[batch.shard.number];
            return fail(failing_, "as asked for by the test");
        }
    }
    Position first = position_ + 1;
    position_ += batch.positions;
    fill_holes(batch, first);
    for (auto& put : batch.puts) rows_[full_key(batch.shard, put.key)] = std::move(put.value);
    for (const auto& key : batch.dels) rows_.erase(full_key(batch.shard, key));
    return first;
}

Epoch MemoryStore::epoch(Shard shard) const {
    std::shared_lock lock(mutex_);
    return epochs_.at(shard.number);
}

Result<Epoch> MemoryStore::acquire(Shard shard, Epoch expected) {
    std::unique_lock lock(mutex_);
    auto& epoch = epochs_.at(shard.number);
    if (epoch != expected) return fail(Errc::fenced, "the shard has a newer epoch");
    return ++epoch;
}

Position MemoryStore::visible(Shard) const { return visible(); }

Position MemoryStore::visible() const {
    std::shared_lock lock(mutex_);
    return position_;
}

Result<std::optional<std::string>> MemoryStore::get(Shard shard, std::string_view key) const {
    std::shared_lock lock(mutex_);
    auto found = rows_.find(full_key(shard, key));
    if (found == rows_.end()) return std::nullopt;
    return found->second;
}

Result<std::vector<Row>> MemoryStore::scan(Shard shard, std::string_view from, std::string_view to, std::size_t limit,
                                           Order order) const {
    std::vector<Row> out;
    if (!to.empty() && from >= to) return out;
    std::shared_lock lock(mutex_);
    auto first = rows_.lower_bound(full_key(shard, from));
    auto last = rows_.lower_bound(to.empty() ? full_key({static_cast<std::uint16_t>(shard.number + 1)}, {})
                                             : full_key(shard, to));
    auto take = [&](const auto& row) { out.push_back({row.first.substr(2), row.second}); };
    if (order == Order::forward) {
        for (auto at = first; at != last && out.size() < limit; ++at) take(*at);
    } else {
        for (auto at = last; at != first && out.size() < limit;) take(*--at);
    }
    return out;
}

std::optional<Shard> MemoryStore::next_shard(Shard from) const {
    std::shared_lock lock(mutex_);
    auto found = rows_.lower_bound(full_key(from, {}));
    if (found == rows_.end()) return std::nullopt;
    return Shard{get_u16be(found->first.data())};
}

void MemoryStore::fail_next(Errc code, unsigned count) {
    std::lock_guard lock(queue_mutex_);
    failing_ = code;
    failures_ = count;
}

void MemoryStore::hold() {
    std::lock_guard lock(queue_mutex_);
    held_ = true;
}

void MemoryStore::release() {
    {
        std::lock_guard lock(queue_mutex_);
        held_ = false;
    }
    drain();
}

std::size_t MemoryStore::rows() const {
    std::shared_lock lock(mutex_);
    return rows_.size();
}

}  // namespace peyk::storage
