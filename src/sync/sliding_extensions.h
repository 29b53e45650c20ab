#pragma once
// What sliding sync tells besides rooms: to-device messages, keys, account data, receipts, typing.
// Spec: MSC4186 › Extensions; MSC3884, MSC3885, MSC3959, MSC3960, MSC4508.

#include "rooms/ephemeral/typing.h"
#include "sync/device_lists.h"
#include "sync/sliding_room.h"

namespace peyk::sync {

// Purpose:  writes the extensions of one answer.  Runs on: workers (blocks).
class SlidingExtensions {
public:
    SlidingExtensions(const rooms::RoomStore& store, const rooms::Activity& activity, const rooms::RoomStream& stream,
                      const rooms::Typing& typing, const AccountDataSource& account_data,
                      const EncryptionSource& encryption, const Tokens& tokens)
        : store_(store),
          stream_(stream),
          typing_(typing),
          account_data_(account_data),
          encryption_(encryption),
          tokens_(tokens),
          device_lists_(store, activity, stream, encryption) {}

    // The rooms of the answer, as the parts need them.
    struct Room {
        const ScopedRoom* scoped = nullptr;
        KnownRoom known;
        RoomRecord record;  // as it will be kept; the parts set their flags
        bool initial = false;
        bool ended = false;  // RoomResult::ended
        std::vector<EventId> timeline;
    };
    struct Input {
        const SlidingRequest& request;
        const SlidingWindow& window;
        const rooms::RoomMemberships& rows;
        const std::optional<ConnectionToken>& token;
        std::uint64_t process;
        std::uint8_t old_flags;  // ConnectionState::flags
        std::map<rooms::RoomNumber, Room>& rooms;
    };
    struct Output {
        std::string json;  // the members of "extensions"
        bool news = false;
        std::uint8_t flags = 0;
        std::set<rooms::RoomNumber> changed_data;  // rooms whose account data changed since the token
    };
    Result<Output> write(const Input& input) const;

private:
    Result<void> to_device(const Input& input, Output& out) const;
    Result<void> e2ee(const Input& input, Output& out) const;
    Result<void> account_data(const Input& input, Output& out) const;
    Result<void> receipts(const Input& input, Output& out) const;
    Result<void> typing(const Input& input, Output& out) const;
    Result<std::string> receipts_of(const Input& input, const Room& room) const;

    const rooms::RoomStore& store_;
    const rooms::RoomStream& stream_;
    const rooms::Typing& typing_;
    const AccountDataSource& account_data_;
    const EncryptionSource& encryption_;
    const Tokens& tokens_;
    DeviceListReader device_lists_;
};

}  // namespace peyk::sync
