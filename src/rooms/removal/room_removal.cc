#include "rooms/removal/room_removal.h"

#include <set>

#include "base/bytes.h"
#include "base/logging.h"
#include "core/errors.h"
#include "rooms/removal/removed_event.h"

namespace peyk::rooms {
namespace {

constexpr std::uint64_t kServer = 0;
constexpr std::size_t kPage = 500;
constexpr std::size_t kAtOnce = 64;  // users whose rows become durable together

}  // namespace

std::string RoomRemoval::encode(const Mark& mark) {
    std::string out;
    put_u8(out, static_cast<std::uint8_t>(mark.stage));
    put_u64be(out, static_cast<std::uint64_t>(mark.at.count()));
    put_bytes(out, mark.room);
    return out;
}

Result<RoomRemoval::Mark> RoomRemoval::decode(const storage::Entry& entry) {
    ByteReader reader(entry.body);
    auto stage = reader.u8();
    Mark mark;
    mark.at = Millis{static_cast<std::int64_t>(reader.u64be())};
    mark.room = reader.bytes();
    if (!reader.done() || entry.rest.size() != 8 || stage > static_cast<std::uint8_t>(Stage::settled))
        return fail(Errc::corrupt, "the mark of a removed room does not decode");
    mark.stage = static_cast<Stage>(stage);
    return mark;
}

Result<std::optional<RoomRemoval::Mark>> RoomRemoval::mark_of(RoomNumber room) const {
    PEYK_TRY(auto entry, parts_.db.get(kRemovedRooms, kServer, number_key(room)));
    if (!entry) return std::nullopt;
    entry->rest = number_key(room);
    PEYK_TRY(auto mark, decode(*entry));
    return std::optional(std::move(mark));
}

Task<Result<void>> RoomRemoval::write(RoomNumber room, std::optional<Mark> mark) {
    storage::Change change(parts_.db, Owner::server, kServer, parts_.db.epoch(Owner::server, kServer));
    if (mark) {
        change.put(kRemovedRooms, kServer, number_key(room), encode(*mark));
    } else {
        change.del(kRemovedRooms, kServer, number_key(room));
    }
    PEYK_CO_CHECK(co_await parts_.db.commit(std::move(change)));
    co_return Result<void>{};
}

void RoomRemoval::look_again(RoomNumber room) {
    std::lock_guard lock(mutex_);
    waiting_[room] = parts_.clock.monotonic() + kAgain;
}

Task<Result<void>> RoomRemoval::remove(RoomId room) {
    const auto& store = parts_.rooms.store();
    auto number = store.number(room);
    auto guard = co_await lanes_.enter(number);
    PEYK_CO_TRY(auto mark, mark_of(number));
    if (mark && mark->stage == Stage::going && mark->room == room.view()) {
        // Asked for again after a failure.
        auto again = carry_out(number, *std::move(mark));
        co_return co_await std::move(again);
    }
    PEYK_CO_TRY(auto info, store.find(room));
    if (!info) co_return m::not_found("This server does not know the room");
    Mark fresh{Stage::going, parts_.clock.now(), room.str()};
    PEYK_CO_CHECK(co_await write(number, fresh));
    co_return co_await carry_out(number, std::move(fresh));
}

Task<Result<void>> RoomRemoval::carry_out(RoomNumber room, Mark mark) {
    look_again(room);
    PEYK_CO_CHECK(co_await parts_.rooms.close(room));
    auto id = RoomId::trusted(mark.room);
    PEYK_CO_CHECK(co_await leave_lists(id));
    PEYK_CO_TRY(auto info, parts_.rooms.store().find_kept(room));
    if (info) {
        auto told = co_await send_away(info, mark);
        // Of a room whose state cannot be read nobody can be told, and it goes all the same.
        if (!told && told.error().code != Errc::corrupt) co_return told;
        if (!told) log::warning("rooms", "people are not told of a damaged room that was removed");
    }
    PEYK_CO_CHECK(co_await parts_.rooms.destroy(room));
    mark.stage = Stage::destroyed;
    mark.room.clear();
    PEYK_CO_CHECK(co_await write(room, std::move(mark)));
    look_again(room);
    co_return Result<void>{};
}

Task<Result<void>> RoomRemoval::leave_lists(RoomId room) {
    PEYK_CO_TRY(auto aliases, parts_.directory.aliases_of(room));
    for (auto& alias : aliases) {
        auto removed = co_await parts_.directory.remove_alias(std::move(alias));
        if (!removed && removed.error().code != Errc::not_found) co_return removed;
    }
    PEYK_CO_TRY(bool published, parts_.directory.published(room));
    if (published) PEYK_CO_CHECK(co_await parts_.directory.set_published(room, false));
    if (parts_.traces) PEYK_CO_CHECK(co_await parts_.traces->forget_room(std::move(room)));
    co_return Result<void>{};
}

// Everybody whom the room's state knows: those who left have a row too.
Task<Result<void>> RoomRemoval::send_away(RoomInfoPtr room, Mark mark) {
    const auto& store = parts_.rooms.store();
    PEYK_CO_TRY(auto top, store.top(*room));
    PEYK_CO_TRY(auto members, store.members(*room, top.roots));
    auto news = removal_news(parts_.server_user, mark.at);
    for (std::size_t from = 0; from < members.size(); from += kAtOnce) {
        std::vector<UserNumber> users;
        for (auto at = from; at < std::min(from + kAtOnce, members.size()); ++at) users.push_back(members[at].place);
        for (auto user : users) PEYK_CO_CHECK(co_await parts_.delayed.forget_room(user, room->id));
        PEYK_CO_CHECK(co_await parts_.memberships.remove(std::move(users), room->number, top.number + 1, news));
    }
    co_return Result<void>{};
}

// Inside the lane of the room.
Task<Result<void>> RoomRemoval::go_on(RoomNumber room) {
    PEYK_CO_TRY(auto mark, mark_of(room));
    if (mark && mark->stage == Stage::going) {
        auto carried = carry_out(room, *std::move(mark));
        co_return co_await std::move(carried);
    }
    if (mark && mark->stage == Stage::destroyed) {
        PEYK_CO_CHECK(co_await parts_.rooms.destroy(room));
        mark->stage = Stage::settled;
        PEYK_CO_CHECK(co_await write(room, *std::move(mark)));
    }
    std::lock_guard lock(mutex_);
    waiting_.erase(room);
    co_return Result<void>{};
}

Task<Result<void>> RoomRemoval::resume() {
    std::string from;
    for (;;) {
        PEYK_CO_TRY(auto rows, parts_.db.scan(kRemovedRooms, kServer, from, "", kPage));
        for (const auto& row : rows) {
            PEYK_CO_TRY(auto mark, decode(row));
            if (mark.stage == Stage::settled) continue;
            auto room = get_u64be(row.rest.data());
            auto guard = co_await lanes_.enter(room);
            auto done = co_await go_on(room);
            if (done) continue;
            look_again(room);
            log::warning("rooms", "a room that was removed is not gone yet: {}", errc_name(done.error().code));
        }
        if (rows.size() < kPage) co_return Result<void>{};
        from = rows.back().rest + '\0';
    }
}

Task<Result<void>> RoomRemoval::catch_up() {
    std::vector<RoomNumber> due;
    {
        std::lock_guard lock(mutex_);
        for (const auto& [room, until] : waiting_) {
            if (until <= parts_.clock.monotonic()) due.push_back(room);
        }
    }
    Result<void> out;
    for (auto room : due) {
        auto guard = co_await lanes_.enter(room);
        auto done = co_await go_on(room);
        if (done) continue;
        look_again(room);
        out = std::move(done);
    }
    co_return out;
}

Task<Result<std::size_t>> RoomRemoval::forget_old(std::stop_token stop) {
    std::set<RoomNumber> due;
    auto now = parts_.clock.now();
    std::string from;
    for (bool more = true; more;) {
        PEYK_CO_TRY(auto rows, parts_.db.scan(kRemovedRooms, kServer, from, "", kPage));
        for (const auto& row : rows) {
            PEYK_CO_TRY(auto mark, decode(row));
            if (mark.stage == Stage::settled && mark.at + kTold <= now) due.insert(get_u64be(row.rest.data()));
        }
        more = rows.size() == kPage;
        if (more) from = rows.back().rest + '\0';
    }
    std::size_t count = 0;
    if (due.empty()) co_return count;
    std::string next;
    do {
        if (stop.stop_requested()) co_return count;
        PEYK_CO_TRY(auto rows, parts_.memberships.removed(next, kPage));
        for (const auto& row : rows) {
            if (!due.contains(row.room)) continue;
            PEYK_CO_CHECK(co_await parts_.memberships.drop_removed(row.user, row.room));
            ++count;
        }
    } while (!next.empty());
    for (auto room : due) {
        auto guard = co_await lanes_.enter(room);
        PEYK_CO_CHECK(co_await write(room, std::nullopt));
        ++count;
    }
    co_return count;
}

}  // namespace peyk::rooms
