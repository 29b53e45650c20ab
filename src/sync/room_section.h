#pragma once
// One room's part of a sync answer. Spec: Client-Server API › Syncing; Lazy-loading room members.

#include "push/unread.h"
#include "rooms/ephemeral/room_stream.h"
#include "rooms/ephemeral/typing.h"
#include "rooms/events/client_event.h"
#include "rooms/timeline/history.h"
#include "sync/filter.h"
#include "sync/lazy_members.h"
#include "sync/ports.h"
#include "sync/tokens.h"

namespace peyk::sync {

// Under which name the state goes out, and of which moment it is. `older`: state_after as clients ask for it that were
// written before it was in the specification (MSC4222).
enum class StateForm : std::uint8_t { before, after, after_older };

// What all rooms of one answer share.
struct Window {
    rooms::Reader reader;
    DeviceId device;
    std::optional<StreamToken> since;  // none: a first sync
    storage::Position to = 0;
    std::uint64_t typing_to = 0;
    std::uint64_t presence_to = 0;
    std::uint64_t process = 0;
    bool full_state = false;
    StateForm state_form = StateForm::before;
    bool to_device = true;
    SharedFilters::Ptr filter;
    rooms::IgnoredUsersPtr ignored;  // while looking
    storage::Position from() const { return since ? since->position : 0; }
};

// Purpose:  writes sections.  Runs on: workers (blocks).
class RoomSections {
public:
    RoomSections(const rooms::RoomStore& store, rooms::Activity& activity, const rooms::RoomStream& stream,
                 const rooms::Typing& typing, const Tokens& tokens, push::UnreadCounts& unread)
        : store_(store), activity_(activity), stream_(stream), typing_(typing), tokens_(tokens), unread_(unread) {}

    // The section of a joined room; empty when there is nothing to tell. `has_left`: the row says that the user is in
    // the room, and the room's state that they are not any more: the section is that of a room that was left.
    Result<std::string> joined(const Window& window, const rooms::RoomMembership& row,
                               const std::vector<AccountDataItem>& account_data, bool* has_left = nullptr);
    Result<std::string> left(const Window& window, const rooms::RoomMembership& row,
                             const std::vector<AccountDataItem>& account_data);
    // Of a room that an administrator has removed.
    Result<std::string> removed(const Window& window, const rooms::RoomMembership& row) const;
    // The request presents the token of an earlier answer: what that answer told is known now.
    void confirm(const Window& window) {
        if (window.since && window.filter->state.lazy_load_members)
            lazy_.confirm(window.reader.number, window.device, window.since->position);
    }
    // {"invite_state": …} or {"knock_state": …}
    std::string stripped(const rooms::RoomMembership& row) const;

private:
    struct Part;
    Result<bool> quiet(const Window& window, const rooms::RoomMembership& row) const;
    Result<void> load_timeline(const Window& window, Part& part, rooms::EventNumber end);
    Result<void> choose_state(const Window& window, Part& part);
    Result<void> load_summary(Part& part);
    Result<bool> has_read(const Window& window, const Part& part) const;
    Result<std::string> unread(const Window& window, const Part& part, rooms::EventNumber last);
    Result<std::string> ephemeral(const Window& window, Part& part);
    Result<void> write_events(std::string& out, const Window& window, Part& part,
                              const std::vector<rooms::StoredEventPtr>& events, rooms::Bundle bundle);
    Result<std::string> write(const Window& window, Part& part, const std::vector<AccountDataItem>& account_data);

    const rooms::RoomStore& store_;
    rooms::Activity& activity_;
    const rooms::RoomStream& stream_;
    const rooms::Typing& typing_;
    const Tokens& tokens_;
    push::UnreadCounts& unread_;
    LazyMembers lazy_;
};

}  // namespace peyk::sync
