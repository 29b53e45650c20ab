#pragma once
// GET /_matrix/client/v3/sync. Spec: Client-Server API › Syncing.

#include <atomic>
#include <stop_token>

#include "async/timers.h"
#include "sync/device_lists.h"
#include "sync/notifier.h"
#include "sync/presence.h"
#include "sync/room_section.h"

namespace peyk::sync {

struct SyncRequest {
    UserId user;
    DeviceId device;
    std::optional<std::string> since;
    std::optional<std::string> filter;  // an id, or JSON
    Millis timeout{0};
    bool full_state = false;
    StateForm state_form = StateForm::before;
    std::optional<PresenceState> set_presence;
    bool to_device = true;  // off: the inbox is left alone, and the next token says so
};

// Purpose:  waits for news and puts an answer together.  Runs on: workers; waiting holds a small waiter only.
class SyncV3 {
public:
    struct Parts {
        const rooms::RoomStore& store;
        rooms::Activity& activity;
        const rooms::RoomStream& stream;
        const rooms::Typing& typing;
        const rooms::Memberships& memberships;
        const AccountDataSource& account_data;
        EncryptionSource& encryption;
        const Tokens& tokens;
        push::UnreadCounts& unread;
        Notifier& notifier;
        Presence& presence;
        Timers& timers;
        const Clock& clock;
        std::uint64_t process;  // differs in each run of the program
        // Where requests go on that were woken, and where large answers find helpers; none: where they waited.
        Executor* background = nullptr;
    };
    explicit SyncV3(Parts parts);
    const Parts& parts() const { return parts_; }

    // The answer as JSON. Errors: M_INVALID_PARAM (token), M_BAD_JSON (filter), M_NOT_FOUND (filter id).
    // No coroutine: what is needed of the request is taken from it before anything waits.
    Task<Result<std::string>> run(const SyncRequest& request, std::stop_token hangup);

    // A request looks once, and again at each wake-up.
    struct Counters {
        std::uint64_t answers = 0, looks = 0;
    };
    Counters counters() const { return {answers_, looks_}; }

    // Spec: GET /keys/changes. Tokens of earlier syncs of the same device.
    Result<DeviceLists> device_changes(const UserId& user, const DeviceId& device, std::string_view from,
                                       std::string_view to) const;

private:
    struct Answer {
        std::string json;
        bool news = false;
    };
    // All that is kept of a request while it waits.
    struct Poll {
        Window window;
        Millis until;  // of the monotonic clock
        bool may_wait;
        Presence::Stay stay;  // while it lasts the user is there
    };
    Result<Poll> begin(const SyncRequest& request);
    Task<Result<std::string>> answer(Poll poll, std::stop_token hangup);
    Result<Answer> look(Poll& poll, const Wakeup& wakeup, Notifier::Watch& watch);
    Result<SharedFilters::Ptr> load_filter(const SyncRequest& request);
    Result<std::shared_ptr<const rooms::RoomMemberships>> fix_positions(Window& window) const;
    Result<Answer> assemble(Window& window, const rooms::RoomMemberships& rows);
    // Appends "rooms":{…}; nothing when there is nothing to tell.
    Result<void> rooms_part(std::string& out, const Window& window, const rooms::RoomMemberships& rows,
                            const std::vector<AccountDataItem>& account_data);
    struct RoomPart {
        std::string json;        // empty: nothing to tell
        rooms::Membership list;  // where it stands: with the rooms one is in, is invited to, …
    };
    Result<RoomPart> room_part(const Window& window, const rooms::RoomMembership& row,
                               const std::vector<AccountDataItem>& account_data);
    Result<std::string> presence_part(const Window& window, const DeviceLists& lists) const;
    Result<std::string> encryption_part(const Window& window, const DeviceLists& lists, bool& news) const;

    Parts parts_;
    RoomSections sections_;
    DeviceListReader device_lists_;
    SharedFilters filters_;
    std::atomic<std::uint64_t> answers_ = 0, looks_ = 0;
};

}  // namespace peyk::sync
