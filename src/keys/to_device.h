#pragma once
// PUT /sendToDevice/{eventType}/{txnId}.

#include <string>

#include "core/ids.h"
#include "core/json.h"
#include "keys/inboxes.h"
#include "keys/limits.h"
#include "keys/ports.h"

namespace peyk::keys {

struct ToDeviceSend {
    UserId sender;
    std::uint64_t sender_number;
    DeviceId device;
    std::string type;
    std::string transaction;
    json::Object messages;  // user id -> device id or "*" -> content
};

// Purpose:  sends messages once per (device, type, transaction id), to inboxes here and to other servers.
// Owner:    Keys.  Runs on: worker threads.
// What was delivered before a crash is not delivered again when the client repeats the request: each inbox remembers
// it.
class ToDevice {
public:
    ToDevice(storage::Db& db, Inboxes& inboxes, const Clock& clock, Ports ports, Limits limits)
        : db_(db), inboxes_(inboxes), clock_(clock), ports_(ports), limits_(limits) {}

    // Unknown users and devices are passed over. Errors: M_BAD_JSON, M_INVALID_PARAM, M_TOO_LARGE.
    Task<Result<void>> send(ToDeviceSend send);

private:
    struct Sorted;
    Result<Sorted> sort(const ToDeviceSend& send) const;
    Result<bool> was_sent(const ToDeviceSend& send, std::string_view digest) const;
    Task<Result<void>> remember(std::uint64_t sender_number, DeviceId device, std::string digest);

    storage::Db& db_;
    Inboxes& inboxes_;
    const Clock& clock_;
    Ports ports_;
    const Limits limits_;
};

}  // namespace peyk::keys
