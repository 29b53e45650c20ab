#pragma once
// One-time and fallback keys: handed out in the order of upload, each one-time key to one claimer only.
// Spec: Client-Server API › One-time and fallback keys; POST /keys/claim.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "async/feed.h"
#include "core/ids.h"
#include "core/json.h"
#include "keys/device_cache.h"
#include "keys/limits.h"
#include "keys/ports.h"
#include "keys/user_lanes.h"
#include "storage/db.h"

namespace peyk::keys {

// What sync tells a device about its own keys.
struct KeyCounts {
    std::map<std::string, std::int64_t> one_time;  // algorithm -> unclaimed; algorithms without any are absent
    std::vector<std::string> unused_fallbacks;     // algorithms whose fallback key nobody has claimed
    bool operator==(const KeyCounts&) const = default;
};

// user id -> device id -> algorithm
using ClaimRequest = std::map<UserId, std::map<DeviceId, std::string>>;
struct Claimed {
    // user id -> device id -> JSON object {"<algorithm>:<key id>": key}
    std::map<std::string, std::map<std::string, std::string>> keys;
    std::set<std::string> failed_servers;
    std::string to_json() const;  // the answer of POST /keys/claim
};

// Purpose:  the one place that reads and writes one-time and fallback keys.
// Owner:    Keys.  Runs on: worker threads.
class OneTimeKeys {
public:
    OneTimeKeys(storage::Db& db, UserLanes& lanes, Feed& feed, Ports ports, Limits limits);
    ~OneTimeKeys();

    // A claimed key is durably gone before the task ends. Remote users go through ports.remote_keys.
    // A user whose keys could not be claimed is missing from the answer; error only when nothing could be claimed.
    Task<Result<Claimed>> claim(ClaimRequest request, Millis timeout);
    // For users of this server only (a claim that came over federation, or the local part of one).
    Task<Result<Claimed>> claim_local(ClaimRequest request);

    // Blocking read when not cached.
    Result<std::shared_ptr<const KeyCounts>> counts(std::uint64_t user_number, const DeviceId& device);

    // The parts of changes that others commit. The caller holds the user's lane and calls forget_cached() after the
    // commit, whether it succeeded or not.
    // False: nothing was new. Errors: M_BAD_JSON, M_INVALID_PARAM, M_TOO_LARGE, M_UNKNOWN (a key id again with other
    // content).
    Result<bool> add(storage::Change& change, std::uint64_t user_number, const DeviceId& device,
                     const json::Object& one_time, const json::Object& fallback);
    Result<void> remove_all(storage::Change& change, std::uint64_t user_number, const DeviceId& device);
    void forget_cached(std::uint64_t user_number, const DeviceId& device);

private:
    struct State;
    struct Held;
    struct UserClaim;
    using Cache = DeviceCache<State>;

    Result<std::shared_ptr<const State>> state(const Cache::Key& key);
    Result<State> load(const Cache::Key& key) const;
    Result<Held> held(storage::Change& change, const Cache::Key& key) const;
    Result<bool> add_one_time(storage::Change& change, const Cache::Key& key, const json::Object& keys);
    Result<bool> add_fallback(storage::Change& change, const Cache::Key& key, const json::Object& keys);

    Task<void> claim_group(std::vector<UserClaim>& group);
    Result<void> plan(UserClaim& claim, storage::Change& change);
    Result<bool> take_one_time(UserClaim& claim, storage::Change& change, const DeviceId& device,
                               const std::string& algorithm);
    Result<void> take_fallback(UserClaim& claim, storage::Change& change, const DeviceId& device,
                               const std::string& algorithm);

    storage::Db& db_;
    UserLanes& lanes_;
    Feed& feed_;
    Ports ports_;
    const Limits limits_;
    std::unique_ptr<Cache> cache_;
};

}  // namespace peyk::keys
