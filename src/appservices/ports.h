#pragma once
// What services are told beside events and receipts. Implemented over keys/, users/ and sync/ in app/.

#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "core/ids.h"
#include "storage/store.h"

namespace peyk::appservices {

// To-device messages. Reads block: workers only.
class InboxSource {
public:
    virtual ~InboxSource() = default;
    // Nothing: no account of this server.
    virtual Result<std::optional<UserId>> user(std::uint64_t number) const = 0;
    virtual Result<std::vector<DeviceId>> devices(const UserId& user) const = 0;
    struct Message {
        storage::Position position;
        std::string json;  // {"content": …, "sender": …, "type": …}
    };
    // Messages at positions up to `to`, oldest first, at most `limit` (1 to 100).
    virtual Result<std::vector<Message>> messages(const UserId& user, const DeviceId& device, storage::Position to,
                                                  std::size_t limit) const = 0;
    // They were taken, up to there: they go, and their keys with them.
    virtual Task<Result<void>> taken(UserId user, DeviceId device, storage::Position up_to) = 0;
    // Numbers of users who may have messages waiting, page by page: `next` is empty at first and when done.
    virtual Result<std::vector<std::uint64_t>> waiting(std::string& next) const = 0;
};

// Who is online, as long as the server runs.
class PresenceSource {
public:
    virtual ~PresenceSource() = default;
    virtual std::uint64_t counter() const = 0;  // of changes
    struct Change {
        UserId user;
        std::uint64_t count;  // what the counter said when it happened
        std::string json;     // the m.presence event
    };
    // The newest change of each user with from < count <= to, in order.
    virtual std::vector<Change> changed(std::uint64_t from, std::uint64_t to) const = 0;
};

}  // namespace peyk::appservices
