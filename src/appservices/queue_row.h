#pragma once
// What is kept of a service's queue: one row, so that each step is one write.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "storage/store.h"

namespace peyk::appservices {

struct EventRef {
    std::uint64_t room = 0;    // RoomNumber
    std::uint64_t number = 0;  // EventNumber
    bool operator==(const EventRef&) const = default;
};

// The messages of one device's inbox up to a position.
struct InboxRef {
    std::string user, device;
    storage::Position to = 0;
    bool operator==(const InboxRef&) const = default;
};

// What goes under one id, decided and written down before the first attempt. Events by reference: a transaction of a
// hundred may be megabytes, and an event that is redacted between two attempts must not be sent whole. To-device
// messages by reference as well: they stay in the inbox until the transaction is taken.
struct Transaction {
    std::string id;
    Millis made{0};  // what ages are counted from, so that two attempts say the same
    std::vector<EventRef> events;
    std::string ephemeral;  // JSON objects, separated by commas
    std::size_t ephemeral_count = 0;
    std::vector<InboxRef> to_device = {};
    bool empty() const { return events.empty() && ephemeral_count == 0 && to_device.empty(); }
    bool operator==(const Transaction&) const = default;
};

// Where reading has come to. All events of one batch share a position, and a transaction may end between two of them.
struct Cursor {
    storage::Position position = 0;
    std::uint64_t number = ~0ULL;  // of the last event at this position that was considered
    bool operator==(const Cursor&) const = default;
};

struct QueueRow {
    Cursor events;
    storage::Position receipts = 0;
    std::uint64_t next = 1;  // of the next transaction's id
    std::optional<Transaction> pending;

    std::string encode() const;
    static Result<QueueRow> decode(std::string_view bytes);
    bool operator==(const QueueRow&) const = default;
};

inline constexpr std::size_t kMaxEvents = 100;             // of one transaction
inline constexpr std::size_t kMaxEphemeral = 100;          // the same
inline constexpr std::size_t kMaxEphemeralBytes = 48'000;  // with room for the rest of the row below the store's limit
inline constexpr std::size_t kMaxInboxes = 20;             // whose messages are in one transaction
inline constexpr std::size_t kMaxToDevice = 100;           // messages of one transaction
inline constexpr std::size_t kMaxToDeviceBytes = 1024 * 1024;

}  // namespace peyk::appservices
