#include "push/sender_run.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/logging.h"
#include "push/tables.h"

namespace peyk::push {
namespace {

constexpr storage::Position kNow = ~storage::Position{0};
constexpr Millis kLookAround{600'000};  // a wake-up that was lost costs no more than this
constexpr std::size_t kMaxDue = 200;    // at one time; older ones are let go

}  // namespace

Sender::Sender(Parts parts, SenderOptions options) : parts_(parts), options_(std::move(options)) {
    parts_.feed.listen([this](const FeedEntry& entry) {
        if (entry.position > 0) pool_.post([this, entry] { wake(entry); });
    });
}

void Sender::wake(const FeedEntry& entry) {
    std::vector<RunPtr> woken;
    {
        std::lock_guard lock(mutex_);
        if (entry.kind == FeedEntry::Kind::room) {
            auto found = by_room_.find(entry.number);
            if (found == by_room_.end()) return;
            woken = found->second;
            for (auto& run : woken) run->dirty.insert(entry.number);
        } else {
            for (auto at = runs_.lower_bound({entry.number, ""}); at != runs_.end() && at->first.first == entry.number;
                 ++at) {
                at->second->rooms_changed = true;
                woken.push_back(at->second);
            }
        }
    }
    for (auto& run : woken) run->wakeup.notify();
}

Result<void> Sender::start() {
    PEYK_TRY(auto owners, parts_.pushers.owners());
    for (auto user : owners) PEYK_CHECK(start_runs(user));
    return {};
}

void Sender::stop() {
    group_.stop();
    pool_.stop();
    std::lock_guard lock(mutex_);
    runs_.clear();
    by_room_.clear();
}

void Sender::pushers_changed(UserNumber user) {
    if (auto started = start_runs(user); !started)
        log::warning("push", "a pusher could not be started: {}", started.error().detail);
}

Result<void> Sender::start_runs(UserNumber user) {
    PEYK_TRY(auto pushers, parts_.pushers.of(user));
    for (auto& pusher : pushers) {
        PEYK_TRY(auto row, parts_.db.get(kPusherStates, user, pusher.key));
        auto position = row && row->body.size() == 8 ? get_u64be(row->body.data()) : parts_.db.visible();
        const auto* kind = pusher.json.find("kind");
        auto run = std::make_shared<Run>(Run{pusher.user, user, pusher.key, position});
        run->by_mail = kind && *kind == json::Value("email");
        if (!row) remember(*run, position);
        {
            std::lock_guard lock(mutex_);
            if (!runs_.emplace(std::pair{user, pusher.key}, run).second) continue;
        }
        group_.spawn("pusher", work(run));
    }
    return {};
}

void Sender::forget(const Run& run) {
    std::lock_guard lock(mutex_);
    auto key = std::pair{run.number, run.key};
    auto found = runs_.find(key);
    if (found == runs_.end() || found->second.get() != &run) return;
    for (const auto& [room, about] : run.rooms) {
        auto at = by_room_.find(room);
        if (at == by_room_.end()) continue;
        std::erase(at->second, found->second);
        if (at->second.empty()) by_room_.erase(at);
    }
    runs_.erase(found);
}

Task<Sender::Sent> Sender::work_by_gateway(RunPtr run) {
    auto stop = group_.stop_token();
    auto outcome = Sent::done;
    while (outcome == Sent::done && !stop.stop_requested()) {
        auto due = collect(*run);
        if (!due) log::warning("push", "notifications could not be read: {}", due.error().detail);
        for (std::size_t i = 0; due && i < due->size() && outcome == Sent::done; ++i) {
            auto one = std::make_shared<const Due>((*due)[i]);
            outcome = co_await deliver(run, one, i == 0);
            if (outcome == Sent::done) remember(*run, one->event->position);
        }
        // What was read elsewhere: the number on the icon.
        if (outcome == Sent::done && due && run->told && *run->told != run->total() && !has_news(*run))
            outcome = co_await deliver(run, nullptr, true);
        if (due && !run->told) run->told = run->total();
        if (outcome != Sent::done) break;
        co_await run->wakeup.wait(parts_.timers, kLookAround, stop);
    }
    co_return outcome;
}

Task<void> Sender::work(RunPtr run) {
    auto stop = group_.stop_token();
    auto line = run->by_mail ? work_by_mail(run) : work_by_gateway(run);
    auto outcome = co_await std::move(line);
    if (outcome == Sent::pusher_gone) {
        auto change = storage::Change(parts_.db, Owner::user, run->number, parts_.db.epoch(Owner::user, run->number));
        change.del(kPusherStates, run->number, run->key);
        // Before the run is forgotten: one that begins anew must not lose its own place by it.
        auto deleted = co_await parts_.db.commit(std::move(change));
        if (!deleted) log::warning("push", "a pusher's place stays behind: {}", deleted.error().detail);
    }
    forget(*run);
    // Set again meanwhile, it met this run and began none.
    if (outcome == Sent::pusher_gone && !stop.stop_requested()) pushers_changed(run->number);
}

bool Sender::has_news(const Run& run) {
    std::lock_guard lock(mutex_);
    return run.rooms_changed || !run.dirty.empty();
}

Result<std::vector<Sender::Due>> Sender::collect(Run& run) {
    std::set<RoomNumber> dirty;
    bool rooms_changed;
    {
        std::lock_guard lock(mutex_);
        dirty.swap(run.dirty);
        rooms_changed = std::exchange(run.rooms_changed, false);
    }
    std::vector<Due> due;
    Result<void> looked;
    if (rooms_changed) looked = look_at_rooms(run, dirty, due);
    for (auto number : dirty) {
        auto room = run.rooms.find(number);
        if (looked && room != run.rooms.end()) looked = look_into(run, room->second, due);
    }
    if (!looked) {  // all of it again, next time
        std::lock_guard lock(mutex_);
        run.dirty.insert(dirty.begin(), dirty.end());
        run.rooms_changed = run.rooms_changed || rooms_changed;
        if (due.empty()) return std::unexpected(std::move(looked.error()));
    }
    std::ranges::sort(due, {}, [](const Due& each) {
        return std::tuple(each.event->position, each.room.number, each.event->number);
    });
    if (due.size() > kMaxDue) due.erase(due.begin(), due.end() - kMaxDue);
    return due;
}

// Which rooms the user is in now; new ones are looked into from where the pusher stopped.
Result<void> Sender::look_at_rooms(Run& run, std::set<RoomNumber>& dirty, std::vector<Due>& due) {
    PEYK_TRY(auto joined, parts_.rooms.joined(run.number));
    std::map<RoomNumber, RoomKey> rooms;
    for (auto& each : joined) {
        rooms.emplace(each.room.number, each.room);
        if (run.seen.contains(each.room.number)) continue;
        auto seen = each.entered;
        if (!run.looked) {
            PEYK_TRY(auto then, parts_.rooms.last(each.room, run.position));
            seen = std::max(seen, then);
        }
        run.seen[each.room.number] = seen;
        dirty.insert(each.room.number);
    }
    {
        std::lock_guard lock(mutex_);
        auto self = runs_.find({run.number, run.key});
        if (self == runs_.end() || self->second.get() != &run) return {};
        for (const auto& [number, room] : run.rooms) {
            if (!rooms.contains(number)) std::erase(by_room_[number], self->second);
        }
        for (const auto& [number, room] : rooms) {
            if (!run.rooms.contains(number)) by_room_[number].push_back(self->second);
        }
    }
    std::erase_if(run.seen, [&](const auto& entry) { return !rooms.contains(entry.first); });
    std::erase_if(run.unread, [&](const auto& entry) { return !rooms.contains(entry.first); });
    // Watched from now on. What came between the two looks is found because the rooms are looked into after this.
    for (const auto& [number, room] : rooms) {
        if (!run.rooms.contains(number)) dirty.insert(number);
    }
    run.rooms = std::move(rooms);
    PEYK_TRY(auto invitations, parts_.rooms.invitations(run.number));
    for (auto& each : invitations) {
        if (!run.invitations.emplace(each.room.number, each.event->number).second) continue;
        if (run.looked || each.event->position > run.position)
            due.push_back({std::move(each.room), std::move(each.event), true});
    }
    run.looked = true;
    return {};
}

Result<void> Sender::look_into(Run& run, const RoomKey& room, std::vector<Due>& due) {
    PEYK_TRY(auto last, parts_.rooms.last(room, kNow));
    auto& seen = run.seen[room.number];
    // After a long time without this process: what is older counts as read.
    if (last > UnreadCounts::kWindow) seen = std::max(seen, last - UnreadCounts::kWindow);
    std::vector<EventNumber> found;
    auto note = [&](const UnreadCounts::Notice& notice) {
        if (!notice.read) found.push_back(notice.number);
        return found.size() < kMaxDue;
    };
    PEYK_CHECK(parts_.counts.each(run.user, run.number, room, seen, last + 1, note));
    for (auto number : found) {
        PEYK_TRY(auto events, parts_.rooms.events(room, number, number + 1));
        if (!events.empty()) due.push_back({room, std::move(events.front())});
    }
    seen = std::max(seen, last);
    PEYK_TRY(auto unread, parts_.counts.of(run.user, run.number, room, last));
    run.unread[room.number] = unread.all.notifications;
    return {};
}

void Sender::remember(Run& run, storage::Position position) {
    run.position = std::max(run.position, position);
    std::string body;
    put_u64be(body, run.position);
    storage::Change change(parts_.db, Owner::user, run.number, parts_.db.epoch(Owner::user, run.number));
    change.put(kPusherStates, run.number, run.key, body);
    // Queued, not awaited: a crash now sends one notification twice, which gateways tell by its event id.
    auto pending = parts_.db.start_commit(std::move(change));
}

}  // namespace peyk::push
