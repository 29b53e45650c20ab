#include "storage/store.h"

#include "base/bytes.h"
#include "storage/batch.h"

namespace peyk::storage {

std::size_t Batch::bytes() const {
    std::size_t sum = 0;
    for (const auto& put : puts) sum += put.key.size() + put.value.size();
    for (const auto& key : dels) sum += key.size();
    return sum;
}

std::string prefix_end(std::string_view prefix) {
    std::string end(prefix);
    while (!end.empty() && end.back() == '\xff') end.pop_back();
    if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return end;
}

namespace {

bool hole_fits(std::uint32_t hole, std::size_t size) {
    return hole == kNoHole || (size >= sizeof(Position) && hole <= size - sizeof(Position));
}

void fill(std::string& bytes, std::uint32_t hole, Position position) {
    for (std::size_t i = 0; i < sizeof position; ++i) {
        bytes[hole + i] = static_cast<char>(position >> (8 * (sizeof position - 1 - i)));
    }
}

}  // namespace

Result<> check_limits(const Batch& batch) {
    if (batch.shard.number >= Shard::kCount) return fail(Errc::bad_request, "no such shard");
    if (batch.positions == 0) return fail(Errc::bad_request, "a batch takes at least one position");
    if (batch.bytes() > kMaxBatch) return fail(Errc::bad_request, "batch over 1 MB");
    for (const auto& put : batch.puts) {
        if (put.key.empty() || put.key.size() > kMaxKey) return fail(Errc::bad_request, "key empty or over 512 bytes");
        if (put.value.size() > kMaxValue) return fail(Errc::bad_request, "value over 64 KiB");
        if (!hole_fits(put.key_hole, put.key.size()) || !hole_fits(put.value_hole, put.value.size())) {
            return fail(Errc::bad_request, "hole outside of its key or value");
        }
        if (put.nth >= batch.positions) return fail(Errc::bad_request, "position beyond those that the batch takes");
    }
    for (const auto& key : batch.dels) {
        if (key.empty() || key.size() > kMaxKey) return fail(Errc::bad_request, "key empty or over 512 bytes");
    }
    return {};
}

void fill_holes(Batch& batch, Position first) {
    for (auto& put : batch.puts) {
        if (put.key_hole != kNoHole) fill(put.key, put.key_hole, first + put.nth);
        if (put.value_hole != kNoHole) fill(put.value, put.value_hole, first + put.nth);
    }
}

}  // namespace peyk::storage
