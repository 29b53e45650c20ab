#pragma once
// Which stretches of a room's history may hold a word. In memory only: nothing of what people wrote is kept on disk a
// second time, and what is deleted has no other place to be deleted from.

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "rooms/timeline/room_store.h"

namespace peyk::search {

// A Bloom filter over the grams (search/query.h) of the texts of one block of events.
class Signature {
public:
    explicit Signature(std::span<const std::uint64_t> grams);  // sorted or not, each once
    bool may_have_all(std::span<const std::uint64_t> grams) const;
    std::size_t bytes() const { return sizeof(*this) + words_.size() * sizeof(std::uint64_t); }

private:
    std::vector<std::uint64_t> words_;
};
using SignaturePtr = std::shared_ptr<const Signature>;

// Purpose:  the signatures of full blocks, made by searches that read them, for later searches. An event that is
// redacted
//           leaves its bits behind: then a block is read in vain.
// Runs on:  any thread. Forgets the rooms that were not searched for longest when it is full.
class Signatures {
public:
    explicit Signatures(std::size_t capacity_bytes) : capacity_(capacity_bytes) {}

    SignaturePtr get(rooms::RoomNumber room, std::uint64_t block);  // null when not made yet
    void put(rooms::RoomNumber room, std::uint64_t block, SignaturePtr signature);
    std::size_t bytes() const;

private:
    struct Room {
        std::vector<SignaturePtr> blocks;
        std::size_t bytes = 0;
        std::list<rooms::RoomNumber>::iterator place;
    };

    std::size_t capacity_;
    mutable std::mutex mutex_;
    std::unordered_map<rooms::RoomNumber, Room> rooms_;
    std::list<rooms::RoomNumber> order_;  // last used first
    std::size_t bytes_ = 0;
};

}  // namespace peyk::search
