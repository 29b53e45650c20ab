#pragma once
// Notifications to push gateways. Spec: Push Gateway API; Client-Server API › POST /pushers/set.

#include <set>
#include <unordered_map>

#include "async/task_group.h"
#include "async/timers.h"
#include "base/random.h"
#include "http/client/client.h"
#include "push/unread.h"

namespace peyk::push {

// What push/ asks of users/ about pushers. Reads block.
class PusherSource {
public:
    struct Pusher {
        UserId user;
        std::string key;          // 16 bytes, the same for the same app id and push key
        json::Object json;        // as GET /pushers lists it
        std::int64_t set_at = 0;  // seconds, to the day
    };
    virtual ~PusherSource() = default;
    virtual Result<std::vector<UserNumber>> owners() const = 0;
    virtual Result<std::vector<Pusher>> of(UserNumber user) const = 0;
    virtual Task<Result<void>> remove(UserNumber user, std::string key) = 0;
};

// Port: how a notice leaves by e-mail. Implemented over users/ and the mail server.
class Notices {
public:
    virtual ~Notices() = default;
    // Says how much is unread, and nothing else. Errors: not_found (the address is none of the user's any more),
    // rate_limited, and those of the mail server.
    virtual Task<Result<void>> send(UserId user, std::string address, std::uint64_t unread) = 0;
};

struct SenderOptions {
    bool full = false;  // else nothing but ids and counts, whatever the client asks for
    Millis jitter{2'000};
    // Origins ("https://push.example.org") that may be called. "*": any public one.
    std::vector<std::string> gateways;
    Millis first_retry{1'000};
    Millis longest_retry{3'600'000};
    Millis give_up{86'400'000};       // of one notification
    Millis notice_delay{600'000};     // so long something stays unread before a mail says so
    Millis notice_again{86'400'000};  // before a second one, when nothing was read since
};

// Purpose:  one line of notifications for each pusher, in order, sent again until the gateway takes them.
// Owner:    app::Services.  Runs on: two threads of its own, so that a message to a room with thousands of pushers does
//           not make requests wait behind them.  Stops by: stop(). What was not sent is sent by the next process.
class Sender {
public:
    struct Parts {
        storage::Db& db;
        const RoomSource& rooms;
        UnreadCounts& counts;
        PusherSource& pushers;
        http::Outbound& outbound;
        Feed& feed;
        Timers& timers;
        const Clock& clock;
        Random& random;
        Notices* notices = nullptr;  // null: nothing leaves by e-mail
    };
    Sender(Parts parts, SenderOptions options);
    ~Sender() { stop(); }

    // Goes on where the last process stopped. Blocks. Errors: reading the pushers.
    Result<void> start();
    void stop();
    // A pusher was set or taken away; any thread, blocks.
    void pushers_changed(UserNumber user);

private:
    struct Run;
    struct Due;
    enum class Sent : unsigned char { done, pusher_gone, stopping };
    enum class Verdict : unsigned char { taken, refused, later, pusher_gone, stopping };
    struct Message {
        std::optional<PusherSource::Pusher> pusher;
        std::string body;
    };
    using RunPtr = std::shared_ptr<Run>;

    void wake(const FeedEntry& entry);
    Result<void> start_runs(UserNumber user);
    Task<void> work(RunPtr run);
    Task<Sent> work_by_gateway(RunPtr run);
    Task<Sent> work_by_mail(RunPtr run);
    Result<std::uint64_t> unread(const Run& run, const std::vector<Due>& due);
    Task<Sent> mail(RunPtr run, std::uint64_t unread);
    void forget(const Run& run);
    bool has_news(const Run& run);
    Result<std::vector<Due>> collect(Run& run);
    Result<void> look_at_rooms(Run& run, std::set<RoomNumber>& dirty, std::vector<Due>& due);
    Result<void> look_into(Run& run, const RoomKey& room, std::vector<Due>& due);
    Result<bool> is_read(const Run& run, const Due& due);
    Result<std::optional<PusherSource::Pusher>> pusher(const Run& run) const;
    Result<Message> message(const Run& run, const Due* due);
    Task<Sent> deliver(RunPtr run, std::shared_ptr<const Due> due, bool first);
    Task<Verdict> hand_over(RunPtr run, std::string body, PusherSource::Pusher pusher);
    Result<std::string> body(const Run& run, const PusherSource::Pusher& pusher, const Due* due) const;
    std::optional<http::Reach> reach(const http::Url& url) const;
    void remember(Run& run, storage::Position position);

    Parts parts_;
    const SenderOptions options_;
    std::mutex mutex_;
    std::map<std::pair<UserNumber, std::string>, RunPtr> runs_;
    std::unordered_map<RoomNumber, std::vector<RunPtr>> by_room_;
    WorkerPool pool_{"push", 2};
    TaskGroup group_{pool_};
};

}  // namespace peyk::push
