#pragma once
// How much a user has not read. Spec: Client-Server API › Receiving notifications; Threading.

#include <map>

#include "push/pages.h"
#include "push/rule_book.h"

namespace peyk::push {

struct UnreadCount {
    std::uint64_t notifications = 0;
    std::uint64_t highlights = 0;
    bool operator==(const UnreadCount&) const = default;
};

struct RoomUnread {
    UnreadCount all;                             // every thread and the main timeline
    UnreadCount main;                            // the main timeline alone
    std::map<std::string, UnreadCount> threads;  // by root; only those with something
};

// Up to where a user has read, thread by thread.
class ReadState {
public:
    ReadState(EventNumber entered, const std::vector<ReadMark>& marks);
    EventNumber floor() const { return floor_; }
    // `thread`: empty for the main timeline.
    bool has_read(EventNumber number, const std::string& thread) const;

private:
    EventNumber floor_;  // of all threads
    EventNumber main_ = 0;
    std::map<std::string, EventNumber> threads_;
};

// Purpose:  counts, from pages of events that are made on demand: sending writes nothing for it.
// Runs on:  workers (blocks).
class UnreadCounts {
public:
    // Events that are looked at, counted from the last one: older ones count as read.
    static constexpr EventNumber kWindow = 40 * kPageEvents;

    UnreadCounts(storage::Db& db, const RoomSource& source, RuleBook& book)
        : source_(source), book_(book), pages_(db, source) {}

    // What the user has not read of events up to and with number `last`. Zeros when the user is not in the room.
    Result<RoomUnread> of(const UserId& user, UserNumber number, const RoomKey& room, EventNumber last);

    // What notified the user, the newest first, among events with low < number < high, until `visit` returns false.
    struct Notice {
        EventNumber number;
        bool highlight;
        bool read;
        std::string_view thread;
    };
    using Visit = std::function<bool(const Notice&)>;
    Result<void> each(const UserId& user, UserNumber number, const RoomKey& room, EventNumber low, EventNumber high,
                      const Visit& visit);
    // The actions of the rule that let an event notify; null when none does.
    struct Found {
        std::shared_ptr<const RuleSet> keeps;
        const Actions* actions = nullptr;
    };
    Result<Found> actions(const UserId& user, UserNumber number, const RoomKey& room, const StoredEvent& event);

    Pages& pages() { return pages_; }

private:
    const RoomSource& source_;
    RuleBook& book_;
    Pages pages_;
};

}  // namespace peyk::push
