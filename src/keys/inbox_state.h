#pragma once
// The numbering of a device's to-device inbox.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/db.h"

namespace peyk::keys {

// A row number is 24 bits of inbox number, then 40 bits of message number. Neither is ever used twice, since the key of
// a removed row stays destroyed.
struct InboxState {
    static constexpr int kMessageBits = 40;
    static constexpr std::uint64_t kSlots = std::uint64_t{1} << 24;

    std::uint64_t slot = 0;   // of this inbox among those of its user
    std::uint64_t first = 1;  // the oldest message that may still be there
    std::uint64_t next = 1;   // the number of the next message
    std::uint64_t bytes = 0;  // of the messages that are there

    bool empty() const { return first == next; }
    std::uint64_t row(std::uint64_t message) const { return (slot << kMessageBits) | message; }
    std::string key(std::uint64_t message) const;  // rest of kInbox
    std::string prefix() const;                    // of all rows of this inbox
    std::string encode() const;
    static Result<InboxState> decode(std::string_view body);
    bool operator==(const InboxState&) const = default;
};

Result<std::optional<InboxState>> load_inbox_state(const storage::Db& db, std::uint64_t user_number,
                                                   std::uint64_t device_number);

}  // namespace peyk::keys
