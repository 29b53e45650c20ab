#pragma once
// Which rooms and events concern a service. Spec: Application Service API › Registration (namespaces).

#include <unordered_map>

#include "appservices/registry.h"
#include "rooms/directory/directory.h"
#include "rooms/timeline/room_store.h"

namespace peyk::appservices {

// Purpose:  judges for one service.  Owner: its Queue.  Runs on: the queue's coroutine; blocking reads.
// A room's events are asked about in order, so that one member event at a time keeps what is known of its members true;
// the members are read only when a room is met for the first time, or when the one member that is known here leaves.
class Interest {
public:
    Interest(const Registration& service, const Registry& registry, const rooms::RoomStore& store,
             const rooms::Directory& directory)
        : service_(service), registry_(registry), store_(store), directory_(directory) {}

    // A local user of the service sends the event, is its target or has joined the room; or the room's id or one of its
    // aliases is in the service's namespaces.
    Result<bool> in(const rooms::RoomInfo& room, const rooms::StoredEvent& event);
    // The same for what is no event: as of the last event.
    Result<bool> in(const rooms::RoomInfo& room);

private:
    struct Known {
        rooms::NodeNumber root = 0;               // of the member tree that this is about
        std::optional<rooms::UserNumber> member;  // one of the service's users that has joined
    };
    bool is_ours(const UserId& user) const { return registry_.owns(service_, user); }
    void keep(const rooms::RoomInfo& room, const rooms::StateRoots& roots, std::optional<rooms::UserNumber> member);
    Result<bool> by_name(const rooms::RoomInfo& room) const;
    Result<bool> has_member(const rooms::RoomInfo& room, const rooms::StoredEvent& event);
    Result<std::optional<rooms::UserNumber>> find_member(const rooms::RoomInfo& room,
                                                         const rooms::StateRoots& roots) const;

    const Registration& service_;
    const Registry& registry_;
    const rooms::RoomStore& store_;
    const rooms::Directory& directory_;
    std::unordered_map<rooms::RoomNumber, Known> known_;
};

}  // namespace peyk::appservices
