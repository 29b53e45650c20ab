#pragma once
// The write side of rooms: one writer per room, one batch per change.
//
//   auto write = co_await rooms.enter(room);        // the lane: alone until commit() has queued the batch
//   PEYK_CO_TRY(auto event, write.add(sender, draft));   // built on the tip, authorised, added to the batch
//   PEYK_CO_CHECK(co_await std::move(write).commit());   // lane left when queued; returns when durable

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/feed.h"
#include "async/lane.h"
#include "base/clock.h"
#include "base/random.h"
#include "core/signing.h"
#include "rooms/membership/invite_rules.h"
#include "rooms/membership/memberships.h"
#include "rooms/timeline/activity.h"
#include "rooms/timeline/event_traces.h"
#include "rooms/timeline/room_store.h"

namespace peyk::rooms {

// What somebody wants to say; the rest of the event is the server's.
struct Draft {
    std::string type;
    std::optional<std::string> state_key = {};
    json::Object content = {};
    std::optional<EventId> redacts = {};
    std::optional<std::int64_t> origin_server_ts = {};
};

// A client's transaction id: scoped to the device and the path of the endpoint.
// Spec: Client-Server API › Transaction identifiers.
struct Transaction {
    UserId user;
    DeviceId device;
    std::string scope;  // endpoint and event type
    std::string id;
};

// Port: a local user has joined a room that takes another's place; what the user had set for the old one goes over.
// Called again after a crash, so a second time changes nothing. Implemented over users/.
class Succession {
public:
    virtual ~Succession() = default;
    virtual Task<Result<void>> joined_successor(UserId user, RoomId from, RoomId to) = 0;
};

class Rooms;
class RoomState;

// Spec: Client-Server API › Guest Access: only this value lets guests in. Null: there is no such event.
bool allows_guests(const Event* guest_access);

// Port: whose account has no password, so that only rooms that allow guests let it in. Implemented over users/.
class GuestAccounts {
public:
    virtual ~GuestAccounts() = default;
    virtual Result<bool> is_guest(const UserId& user) const = 0;  // may block
    // Whose account has ended, so that it leaves what nobody else may leave. May block.
    virtual Result<bool> has_ended(const UserId&) const { return false; }
};

// Port: told when a room stops allowing guests, once the event is durable, and again after a crash before its end.
class GuestAccessObserver {
public:
    virtual ~GuestAccessObserver() = default;
    virtual Task<Result<void>> guests_must_leave(RoomId room) = 0;
};

// A stay in a room's lane. Dropped without commit(), it changes nothing. Move-only.
class RoomWrite {
public:
    RoomWrite(RoomWrite&&) noexcept;
    RoomWrite& operator=(RoomWrite&&) noexcept;
    ~RoomWrite();

    const RoomInfo& room() const;
    // Builds, signs and authorises an event on top of the tip and what was added before. Blocking reads.
    // Errors: forbidden with the rule that refused, M_INVITE_BLOCKED, M_GUEST_ACCESS_FORBIDDEN, too_large, bad_request.
    Result<EventPtr> add(const UserId& sender, Draft draft, const Transaction* transaction = nullptr);
    // The event that an earlier request with this transaction id made. Errors: gone, when its lifetime is over.
    Result<std::optional<EventId>> known(const Transaction& transaction) const;
    // State as it is with everything added so far. Null when the place is empty.
    Result<EventPtr> state(std::string_view type, std::string_view key = "") const;
    Result<Membership> membership(const UserId& user) const;
    // The whole state, and its events. RoomStore cannot be asked for the state here: it knows only what is durable.
    Result<std::vector<StateEntry>> members() const;
    Result<std::vector<StateEntry>> others() const;
    Result<StoredEventPtr> event(EventNumber number) const;
    const StateRoots& roots() const;
    bool empty() const;  // nothing added
    // Durable and visible when it returns; local members' rows are applied, and the feed knows. Errors: as Db::commit.
    Task<Result<void>> commit() &&;

    // Instead of add() and commit(): ends events that are past their lifetime, none of them state. Their keys are
    // destroyed, and all rows that name them are deleted, but of the room's last event a husk stays, since the next one
    // refers to it. `more` adds the caller's own rows to the batch. Nobody is told: to readers they were gone before.
    using More = std::function<Result<void>(storage::Change&)>;
    Task<Result<void>> destroy(std::vector<StoredEventPtr> events, More more) &&;

private:
    friend class Rooms;
    struct Work;
    explicit RoomWrite(std::unique_ptr<Work> work);
    std::unique_ptr<Work> work_;
};

// Purpose:  everything that changes a room passes here.  Owner: app::Server.  Runs on: workers.
class Rooms {
public:
    struct Options {
        ServerName server;
        Millis timestamp_rounding{0};  // own events' time is rounded down to a multiple of this (privacy); 0: as it is
        Succession* succession = nullptr;
        const InvitePolicies* invite_policies = nullptr;
        GuestAccessObserver* guests = nullptr;  // null: the server has no guests
        // Asked even where nobody becomes a guest any more: accounts of before are still there. Null: nobody is one.
        const GuestAccounts* guest_accounts = nullptr;
        // In whose name the server speaks to its users (notices/): such invitations come through and cannot be
        // declined.
        std::optional<UserId> notices = {};
        EventTraces* traces = nullptr;
    };
    Rooms(storage::Db& db, RoomStore& store, Memberships& memberships, Activity& activity, Feed& feed,
          const Clock& clock, Random& random, const SigningKey& key, Options options);
    ~Rooms();

    // Before traffic.
    void bind(EventTraces& traces) { options_.traces = &traces; }
    // At start, before traffic: applies what a crash left between a room's batch and its members' rows.
    Task<Result<void>> recover();
    // From time to time: the same for what failed during this run (a full disk, say). Cheap when nothing did.
    Task<Result<void>> catch_up();

    // not_found when the room does not exist here.
    Task<Result<RoomWrite>> enter(RoomId room);
    // A new room: the first event added must be its m.room.create; the room id is known after that.
    // `id`: from new_room_id(), when it had to be known before; versions whose id is a hash make their own.
    Task<Result<RoomWrite>> create(const RoomRules& rules, UserId creator, json::Object content,
                                   std::optional<RoomId> id = std::nullopt);
    RoomId new_room_id();

    // Sends one event of a joined member; the usual way. When another batch of the shard failed and took this one with
    // it (fenced), the event is built once more on the new tip.
    Task<Result<EventId>> send(UserId sender, RoomId room, Draft draft, std::optional<Transaction> transaction);

    // For removal/. close(): nobody finds the room any more, and what was under way in it is durable or has failed.
    // destroy(): its keys are destroyed for good, and its rows deleted. Blocks on the disk; when it fails half-way, and
    // after a while for who still had the room in hand, again.
    Task<Result<void>> close(RoomNumber room);
    Task<Result<void>> destroy(RoomNumber room);

    const ServerName& server() const { return options_.server; }
    bool is_local(const UserId& user) const { return user.server() == options_.server.view(); }
    const RoomStore& store() const { return store_; }

private:
    friend class RoomWrite;
    friend Result<EventPtr> make_create_event(const Rooms&, const RoomRules&, UserId, json::Object,
                                              std::optional<RoomId>);
    friend std::optional<EventId> new_event_id(const Rooms&, const RoomRules&);
    std::shared_ptr<RoomState> state_of(RoomInfoPtr room);
    Result<RoomWrite> open(RoomInfoPtr room, Lanes::Guard guard);
    // The keys under which kTransactions may have it: the first is the one to write.
    std::vector<std::string> transaction_keys(const Transaction& transaction) const;
    Task<Result<void>> succeed(RoomInfoPtr room, StoredEventPtr member, UserId user);
    Task<Result<void>> apply_memberships(RoomInfoPtr room, std::vector<StoredEventPtr> members);
    Task<void> apply_or_defer(RoomInfoPtr room, std::vector<StoredEventPtr> members);
    Task<Result<void>> apply_guest_access(RoomInfoPtr room, EventNumber event);
    Task<void> close_to_guests_or_defer(RoomInfoPtr room, EventNumber event);
    void clear_outbox(const RoomInfo& room, EventNumber event);

    storage::Db& db_;
    RoomStore& store_;
    Memberships& memberships_;
    Activity& activity_;
    Feed& feed_;
    const Clock& clock_;
    Random& random_;
    const SigningKey& key_;
    Options options_;
    Lanes lanes_;
    std::atomic<bool> behind_ = false;  // rows of the outbox wait for catch_up()
    std::mutex mutex_;
    std::unordered_map<RoomNumber, std::shared_ptr<RoomState>> states_;
};

}  // namespace peyk::rooms
