#pragma once
// To-device inboxes: a queue per device, kept until the device proves that it has what was in it.
// Spec: Client-Server API › Send-to-Device messaging.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "async/feed.h"
#include "base/clock.h"
#include "core/ids.h"
#include "keys/cleanup.h"
#include "keys/inbox_state.h"
#include "keys/limits.h"
#include "keys/ports.h"
#include "keys/user_lanes.h"
#include "storage/db.h"

namespace peyk::keys {

struct InboxMessage {
    storage::Position position;
    std::string json;  // {"content": …, "sender": …, "type": …}, ready for the answer of a sync
};
struct InboxPage {
    std::vector<InboxMessage> messages;  // in order of arrival
    bool more = false;                   // there are further ones up to `to`: take the last position as the next `from`
};

// What is for one user: events as JSON.
struct Addressed {
    UserId user;
    std::map<DeviceId, std::string> to_device = {};
    std::optional<std::string> to_all = {};  // for the devices that to_device does not name
};

// Purpose:  the one place that reads and writes inboxes.
// Owner:    Keys.  Runs on: worker threads.
class Inboxes {
public:
    struct Parts {
        storage::Db& db;
        UserLanes& lanes;
        Feed& feed;
        Cleanup& cleanup;
        const Clock& clock;
    };
    Inboxes(Parts parts, Ports ports, Limits limits) : parts_(parts), ports_(ports), limits_(limits) {}

    // Puts the messages into the inboxes of local users; devices that do not exist are passed over. `source` names the
    // sender and `message_id` the transaction: with the same pair, a device gets one message within a day.
    // On an error some users may have their messages; repeat with the same id.
    Task<Result<void>> deliver(std::string source, std::string message_id, std::vector<Addressed> addressed);

    // Messages at positions from < p <= to, at most `limit` (1 to 100). Blocking read.
    Result<InboxPage> inbox(std::uint64_t user_number, const DeviceId& device, storage::Position from,
                            storage::Position to, std::size_t limit = 100) const;
    // Numbers of users with an inbox that is not empty, page by page over all users; `next` is where to go on, empty at
    // first and when done. Blocking reads.
    Result<std::vector<std::uint64_t>> waiting(std::string& next) const;
    // The device has everything up to and with this position: the rows go, and their keys with them. Costs one read
    // when there is nothing to remove.
    Task<Result<void>> acknowledge(std::uint64_t user_number, DeviceId device, storage::Position up_to);

private:
    struct Delivery;
    Task<Result<void>> deliver_group(Delivery& delivery, std::vector<Addressed> group);
    Result<void> plan(Delivery& delivery, const Addressed& addressed);
    Result<void> put(Delivery& delivery, std::uint64_t user_number, const DeviceId& device, const std::string& json);
    Result<InboxState> state_for(Delivery& delivery, std::uint64_t user_number, std::uint64_t device);
    Result<void> make_room(Delivery& delivery, std::uint64_t user_number, InboxState& state, std::size_t bytes);
    Result<bool> is_repeated(const Delivery& delivery, std::uint64_t user_number, std::string_view digest) const;
    Result<void> forget_old(Delivery& delivery, std::uint64_t user_number);
    void next_change(Delivery& delivery, std::uint64_t user_number);
    Result<bool> acknowledge_some(storage::Change& change, std::uint64_t user_number, std::uint64_t device,
                                  storage::Position up_to) const;

    Parts parts_;
    Ports ports_;
    const Limits limits_;
};

// Days since 1970: transactions are remembered by day, today's and yesterday's.
std::uint16_t day_of(const Clock& clock);

}  // namespace peyk::keys
