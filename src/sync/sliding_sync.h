#pragma once
// Sliding sync. Spec: MSC4186 (Simplified Sliding Sync). The engine; its two encodings are in client_api/sync.

#include <stop_token>

#include "sync/sliding_extensions.h"
#include "sync/sync_v3.h"

namespace peyk::sync {

// Purpose:  answers a request from what its connection was told; waits when there is nothing to tell.
// Runs on:  workers; waiting holds the request and a waiter only.
class SlidingSync {
public:
    SlidingSync(SyncV3::Parts parts, Connections& connections);

    // The answer as JSON. Errors: M_UNKNOWN_POS, M_INVALID_PARAM (the token of to_device).
    Task<Result<std::string>> run(SlidingRequest request, std::stop_token hangup);

private:
    struct Answer {
        bool news = false;
        std::string body;  // all members but `pos`
        std::string state;
        ToldMembers telling;
        ConnectionToken next;
    };
    struct Work;
    Result<std::shared_ptr<const rooms::RoomMemberships>> fix_positions(SlidingWindow& window,
                                                                        ConnectionToken& next) const;
    Result<Answer> assemble(const SlidingRequest& request, SlidingWindow& window,
                            const std::optional<ConnectionToken>& token, const Connections::Opened& opened,
                            ConnectionToken next);
    static std::vector<const ScopedRoom*> in_order(const Work& work);
    void write_ahead(Work& work, std::span<const ScopedRoom* const> rooms) const;
    Result<void> write_rooms(Work& work);
    Result<bool> write_room(Work& work, const ScopedRoom& scoped);
    void keep_others(Work& work, const std::set<rooms::RoomNumber>& changed_data);
    Task<Result<std::string>> finish(const SlidingRequest& request, Connections::Key key, Connections::Opened opened,
                                     Answer answer);

    SyncV3::Parts parts_;
    Connections& connections_;
    FactsReader facts_;
    SlidingRooms rooms_;
    SlidingExtensions extensions_;
};

}  // namespace peyk::sync
