#include "search/signatures.h"

namespace peyk::search {
namespace {

// Ten bits for a gram and four places make one false answer in eighty for one gram; a word has several.
constexpr std::size_t kBitsPerGram = 10;
constexpr int kPlaces = 4;

std::size_t place(std::uint64_t gram, int which, std::size_t bits) {
    auto step = gram >> 32 | 1;
    auto hash = gram + static_cast<std::uint64_t>(which) * step * 0x9e3779b97f4a7c15ULL;
    return static_cast<std::size_t>(static_cast<unsigned __int128>(hash) * bits >> 64);
}

}  // namespace

Signature::Signature(std::span<const std::uint64_t> grams) : words_(grams.size() * kBitsPerGram / 64 + 1) {
    auto bits = words_.size() * 64;
    for (auto gram : grams) {
        for (int which = 0; which < kPlaces; ++which) {
            auto at = place(gram, which, bits);
            words_[at / 64] |= std::uint64_t{1} << at % 64;
        }
    }
}

bool Signature::may_have_all(std::span<const std::uint64_t> grams) const {
    auto bits = words_.size() * 64;
    for (auto gram : grams) {
        for (int which = 0; which < kPlaces; ++which) {
            auto at = place(gram, which, bits);
            if (!(words_[at / 64] >> at % 64 & 1)) return false;
        }
    }
    return true;
}

SignaturePtr Signatures::get(rooms::RoomNumber room, std::uint64_t block) {
    std::lock_guard lock(mutex_);
    auto found = rooms_.find(room);
    if (found == rooms_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second.place);
    return block < found->second.blocks.size() ? found->second.blocks[block] : nullptr;
}

void Signatures::put(rooms::RoomNumber room, std::uint64_t block, SignaturePtr signature) {
    std::lock_guard lock(mutex_);
    auto [found, fresh] = rooms_.try_emplace(room);
    auto& entry = found->second;
    if (fresh) {
        order_.push_front(room);
        entry.place = order_.begin();
    }
    auto before = entry.bytes + entry.blocks.capacity() * sizeof(SignaturePtr);
    if (entry.blocks.size() <= block) entry.blocks.resize(block + 1);
    if (entry.blocks[block]) return;  // two searches read it at the same time
    entry.bytes += signature->bytes();
    entry.blocks[block] = std::move(signature);
    bytes_ += entry.bytes + entry.blocks.capacity() * sizeof(SignaturePtr) - before;
    while (bytes_ > capacity_ && order_.size() > 1) {
        auto& last = rooms_.at(order_.back());
        bytes_ -= last.bytes + last.blocks.capacity() * sizeof(SignaturePtr);
        rooms_.erase(order_.back());
        order_.pop_back();
    }
}

std::size_t Signatures::bytes() const {
    std::lock_guard lock(mutex_);
    return bytes_;
}

}  // namespace peyk::search
