#include "rooms/notices/notices.h"

#include <algorithm>
#include <array>

#include "base/logging.h"
#include "core/errors.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kPage = 500;

// Kinds of state by which a notice would change who is in the room, who may speak there, or who can read it.
constexpr std::array<std::string_view, 12> kRefused{
    "m.room.create",       "m.room.member",     "m.room.power_levels", "m.room.join_rules",
    "m.room.guest_access", "m.room.encryption", "m.room.server_acl",   "m.room.history_visibility",
    "m.room.tombstone",    "m.space.child",     "m.space.parent",      "m.room.third_party_invite"};

Result<void> check_notice(const Notice& notice) {
    if (notice.type.empty()) return m::bad_json("'type' must not be empty");
    if (notice.state_key && std::ranges::find(kRefused, notice.type) != kRefused.end())
        return m::forbidden("A notice cannot be state of this type");
    return {};
}

}  // namespace

Result<std::optional<RoomMembership>> Notices::find_room(const UserId& user) const {
    const auto& store = parts_.rooms.store();
    PEYK_TRY(auto rows, parts_.memberships.of(store.number(user)));
    for (const auto& row : *rows) {
        PEYK_TRY(auto room, store.find(row.number));
        if (!room) continue;
        PEYK_TRY(auto last, store.last(*room));
        if (!last) continue;
        PEYK_TRY(auto create, store.state(*room, last->after, "m.room.create"));
        if (create && create->event->sender == options_.sender) return row;
    }
    return std::nullopt;
}

// Nobody but the server speaks there, or lets anybody in. It is never encrypted: the server could not write then.
NewRoom Notices::new_room(const UserId& user) const {
    NewRoom out;
    out.preset = "private_chat";
    out.chooses_encryption = true;
    out.name = options_.room_name;
    out.topic = options_.room_topic;
    out.invites = {user};
    for (const char* what : {"events_default", "state_default", "invite", "kick", "ban", "redact"})
        out.power_level_override.set(what, 100);
    out.initial_state.push_back(Draft{"m.room.guest_access", "", {{"guest_access", "forbidden"}}});
    return out;
}

Task<Result<RoomId>> Notices::room_of(UserId user) {
    PEYK_CO_TRY(auto row, find_room(user));
    std::optional<RoomId> room;
    if (row) {
        room = row->room;
        bool inside = row->membership == Membership::join || row->membership == Membership::invite;
        if (!inside) PEYK_CO_CHECK(co_await parts_.actions.invite(options_.sender, *room, user, {}));
    } else {
        PEYK_CO_TRY(room, co_await parts_.creator.create(options_.sender, new_room(user)));
    }
    PEYK_CO_CHECK(co_await parts_.accounts.mark(std::move(user), *room));
    co_return *std::move(room);
}

Task<Result<EventId>> Notices::send(UserId to, Notice notice, std::optional<Transaction> transaction) {
    PEYK_CO_CHECK(check_notice(notice));
    PEYK_CO_CHECK(co_await prepare());
    PEYK_CO_CHECK(parts_.accounts.check_recipient(to));
    auto number = parts_.rooms.store().number(to);
    auto guard = co_await lanes_.enter(number);
    PEYK_CO_TRY(auto room, co_await room_of(std::move(to)));
    Draft draft{std::move(notice.type), std::move(notice.state_key), std::move(notice.content)};
    co_return co_await parts_.rooms.send(options_.sender, std::move(room), std::move(draft), std::move(transaction));
}

Task<Result<Notices::Told>> Notices::send_all(Notice notice) {
    PEYK_CO_CHECK(check_notice(notice));
    PEYK_CO_CHECK(co_await prepare());
    Told told;
    std::string next;
    do {
        PEYK_CO_TRY(auto people, parts_.accounts.people(next, kPage));
        for (auto& user : people) {
            auto copy = notice;
            auto sent = co_await send(std::move(user), std::move(copy));
            ++(sent ? told.sent : told.failed);
            if (!sent) log::warning("rooms", "a notice did not reach somebody: {}", errc_name(sent.error().code));
        }
    } while (!next.empty());
    co_return told;
}

}  // namespace peyk::rooms
