#pragma once
// The events of one service, in order, each at least once and always under the same id.
// Spec: Application Service API › Pushing events, › Pushing ephemeral data.

#include "appservices/interest.h"
#include "appservices/news.h"
#include "appservices/ports.h"
#include "appservices/wire.h"
#include "async/task_group.h"
#include "async/timers.h"
#include "rooms/ephemeral/room_stream.h"
#include "rooms/ephemeral/typing.h"

namespace peyk::appservices {

// What a queue reads and leans on; one for all queues.
struct QueueParts {
    storage::Db& db;
    const Registry& registry;
    const rooms::RoomStore& store;
    const rooms::Activity& activity;
    const rooms::Directory& directory;
    const rooms::RoomStream& stream;
    const rooms::Typing& typing;
    Wire& wire;
    Timers& timers;
    const Clock& clock;
    std::uint64_t incarnation;  // of the store: ids of transactions must not repeat after a restore
    const rooms::Memberships* memberships = nullptr;
    InboxSource* inboxes = nullptr;            // null: no to-device messages are sent
    const PresenceSource* presence = nullptr;  // null: nobody keeps it
};

// Of one queue, or of all together.
struct QueueTotals {
    std::uint64_t sent = 0;      // events that were taken
    std::uint64_t failures = 0;  // transactions that were not
    std::uint64_t failing = 0;   // queues whose last attempt failed
};

// Purpose:  collects what concerns a service and sends it, one transaction at a time.
// Owner:    Services of this folder.  Runs on: a worker; holds none while it waits.
// Stops by: the token of run().
// A service that hangs, fails or lies keeps its own queue waiting, and nothing else.
class Queue {
public:
    Queue(const Registration& service, const QueueParts& parts);

    // Reads the stored state. A service that is new begins at this moment. Blocking. True: it was known before.
    Result<bool> load();
    // The room may hold events or receipts behind the stored state.
    void mark(rooms::RoomNumber room) { news_.mark(room); }
    void typing_changed(rooms::RoomNumber room);
    // A user's devices may have got messages. False: it is no user of this service.
    bool inbox_changed(rooms::UserNumber user);
    void wake() { wakeup_.notify(); }
    // The service was heard of: an attempt that waits is made at once.
    void retry_now();
    // Until stopped; then the state is written down.
    Task<void> run(std::stop_token stop);

    const QueueRow& row() const { return row_; }
    const Registration& service() const { return service_; }
    QueueTotals totals() const;

private:
    Result<void> collect();
    Result<void> collect_events(Transaction& into);
    Result<void> collect_ephemeral(storage::Position to, Transaction& into);
    Result<void> collect_typing(Transaction& into);
    Result<void> collect_presence(Transaction& into);
    Result<bool> wants_presence(const UserId& user);
    Result<void> collect_inboxes(storage::Position to, Transaction& into);
    Result<bool> add_inbox(const UserId& user, storage::Position to, Transaction& into, std::size_t& count,
                           std::size_t& bytes) const;
    bool keeps(const UserId& user) const;
    Result<std::string> render_to_device(const Transaction& transaction) const;
    Task<Result<void>> empty_inboxes();
    Result<void> collect_receipts(storage::Position to, Transaction& into);
    Result<bool> add_receipts(const rooms::RoomInfo& room, storage::Position from, storage::Position to,
                              Transaction& into);
    Result<std::string> render(const Transaction& transaction) const;
    Task<Result<void>> save();
    Task<bool> step(std::stop_token stop);
    Task<bool> deliver(std::stop_token stop);
    Task<void> back_off(std::stop_token stop);

    const Registration& service_;
    const QueueParts& parts_;
    Interest interest_;
    News news_;
    Wakeup wakeup_;
    Wakeup retry_;
    QueueRow row_;
    QueueRow saved_;
    bool moved_ = false;                                                 // past events, since the last write
    std::unordered_map<rooms::RoomNumber, storage::Position> receipts_;  // rooms to look at, from where
    std::uint32_t failures_ = 0;                                         // in a row
    std::mutex mutex_;
    std::unordered_set<rooms::RoomNumber> typing_;
    std::unordered_map<rooms::RoomNumber, std::uint64_t> typing_told_;  // Typing's count of what was told last
    std::unordered_set<rooms::UserNumber> inboxes_;                     // to look at
    std::unordered_set<rooms::UserNumber> foreign_;                     // known to be no users of this service
    std::uint64_t presence_ = 0;                                        // up to which change was told
    mutable std::mutex totals_mutex_;
    QueueTotals totals_;
};

}  // namespace peyk::appservices
