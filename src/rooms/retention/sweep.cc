#include "rooms/retention/sweep.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/logging.h"

namespace peyk::rooms {
namespace {

constexpr std::uint64_t kServer = 0;
constexpr std::size_t kBatch = 200;      // events destroyed in one stay in a lane
constexpr std::size_t kPage = 200;       // rows read at once, once more than a few are
constexpr std::size_t kFirstPage = 10;   // in most rooms the first one says that nothing is due
constexpr std::size_t kAhead = 8;        // events looked at behind one that is not due, for some that are
constexpr std::size_t kMaxLeft = 1'000;  // of one room; it waits at the next one that is dated ahead
constexpr Millis kDatedAhead{300'000};   // of the clock: by no clock that is about right
constexpr EventNumber kFar = 1'000;      // a cursor that moved so far is written down though nothing was destroyed
constexpr Millis kTick{5'000};
constexpr Millis kShortestTick{100};
constexpr Millis kRetry{60'000};

// Of the wall clock, beyond what time has passed: no leap that hands make when they set it right.
constexpr Millis kLeap{3'600'000};
constexpr Millis kLongOff{7LL * 24 * 3'600'000};  // between two runs of the process
constexpr Millis kHold{3'600'000};
constexpr Millis kNoteEvery{3'600'000};

}  // namespace

// Row: next, then number and time of each that was left, all varints.
std::string RetentionCursor::encode() const {
    std::string out;
    put_varint(out, next);
    for (const auto& each : left) {
        put_varint(out, each.number);
        put_varint(out, static_cast<std::uint64_t>(each.time));
    }
    return out;
}

Result<RetentionCursor> RetentionCursor::decode(std::string_view body) {
    ByteReader reader(body);
    RetentionCursor out{reader.varint(), {}};
    while (reader.ok() && !reader.rest().empty()) {
        auto number = reader.varint();
        out.left.push_back({number, static_cast<std::int64_t>(reader.varint())});
    }
    if (!reader.done() || out.left.size() > kMaxLeft) return fail(Errc::corrupt, "a retention cursor does not decode");
    return out;
}

// What is to be done next in a room.
struct RetentionSweep::Step {
    RoomInfoPtr room;  // null: no such room any more
    Millis lifetime{0};
    RetentionCursor before, cursor;
    EventNumber last = 0;
    std::vector<StoredEventPtr> victims;
    std::optional<std::int64_t> oldest;  // time of the oldest that is not due
    void not_due(std::int64_t time) { oldest = std::min(oldest.value_or(time), time); }
    bool full() const { return victims.size() >= kBatch; }
};

RetentionSweep::RetentionSweep(Parts parts) : parts_(parts), tasks_(parts.workers) {
    if (!parts_.store.lifetimes().enabled()) return;
    // What is written to a room is newer than what it is waited for.
    parts_.activity.watch([this](RoomNumber room) {
        std::lock_guard lock(mutex_);
        if (!due_.contains(room)) touched_.insert(room);
    });
    parts_.store.lifetimes().watch([this](RoomNumber room) { touch(room); });
}

void RetentionSweep::start() {
    if (parts_.store.lifetimes().enabled()) tasks_.spawn("retention", run());
}

Task<void> RetentionSweep::run() {
    auto stop = tasks_.stop_token();
    for (;;) {
        if (auto done = co_await pass(); !done)
            log::warning("rooms", "events past their lifetime wait to be destroyed: {}", errc_name(done.error().code));
        auto due = next_due();
        auto wait = due ? std::clamp(*due - parts_.clock.now(), kShortestTick, kTick) : kTick;
        if (!co_await sleep_for(parts_.timers, wait, stop)) co_return;
    }
}

std::optional<Millis> RetentionSweep::next_due() const {
    std::lock_guard lock(mutex_);
    return in_order_.empty() ? std::nullopt : std::optional(in_order_.begin()->first);
}

void RetentionSweep::schedule(RoomNumber room, std::optional<Millis> due) {
    std::lock_guard lock(mutex_);
    if (auto before = due_.find(room); before != due_.end()) {
        in_order_.erase({before->second, room});
        due_.erase(before);
    }
    if (!due) return;
    due_.emplace(room, *due);
    in_order_.insert({*due, room});
}

std::vector<RoomNumber> RetentionSweep::take_due() {
    auto now = parts_.clock.now();
    std::lock_guard lock(mutex_);
    for (const auto& [due, room] : in_order_) {
        if (due > now) break;
        touched_.insert(room);
    }
    std::vector<RoomNumber> out(touched_.begin(), touched_.end());
    touched_.clear();
    return out;
}

Task<Result<std::size_t>> RetentionSweep::pass() {
    if (!parts_.store.lifetimes().enabled()) co_return std::size_t{0};
    PEYK_CO_TRY(bool calm, co_await clock_is_calm());
    if (!calm) co_return std::size_t{0};
    if (!surveyed_) PEYK_CO_CHECK(co_await survey());
    surveyed_ = true;
    std::size_t destroyed = 0;
    auto stop = tasks_.stop_token();
    for (auto room : take_due()) {
        if (stop.stop_requested()) break;
        auto done = co_await sweep_room(room);
        if (done) {
            destroyed += *done;
            continue;
        }
        log::warning("rooms", "events past their lifetime wait in one room: {}", errc_name(done.error().code));
        schedule(room, parts_.clock.now() + kRetry);
    }
    co_return destroyed;
}

// Rooms that are to be looked at since nothing is known of them yet.
Task<Result<void>> RetentionSweep::survey() {
    std::string next;
    do {
        PEYK_CO_TRY(auto rows, parts_.db.walk(kRoomInfo, next, kPage));
        std::lock_guard lock(mutex_);
        for (const auto& row : rows) touched_.insert(row.owner);
    } while (!next.empty());
    co_return Result<void>{};
}

void RetentionSweep::touch(RoomNumber room) {
    std::lock_guard lock(mutex_);
    touched_.insert(room);
}

Task<Result<std::size_t>> RetentionSweep::sweep_room(RoomNumber room) {
    std::size_t destroyed = 0;
    auto stop = tasks_.stop_token();
    for (;;) {
        auto visible = parts_.db.visible(Owner::room, room);
        PEYK_CO_TRY(auto step, examine(room));
        if (!step.victims.empty()) {
            destroyed += step.victims.size();
            PEYK_CO_CHECK(co_await destroy(std::move(step)));
            if (stop.stop_requested()) co_return destroyed;
            continue;
        }
        std::optional<Millis> due;
        // At least a while: more that are dated ahead than it may pass by keep it from some that are due.
        if (step.oldest)
            due = std::max(Millis{*step.oldest} + step.lifetime + slack(step.lifetime),
                           parts_.clock.now() + kShortestTick);
        schedule(room, due);
        if (!due && parts_.activity.is_newer(room, visible))
            touch(room);  // told of it before there was anything to see
        if (step.cursor.next >= step.before.next + kFar) PEYK_CO_CHECK(co_await remember(room, step.cursor));
        co_return destroyed;
    }
}

Result<RetentionSweep::Step> RetentionSweep::examine(RoomNumber number) const {
    Step step;
    const auto& store = parts_.store;
    PEYK_TRY(step.room, store.find(number));
    if (!step.room) return step;
    PEYK_TRY(auto lifetime, store.lifetimes().of(store, *step.room));
    if (!lifetime) return step;
    step.lifetime = *lifetime;
    PEYK_TRY(auto cutoff, store.lifetimes().cutoff(store, *step.room));
    PEYK_TRY(auto row, parts_.db.get(kRetention, number, ""));
    if (row) {
        PEYK_TRY(step.before, RetentionCursor::decode(row->body));
    }
    step.cursor = step.before;
    PEYK_TRY(auto top, store.top(*step.room));
    step.last = top.number;
    PEYK_CHECK(take_left(step, cutoff));
    PEYK_CHECK(take_new(step, cutoff));
    return step;
}

Result<void> RetentionSweep::take_left(Step& step, const Cutoff& cutoff) const {
    auto& left = step.cursor.left;
    for (std::size_t at = 0; at < left.size() && !step.full();) {
        PEYK_TRY(auto event, parts_.store.kept_event(*step.room, left[at].number));
        if (event && !cutoff.hides(*event)) {
            step.not_due(left[at++].time);
            continue;
        }
        if (event) step.victims.push_back(std::move(event));
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return {};
}

// Goes on from the cursor until some events in a row are not due. The cursor does not wait for what is dated ahead,
// or one message of a careless bridge would keep all that follow it.
Result<void> RetentionSweep::take_new(Step& step, const Cutoff& cutoff) const {
    auto& cursor = step.cursor;
    auto ahead = (parts_.clock.now() + kDatedAhead).count();
    std::vector<RetentionCursor::Left> passed;  // not due, since the last one that was
    auto at = cursor.next;
    bool stop = step.full();
    for (auto page = kFirstPage; at <= step.last && !stop; page = kPage) {
        PEYK_TRY(auto run, parts_.store.kept_events(*step.room, at, step.last + 1, page));
        at = run.next;
        for (auto& event : run.events) {
            RetentionCursor::Left place{event->number, event->event->origin_server_ts};
            bool room_left = cursor.left.size() + passed.size() < kMaxLeft;
            // What is the last one, or becomes it now, stays as a husk, to be met again.
            bool stays = event->number == step.last;
            if (event->event->is_state()) {
                if (passed.empty()) cursor.next = event->number + 1;
            } else if (event->husk && stays) {
                stop = true;
            } else if (cutoff.hides(*event) && (room_left || passed.empty())) {
                cursor.left.insert(cursor.left.end(), passed.begin(), passed.end());
                for (const auto& each : passed) step.not_due(each.time);
                passed.clear();
                cursor.next = event->number + (stays ? 0 : 1);
                step.victims.push_back(std::move(event));
            } else if (place.time > ahead && passed.empty() && room_left) {
                cursor.left.push_back(place);
                step.not_due(place.time);
                cursor.next = event->number + 1;
            } else {
                passed.push_back(place);
            }
            stop = stop || passed.size() > kAhead || step.full();
            if (stop) break;
        }
    }
    for (const auto& each : passed) step.not_due(each.time);
    return {};
}

Task<Result<void>> RetentionSweep::destroy(Step step) {
    std::vector<EventNumber> numbers;
    for (const auto& victim : step.victims) numbers.push_back(victim->number);
    auto room = step.room->number;
    PEYK_CO_TRY(auto write, co_await parts_.rooms.enter(step.room->id));
    RoomWrite::More more = [this, room, &numbers, &cursor = step.cursor](storage::Change& change) -> Result<void> {
        change.put(kRetention, room, "", cursor.encode());
        if (!parts_.traces) return {};
        return parts_.traces->erase(change, room, numbers);
    };
    auto ending = std::move(write).destroy(std::move(step.victims), std::move(more));
    PEYK_CO_CHECK(co_await std::move(ending));
    if (parts_.traces) parts_.traces->erased(room, numbers);
    destroyed_ += numbers.size();
    co_return Result<void>{};
}

Task<Result<void>> RetentionSweep::remember(RoomNumber room, const RetentionCursor& cursor) {
    storage::Change change(parts_.db, Owner::room, room, parts_.db.epoch(Owner::room, room));
    change.put(kRetention, room, "", cursor.encode());
    PEYK_CO_CHECK(co_await parts_.db.commit(std::move(change)));
    co_return Result<void>{};
}

// What is hidden by a clock that is wrong comes back when it is set right; what is destroyed does not. So after a leap
// forward nothing is destroyed for a while.
Task<Result<bool>> RetentionSweep::clock_is_calm() {
    auto now = parts_.clock.now(), monotonic = parts_.clock.monotonic();
    auto passed = seen_monotonic_ ? monotonic - *seen_monotonic_ : Millis{0};
    auto allowed = seen_ ? passed + kLeap : kLongOff;
    if (!seen_) {
        PEYK_CO_TRY(auto row, parts_.db.get(kRetentionTime, kServer, ""));
        if (row && row->body.size() == 8) seen_ = Millis{static_cast<std::int64_t>(get_u64be(row->body.data()))};
    }
    if (seen_ && now - *seen_ > allowed) {
        hold_until_ = monotonic + kHold;
        log::warning("rooms",
                     "the clock is {} hours ahead of when events were last looked at for their age: nothing is "
                     "destroyed for an hour. If the clock is wrong, stop the server and set it right",
                     std::chrono::duration_cast<std::chrono::hours>(now - *seen_).count());
    }
    seen_ = now;
    seen_monotonic_ = monotonic;
    if (hold_until_ && monotonic < *hold_until_) co_return false;
    hold_until_.reset();
    if (written_ && now - *written_ < kNoteEvery && now >= *written_) co_return true;
    std::string body;
    put_u64be(body, static_cast<std::uint64_t>(now.count()));
    storage::Change change(parts_.db, Owner::server, kServer, parts_.db.epoch(Owner::server, kServer));
    change.put(kRetentionTime, kServer, "", body);
    PEYK_CO_CHECK(co_await parts_.db.commit(std::move(change)));
    written_ = now;
    co_return true;
}

}  // namespace peyk::rooms
