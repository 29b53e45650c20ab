#include "rooms/membership/memberships.h"

#include <algorithm>

#include "base/bytes.h"

namespace peyk::rooms {
namespace {
enum RowFlags : std::uint8_t { kForgotten = 1, kWasJoined = 2, kRepeated = 4, kRemoved = 8 };
constexpr int kTries = 3;
}  // namespace

std::optional<UserId> inviter_of(const RoomMembership& row, const UserId& user) {
    if (row.membership != Membership::invite) return std::nullopt;
    auto state = json::parse(row.stripped_state);
    if (!state || !state->array()) return std::nullopt;
    for (const auto& event : *state->array()) {
        if (event.get_string("type") != "m.room.member" || event.get_string("state_key") != user.view()) continue;
        auto sender = UserId::parse(event.get_string("sender").value_or(""));
        if (sender) return *std::move(sender);
    }
    return std::nullopt;
}

Memberships::Memberships(storage::Db& db, Feed& feed) : db_(db), feed_(feed) {}

// Row: room id, membership, event number, position the membership began at (0: this row's own), flags, stripped state,
// the last repetition if there was one.
std::string Memberships::encode(const RoomMembership& row) const {
    std::string out;
    put_bytes(out, row.room.view());
    put_u8(out, static_cast<std::uint8_t>(row.membership));
    put_varint(out, row.event);
    put_varint(out, row.entered);
    put_u8(out, static_cast<std::uint8_t>((row.forgotten ? kForgotten : 0) | (row.was_joined ? kWasJoined : 0) |
                                          (row.repeated ? kRepeated : 0) | (row.removed ? kRemoved : 0)));
    put_bytes(out, row.stripped_state);
    if (row.repeated) put_varint(out, row.repeated);
    return out;
}

Result<RoomMembership> Memberships::decode(const storage::Entry& entry) const {
    ByteReader reader(entry.body);
    auto room = RoomId::trusted(std::string(reader.bytes()));
    RoomMembership row{std::move(room), get_u64be(entry.rest.data()), static_cast<Membership>(reader.u8()), 0, 0, 0};
    row.event = reader.varint();
    row.entered = reader.varint();
    auto flags = reader.u8();
    row.forgotten = flags & kForgotten;
    row.was_joined = flags & kWasJoined;
    row.removed = flags & kRemoved;
    row.stripped_state = reader.bytes();
    if (flags & kRepeated) row.repeated = reader.varint();
    if (!reader.done()) return fail(Errc::corrupt, "a membership row does not decode");
    row.changed = entry.position;
    if (row.entered == 0) row.entered = row.changed;
    return row;
}

Result<std::shared_ptr<const RoomMemberships>> Memberships::load(UserNumber user) const {
    auto rows = std::make_shared<RoomMemberships>();
    std::string from;
    for (;;) {
        PEYK_TRY(auto page, db_.scan(kMemberships, user, from, "", 1000));
        for (const auto& entry : page) {
            PEYK_TRY(auto row, decode(entry));
            if (!row.forgotten) rows->push_back(std::move(row));
        }
        if (page.size() < 1000) return rows;
        from = page.back().rest + '\0';
    }
}

Result<std::shared_ptr<const RoomMemberships>> Memberships::of(UserNumber user) const {
    auto& marks = writing(user);
    auto ticket = marks.written.load();
    if (marks.writers.load() == 0) {
        if (auto cached = cache_.get(0, user)) return cached;
    }
    PEYK_TRY(auto rows, load(user));
    if (marks.writers.load() == 0 && marks.written.load() == ticket) cache_.put(0, user, rows);
    return rows;
}

Result<std::optional<RoomMembership>> Memberships::of(UserNumber user, RoomNumber room) const {
    PEYK_TRY(auto entry, db_.get(kMemberships, user, number_key(room)));
    if (!entry) return std::nullopt;
    entry->rest = number_key(room);
    PEYK_TRY(auto row, decode(*entry));
    return row;
}

storage::Change Memberships::change_of(UserNumber user, RoomNumber room, const std::optional<std::string>& body) {
    storage::Change change(db_, Owner::user, user, db_.epoch(Owner::user, user));
    if (body) {
        change.put(kMemberships, user, number_key(room), *body);
    } else {
        change.del(kMemberships, user, number_key(room));
    }
    return change;
}

void Memberships::begin_writing(UserNumber user) {
    auto& marks = writing(user);
    ++marks.writers;
    ++marks.written;
}

void Memberships::end_writing(UserNumber user) {
    cache_.drop(0, user);
    auto& marks = writing(user);
    ++marks.written;
    --marks.writers;
}

Task<Result<void>> Memberships::write(UserNumber user, RoomNumber room, std::optional<std::string> body) {
    begin_writing(user);
    Result<storage::Position> committed = fail(Errc::fenced);
    // Fenced: somebody else's batch in this shard failed. The row does not build on anything of the shard but what this
    // lane guards, so it is simply written again.
    for (int tries = 0; tries < kTries && !committed && committed.error().code == Errc::fenced; ++tries)
        committed = co_await db_.commit(change_of(user, room, body));
    end_writing(user);
    if (!committed) co_return std::unexpected(std::move(committed.error()));
    FeedEntry entry{FeedEntry::Kind::user, user, *committed};
    feed_.publish(entry);
    co_return Result<void>{};
}

Task<Result<void>> Memberships::apply(UserNumber user, RoomInfoPtr room, StoredEventPtr member, Membership before,
                                      std::string stripped_state) {
    auto guard = co_await lanes_.enter(user);
    PEYK_CO_TRY(auto old, of(user, room->number));
    if (old && std::max(old->event, old->repeated) >= member->number) co_return Result<void>{};
    const auto* text = member->event->content.find("membership");
    auto membership = text && text->string() ? membership_of(*text->string()) : Membership::leave;
    bool ended = membership == Membership::leave || membership == Membership::ban;
    // Banned or removed again, for another reason perhaps: what the user may see still ends where the stay did, and a
    // room that was forgotten stays so.
    if (ended && !old && before == membership) co_return Result<void>{};
    if (ended && old && old->membership == membership) {
        old->repeated = member->number;
        co_return co_await write(user, old->number, encode(*old));
    }
    RoomMembership row{room->id, room->number, membership, member->number, 0, 0};
    bool same = old && old->membership == membership && !old->forgotten;
    row.entered = same ? old->entered : 0;
    // From one end to the other, leave to ban or back: nothing but that event is the user's from then on.
    row.was_joined = ended && old && old->membership == Membership::join;
    row.stripped_state = std::move(stripped_state);
    co_return co_await write(user, row.number, encode(row));
}

Task<Result<void>> Memberships::forget(UserNumber user, RoomNumber room) {
    auto guard = co_await lanes_.enter(user);
    PEYK_CO_TRY(auto row, of(user, room));
    if (!row) co_return Result<void>{};
    co_return co_await write(user, room, std::nullopt);
}

// The rows of all of them at the same time: one after the other, a room of a hundred thousand would take minutes. Who
// is here alone is in several lanes, so nobody waits in a circle.
Task<Result<void>> Memberships::remove(std::vector<UserNumber> users, RoomNumber room, EventNumber behind,
                                       std::string news) {
    auto turn = co_await removals_.enter(0);
    std::vector<Lanes::Guard> guards;
    for (auto user : users) guards.push_back(co_await lanes_.enter(user));
    struct Row {
        UserNumber user;
        std::optional<std::string> body;
    };
    std::vector<Row> rows;
    for (auto user : users) {
        PEYK_CO_TRY(auto old, of(user, room));
        if (!old || old->removed) continue;
        RoomMembership row{old->room, room, Membership::leave, behind, 0, 0};
        row.removed = true;
        row.stripped_state = news;
        rows.push_back(Row{user, old->forgotten ? std::nullopt : std::optional(encode(row))});
    }
    std::optional<Error> failure;
    for (int tries = 0; tries < kTries && !rows.empty(); ++tries) {
        std::vector<storage::Db::Pending> pending;
        for (const auto& row : rows) {
            begin_writing(row.user);
            pending.push_back(db_.start_commit(change_of(row.user, room, row.body)));
        }
        std::vector<Row> again;
        for (std::size_t at = 0; at < rows.size(); ++at) {
            auto committed = co_await std::move(pending[at]).wait();
            end_writing(rows[at].user);
            if (committed) {
                FeedEntry entry{FeedEntry::Kind::user, rows[at].user, *committed};
                feed_.publish(entry);
            } else if (committed.error().code == Errc::fenced) {
                again.push_back(std::move(rows[at]));
            } else {
                failure = std::move(committed.error());
            }
        }
        rows = std::move(again);
    }
    if (failure) co_return fail(*std::move(failure));
    if (!rows.empty()) co_return fail(Errc::fenced);
    co_return Result<void>{};
}

Task<Result<void>> Memberships::drop_removed(UserNumber user, RoomNumber room) {
    auto guard = co_await lanes_.enter(user);
    PEYK_CO_TRY(auto row, of(user, room));
    if (!row || !row->removed) co_return Result<void>{};
    co_return co_await write(user, room, std::nullopt);
}

Result<std::vector<Memberships::Removed>> Memberships::removed(std::string& next, std::size_t limit) const {
    PEYK_TRY(auto rows, db_.walk(kMemberships, next, limit));
    std::vector<Removed> out;
    for (const auto& walked : rows) {
        if (walked.entry.gone) continue;
        PEYK_TRY(auto row, decode(walked.entry));
        if (row.removed) out.push_back(Removed{walked.owner, row.number});
    }
    return out;
}

}  // namespace peyk::rooms
