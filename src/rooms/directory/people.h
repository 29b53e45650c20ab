#pragma once
// Who may be found by whom: people who share a room with the searcher, or are in a public one.
// Spec: Client-Server API › User Directory.

#include <unordered_map>
#include <unordered_set>

#include "rooms/membership/memberships.h"

namespace peyk::rooms {

// Judges for one searcher and one search; remembers what it read.  Runs on: workers (blocks).
class People {
public:
    People(const RoomStore& store, const Memberships& memberships, UserNumber searcher)
        : store_(store), memberships_(memberships), searcher_(searcher) {}

    // Local users. The searcher too is found through a public room only.
    Result<bool> may_be_found(UserNumber user);

private:
    Result<bool> is_public(RoomNumber room);

    const RoomStore& store_;
    const Memberships& memberships_;
    UserNumber searcher_;
    std::unordered_set<RoomNumber> own_;
    bool own_known_ = false;
    std::unordered_map<RoomNumber, bool> public_;
};

}  // namespace peyk::rooms
