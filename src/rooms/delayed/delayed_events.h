#pragma once
// Events that are sent later unless somebody prevents it: calls end by them when a client falls silent.
// MSC4140: delayed events. docs/decisions/0906-delayed-events.md.

#include <map>
#include <mutex>

#include "async/task_group.h"
#include "async/timers.h"
#include "rooms/timeline/rooms.h"

namespace peyk::rooms {

enum class DelayedState : std::uint8_t { scheduled = 0, sent = 1, cancelled = 2, failed = 3 };
enum class DelayedAction : std::uint8_t { send, cancel, restart };

struct DelayedEvent {
    std::string id;
    UserId sender;
    RoomId room;
    std::string type;
    std::optional<std::string> state_key = {};
    std::string content;  // a JSON object; empty once sent: the event itself may be redacted since
    Millis delay{0};
    Millis running_since{0};  // scheduled, or last restarted
    DelayedState state = DelayedState::scheduled;
    bool by_action = false;             // finalised by /send or /cancel, not by the clock
    Millis finalised{0};                // when it was sent, cancelled or failed
    std::optional<EventId> event = {};  // sent
    std::string error = {};             // failed: the error as JSON

    Millis due() const { return running_since + delay; }
};

// What a client asks for.
struct DelayedDraft {
    RoomId room;
    std::string type;
    std::optional<std::string> state_key = {};
    json::Object content;
    Millis delay{0};
    std::optional<Transaction> transaction = {};  // asked again, the same answer
};

// Port: whether somebody may still write when the time has come. Implemented over users/.
class DelayedSenders {
public:
    virtual ~DelayedSenders() = default;
    virtual Result<void> check_may_send(const UserId& user) const = 0;  // may block. Error: M_USER_SUSPENDED
};

// Purpose:  keeps delayed events in rows of their sender's shard, and sends each once when its time has come.
// Owner:    app::Services.  Runs on: workers.
// Stops by: stop(), before the timers and workers do. What is scheduled goes on at the next start().
class DelayedEvents {
public:
    static constexpr Millis kMaxDelay{24 * 3'600'000};
    static constexpr std::size_t kMaxScheduled = 100;     // of one user
    static constexpr std::size_t kMaxFinalised = 100;     // of one user; the newest
    static constexpr std::size_t kMaxContent = 65'536;    // bytes; no event is larger
    static constexpr Millis kKept{7LL * 24 * 3'600'000};  // finalised ones

    DelayedEvents(Rooms& rooms, storage::Db& db, const DelayedSenders& senders, Timers& timers, const Clock& clock,
                  Random& random, Executor& workers)
        : rooms_(rooms), db_(db), senders_(senders), timers_(timers), clock_(clock), random_(random), tasks_(workers) {}
    ~DelayedEvents() { stop(); }

    // Before traffic. Events whose time passed meanwhile are sent at once.
    Result<void> start();
    void stop();

    // The delay's id: nobody can guess it, and who knows it may act on it. Errors: M_MAX_DELAY_EXCEEDED (with the
    // maximum), M_INVALID_PARAM, M_TOO_LARGE, M_LIMIT_EXCEEDED (too many of the user's are scheduled).
    Task<Result<std::string>> schedule(UserId user, DelayedDraft draft);
    // Errors: M_NOT_FOUND; 409 M_UNKNOWN (finalised otherwise); M_USER_SUSPENDED for all but `cancel`; for `send` what
    // sending says: it stays scheduled then.
    Task<Result<void>> act(std::string id, DelayedAction action);

    // Null when there is none, or it is another user's.
    Result<std::optional<DelayedEvent>> find(UserNumber user, std::string_view id) const;
    Result<std::vector<DelayedEvent>> list(UserNumber user) const;
    // With the account: nothing is sent any more, and all rows go.
    Task<Result<void>> forget_user(UserNumber user);
    // With the room: the same for what the user has scheduled there.
    Task<Result<void>> forget_room(UserNumber user, RoomId room);

private:
    std::string new_id(UserNumber user, const std::optional<Transaction>& transaction);
    static std::optional<UserNumber> user_in(std::string_view id);
    std::string key(std::string_view id) const { return db_.digest("delay", id); }
    Result<std::optional<DelayedEvent>> read(UserNumber user, std::string_view id) const;
    Task<Result<void>> forget(UserNumber user, std::vector<DelayedEvent> events);
    Task<Result<void>> write(UserNumber user, DelayedEvent event);
    Task<Result<EventId>> send(const DelayedEvent& event);
    Task<Result<void>> finalise(UserNumber user, DelayedEvent event, DelayedState state, bool by_action);
    Task<void> fire(UserNumber user, std::string id);
    // Finalised rows go when their time is over, also those of users who do nothing any more.
    void sweep_after(Millis wait);
    Task<void> sweep();
    void arm(UserNumber user, const std::string& id, Millis wait);
    void disarm(const std::string& id);

    Rooms& rooms_;
    storage::Db& db_;
    const DelayedSenders& senders_;
    Timers& timers_;
    const Clock& clock_;
    Random& random_;
    Lanes lanes_;  // by user
    std::mutex mutex_;
    bool stopping_ = false;
    std::map<std::string, Timers::Id> armed_;
    std::optional<Timers::Id> next_sweep_;
    TaskGroup tasks_;
};

}  // namespace peyk::rooms
