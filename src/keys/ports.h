#pragma once
// What keys/ needs of the other domains. app/ binds each of them to its owner (users/, sync/, federation/).

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "base/clock.h"
#include "core/ids.h"
#include "core/json.h"
#include "storage/store.h"

namespace peyk::keys {

struct DeviceInfo {
    DeviceId id;
    std::optional<std::string> display_name;  // private: shown to the owner only
};

// Who has an account here, with which devices. Runs on: worker threads; may block on a read.
class Accounts {
public:
    virtual ~Accounts() = default;
    virtual bool is_local(const UserId& user) const = 0;
    // The devices that are signed in. Empty for unknown and deactivated accounts.
    virtual Result<std::vector<DeviceInfo>> devices(const UserId& user) = 0;
};

// Told before the request that changed a device list is answered, and again after a crash that came in between. Writes
// a row into the streams of the rooms that the user shares with others. Must bear being told twice.
class DeviceListObserver {
public:
    virtual ~DeviceListObserver() = default;
    virtual Task<Result<void>> device_list_changed(UserId user, storage::Position position) = 0;
};

// Other servers' keys. Absent (null) while there is no federation: their users are then reported as failures.
// Each method asks all servers at once and answers per server with that server's own object or the reason it failed.
class RemoteKeys {
public:
    virtual ~RemoteKeys() = default;
    using Asked = std::map<std::string, json::Object>;             // server name -> user id -> …
    using Answered = std::map<std::string, Result<json::Object>>;  // server name -> the whole answer of that server
    // `asked` as device_keys of POST /user/keys/query.
    virtual Task<Answered> query(Asked asked, Millis timeout) = 0;
    // `asked` as one_time_keys of POST /user/keys/claim.
    virtual Task<Answered> claim(Asked asked, Millis timeout) = 0;
};

// To-device messages for users of other servers, queued durably when the task is done. Null while there is no
// federation.
class RemoteInboxes {
public:
    virtual ~RemoteInboxes() = default;
    // `messages`: user id -> device id or "*" -> content. `message_id` is the same when the client retries.
    virtual Task<Result<void>> send(UserId sender, std::string type, std::string message_id, json::Object messages) = 0;
};

struct Ports {
    Accounts& accounts;
    DeviceListObserver& observer;
    RemoteKeys* remote_keys = nullptr;
    RemoteInboxes* remote_inboxes = nullptr;
};

}  // namespace peyk::keys
