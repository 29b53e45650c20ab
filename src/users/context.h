#pragma once
// What every service of this folder leans on.

#include "async/feed.h"
#include "async/lane.h"
#include "base/clock.h"
#include "base/random.h"
#include "core/json.h"
#include "storage/db.h"
#include "users/options.h"

namespace peyk::users {

struct Context {
    storage::Db& db;
    Lanes& lanes;  // by user number: every read-modify-write of one user's rows is inside
    const Feed& feed;
    const Clock& clock;
    Random& random;
    const Options& options;

    std::uint32_t today() const { return static_cast<std::uint32_t>(clock.now().count() / 86'400'000); }
    // A change of rows of one user (of the server: number 0).
    storage::Change change_of(std::uint64_t user) const {
        return {db, storage::Owner::user, user, db.epoch(storage::Owner::user, user)};
    }
    storage::Change server_change() const {
        return {db, storage::Owner::server, 0, db.epoch(storage::Owner::server, 0)};
    }
};

}  // namespace peyk::users
