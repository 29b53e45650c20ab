#pragma once
// What a gateway is told. Spec: Push Gateway API › POST /_matrix/push/v1/notify.

#include "push/sender.h"

namespace peyk::push {

struct Payload {
    const PusherSource::Pusher& pusher;
    std::uint64_t unread = 0;
    // Null: only the number of unread messages changed.
    const RoomKey* room = nullptr;
    const StoredEvent* event = nullptr;
    const Actions* actions = nullptr;
    bool full = false;
};

// Blocks for names in the full form.
Result<std::string> write_payload(const RoomSource& rooms, const Payload& payload);

}  // namespace peyk::push
