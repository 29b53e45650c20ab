#pragma once
// The connections of sliding sync: where each goes on, over a restart too. Spec: MSC4186 › Connections.
//
// The server cannot know that an answer arrived until its `pos` comes back. So a connection has generations of state:
// the one that the last request presented, and the one of the answer to it. A request that is repeated is answered from
// the same generation again; the first use of the newer one drops the older.

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "async/task.h"
#include "base/clock.h"
#include "core/ids.h"
#include "storage/db.h"

namespace peyk::sync {

std::unexpected<Error> unknown_pos();

// Hashes of the member events that lazy loading has sent, sorted. In memory: forgetting costs a repetition.
using ToldMembers = std::vector<std::uint64_t>;

struct ConnectionLimits {
    std::size_t per_device = 16;
    std::size_t memory = 48 * 1024 * 1024;  // bytes of state that are kept at hand; the rest is read again
    std::uint32_t idle_days = 30;
};

// Purpose:  keeps what connections were told.  Runs on: workers (blocks on a miss).
class Connections {
public:
    // `first_generation`: another in every run of the program.
    Connections(storage::Db& db, const Clock& clock, std::uint64_t first_generation, ConnectionLimits limits = {})
        : db_(db), clock_(clock), limits_(limits), next_generation_(first_generation | 1) {}

    struct Key {
        std::uint64_t user = 0, device = 0, connection = 0;
        bool operator==(const Key&) const = default;
    };
    Key key(std::uint64_t user, const DeviceId& device, std::string_view connection) const;

    // One request on a connection.
    struct Opened {
        std::shared_ptr<const std::string> state;  // ConnectionState::encode(); null: a new connection
        std::uint64_t generation = 0;
        std::uint64_t request = 0;
        bool stale = false;  // to be written again, so that it does not expire
        std::shared_ptr<const ToldMembers> told;
    };
    // Without a `pos`: whatever there was is dropped when the answer is saved.
    Result<Opened> begin(const Key& key);
    // Errors: M_UNKNOWN_POS.
    Result<Opened> resume(const Key& key, std::uint64_t generation, storage::Position position);

    // Durable when done. The generation that the answer's `pos` names: the same one when nothing changed; nothing when
    // a later request has come on this connection, whose answer counts instead.
    Task<Result<std::optional<std::uint64_t>>> save(Key key, Opened opened, std::string state);
    // Members that the answer with that `pos` holds; they count once it comes back.
    void tell(const Key& key, std::uint64_t generation, storage::Position position, ToldMembers members);

    // Connections that nobody used for `idle_days`, of all users; how many rows went. Errors: as storage::sweep().
    Task<Result<std::size_t>> sweep_idle(std::stop_token stop);
    // Adds to the batch that removes devices.
    Result<void> removing(storage::Change& change, std::uint64_t user, const std::vector<DeviceId>& devices);

private:
    struct Generation {
        std::uint64_t number = 0;
        std::shared_ptr<const std::string> state;
        std::uint16_t pages = 0;
        std::uint32_t day = 0;
    };
    struct Entry {
        Key key;
        std::vector<Generation> generations;
        std::uint64_t requests = 0;
        std::shared_ptr<const ToldMembers> told;
        ToldMembers pending;
        std::uint64_t pending_generation = 0;
        storage::Position pending_position = 0;
        std::size_t bytes() const;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const {
            return key.user ^ key.device * 0x9e3779b97f4a7c15ULL ^ key.connection * 0xff51afd7ed558ccdULL;
        }
    };
    using Entries = std::list<Entry>;  // the most recently used first

    std::uint32_t today() const { return static_cast<std::uint32_t>(clock_.now().count() / 86'400'000); }
    Result<Entry> load(const Key& key) const;
    Result<void> ensure(const Key& key);
    Entry* at_hand(const Key& key);  // with the mutex
    void trim();                     // with the mutex
    Opened open(Entry& entry, const Generation* generation);
    Result<void> drop_old_connections(storage::Change& change, const Key& fresh);
    static std::string prefix(const Key& key);
    static std::string row_key(const Key& key, std::uint64_t generation, std::uint16_t page);
    std::uint16_t put_pages(storage::Change& change, const Key& key, std::uint64_t generation, std::string_view state,
                            std::uint32_t day) const;

    storage::Db& db_;
    const Clock& clock_;
    ConnectionLimits limits_;
    std::mutex mutex_;
    std::uint64_t next_generation_;
    std::size_t bytes_ = 0;
    Entries entries_;
    std::unordered_map<Key, Entries::iterator, Hash> index_;
    std::unordered_set<std::uint64_t> removed_;  // user ^ device: nothing is written for them any more
};

}  // namespace peyk::sync
