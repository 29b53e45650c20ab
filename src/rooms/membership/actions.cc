#include "rooms/membership/actions.h"

#include <algorithm>

#include "core/errors.h"
#include "rooms/auth/power_levels.h"

namespace peyk::rooms {
namespace {

std::string_view text_of(const Event* event, std::string_view key) {
    if (!event) return {};
    const auto* value = event->content.find(key);
    return value && value->string() ? std::string_view(*value->string()) : std::string_view{};
}

// Whose level is not everybody's: creators, and users with an entry. The most powerful first; ties by id, so that the
// choice is stable.
std::vector<std::string> named_in(const Event* create, const PowerLevels& power) {
    std::vector<std::string> names;
    if (create) {
        names.push_back(create->sender.str());
        if (auto creator = text_of(create, "creator"); !creator.empty()) names.emplace_back(creator);
        const auto* more = create->content.find("additional_creators");
        for (const auto& name : more && more->array() ? *more->array() : json::Array{}) {
            if (name.string()) names.push_back(*name.string());
        }
    }
    const auto* users = power.event() ? power.event()->content.find("users") : nullptr;
    if (users && users->object()) {
        for (const auto& [name, level] : *users->object()) names.push_back(name);
    }
    std::ranges::sort(names);
    auto twice = std::ranges::unique(names);
    names.erase(twice.begin(), twice.end());
    std::ranges::stable_sort(names, std::greater{}, [&](const auto& name) { return power.user_level(name); });
    return names;
}

std::unexpected<Error> nobody_may_let_in() {
    return fail(Error{Errc::bad_request, "No member of this server may let you in", "M_UNABLE_TO_GRANT_JOIN"});
}

}  // namespace

Result<json::Object> MembershipActions::member_content(const UserId& user, std::string_view membership,
                                                       const Extra& extra) const {
    auto content = extra.more;
    content.set("membership", std::string(membership));
    if (membership == "join" || membership == "invite" || membership == "knock") {
        PEYK_TRY(auto profile, profiles_.profile(user));
        if (profile.displayname) content.set("displayname", *profile.displayname);
        if (profile.avatar_url) content.set("avatar_url", *profile.avatar_url);
    }
    if (extra.reason) content.set("reason", *extra.reason);
    if (extra.is_direct && membership == "invite") content.set("is_direct", true);
    return content;
}

// Spec: Client-Server API › Restricted rooms: a member of an allowed room may join, vouched for by a member of this
// room who may invite.
Result<std::optional<UserId>> MembershipActions::authorising_member(const RoomWrite& write, const UserId& user) const {
    PEYK_TRY(auto join_rules, write.state("m.room.join_rules"));
    auto rule = text_of(join_rules.get(), "join_rule");
    if (rule != "restricted" && rule != "knock_restricted") return std::nullopt;
    PEYK_TRY(auto was, write.membership(user));
    if (was == Membership::invite || was == Membership::join) return std::nullopt;
    bool allowed = false;
    const auto* allow = join_rules->content.find("allow");
    for (const auto& condition : allow && allow->array() ? *allow->array() : json::Array{}) {
        if (condition.get_string("type") != "m.room_membership") continue;
        auto room = RoomId::parse(condition.get_string("room_id").value_or(""));
        if (!room) continue;
        PEYK_TRY(auto row, memberships_.of(rooms_.store().number(user), rooms_.store().number(*room)));
        if (row && row->membership == Membership::join) allowed = true;
    }
    if (!allowed) return m::forbidden("You are not a member of a room that may join this one");
    PEYK_TRY(auto power_event, write.state("m.room.power_levels"));
    PEYK_TRY(auto create, write.state("m.room.create"));
    PowerLevels power(power_event, create, *write.room().rules);
    // Those with power of their own first: a room may have a hundred thousand members, and nobody sends meanwhile.
    for (const auto& name : named_in(create.get(), power)) {
        auto member = UserId::parse(name);
        if (!member || !rooms_.is_local(*member) || power.user_level(name) < power.invite_level()) continue;
        PEYK_TRY(auto membership, write.membership(*member));
        if (membership == Membership::join) return *member;
    }
    if (power.default_level() < power.invite_level()) return nobody_may_let_in();
    PEYK_TRY(auto members, write.members());
    for (const auto& entry : members) {
        if (static_cast<Membership>(entry.note) != Membership::join) continue;
        PEYK_TRY(auto event, write.event(entry.event));
        if (!event) continue;
        auto member = UserId::parse(*event->event->state_key);
        if (member && rooms_.is_local(*member) && power.user_level(member->view()) >= power.invite_level())
            return *member;
    }
    return nobody_may_let_in();
}

// A batch of another room in the same shard failed and took ours with it: nothing was written, and the tip is loaded
// anew.
Task<Result<void>> MembershipActions::redo_when_fenced(Attempt attempt) {
    auto first = attempt();
    auto done = co_await std::move(first);
    if (done || done.error().code != Errc::fenced) co_return done;
    auto second = attempt();
    co_return co_await std::move(second);
}

Task<Result<void>> MembershipActions::join(UserId user, RoomId room, Extra extra) {
    return redo_when_fenced([=, this] { return try_join(user, room, extra); });
}
Task<Result<void>> MembershipActions::leave(UserId user, RoomId room, Extra extra) {
    return redo_when_fenced([=, this] { return try_leave(user, room, extra); });
}
Task<Result<void>> MembershipActions::kick(UserId sender, RoomId room, UserId target, Extra extra) {
    return redo_when_fenced([=, this] { return try_kick(sender, room, target, extra); });
}
Task<Result<void>> MembershipActions::unban(UserId sender, RoomId room, UserId target, Extra extra) {
    return redo_when_fenced([=, this] { return try_unban(sender, room, target, extra); });
}
Task<Result<void>> MembershipActions::set(UserId sender, RoomId room, UserId target, std::string membership,
                                          Extra extra) {
    return redo_when_fenced([=, this] { return try_set(sender, room, target, membership, extra); });
}

Task<Result<void>> MembershipActions::try_join(UserId user, RoomId room, Extra extra) {
    PEYK_CO_TRY(auto write, co_await rooms_.enter(std::move(room)));
    PEYK_CO_TRY(auto was, write.membership(user));
    if (was == Membership::join) co_return Result<void>{};
    PEYK_CO_TRY(auto content, member_content(user, "join", extra));
    PEYK_CO_TRY(auto voucher, authorising_member(write, user));
    if (voucher) content.set("join_authorised_via_users_server", voucher->str());
    Draft draft{"m.room.member", user.str(), std::move(content)};
    PEYK_CO_CHECK(write.add(user, std::move(draft)));
    co_return co_await std::move(write).commit();
}

Task<Result<void>> MembershipActions::try_set(UserId sender, RoomId room, UserId target, std::string membership,
                                              Extra extra) {
    PEYK_CO_TRY(auto write, co_await rooms_.enter(std::move(room)));
    PEYK_CO_TRY(auto content, member_content(target, membership, extra));
    Draft draft{"m.room.member", target.str(), std::move(content)};
    PEYK_CO_CHECK(write.add(sender, std::move(draft)));
    co_return co_await std::move(write).commit();
}

Task<Result<void>> MembershipActions::try_leave(UserId user, RoomId room, Extra extra) {
    PEYK_CO_TRY(auto write, co_await rooms_.enter(std::move(room)));
    PEYK_CO_TRY(auto was, write.membership(user));
    if (was == Membership::leave) co_return Result<void>{};
    if (was == Membership::none) co_return m::forbidden("You have nothing to leave here");
    if (was == Membership::invite && notices_) {
        PEYK_CO_TRY(auto create, write.state("m.room.create"));
        if (create && create->sender == *notices_)
            co_return m::cannot_leave_server_notice_room("Messages of the server cannot be declined; join, then leave");
    }
    PEYK_CO_TRY(auto content, member_content(user, "leave", extra));
    Draft draft{"m.room.member", user.str(), std::move(content)};
    PEYK_CO_CHECK(write.add(user, std::move(draft)));
    co_return co_await std::move(write).commit();
}

Task<Result<void>> MembershipActions::invite(UserId sender, RoomId room, UserId target, Extra extra) {
    if (!rooms_.is_local(target)) {
        co_return fail(Error{Errc::unsupported, "Users of other servers cannot be invited: federation is not built yet",
                             "M_FORBIDDEN"});
    }
    PEYK_CO_TRY(bool exists, profiles_.exists(target));
    if (!exists) co_return m::not_found("There is no such user");
    co_return co_await set(std::move(sender), std::move(room), std::move(target), "invite", std::move(extra));
}

Task<Result<void>> MembershipActions::try_kick(UserId sender, RoomId room, UserId target, Extra extra) {
    PEYK_CO_TRY(auto write, co_await rooms_.enter(std::move(room)));
    PEYK_CO_TRY(auto was, write.membership(target));
    if (was != Membership::join && was != Membership::invite && was != Membership::knock)
        co_return m::forbidden("The user is not in the room");
    PEYK_CO_TRY(auto content, member_content(target, "leave", extra));
    Draft draft{"m.room.member", target.str(), std::move(content)};
    PEYK_CO_CHECK(write.add(sender, std::move(draft)));
    co_return co_await std::move(write).commit();
}

Task<Result<void>> MembershipActions::ban(UserId sender, RoomId room, UserId target, Extra extra) {
    co_return co_await set(std::move(sender), std::move(room), std::move(target), "ban", std::move(extra));
}

Task<Result<void>> MembershipActions::try_unban(UserId sender, RoomId room, UserId target, Extra extra) {
    PEYK_CO_TRY(auto write, co_await rooms_.enter(std::move(room)));
    PEYK_CO_TRY(auto was, write.membership(target));
    if (was != Membership::ban) co_return fail(Error{Errc::forbidden, "The user is not banned", "M_BAD_STATE"});
    PEYK_CO_TRY(auto content, member_content(target, "leave", extra));
    Draft draft{"m.room.member", target.str(), std::move(content)};
    PEYK_CO_CHECK(write.add(sender, std::move(draft)));
    co_return co_await std::move(write).commit();
}

Task<Result<void>> MembershipActions::knock(UserId user, RoomId room, Extra extra) {
    co_return co_await set(user, std::move(room), user, "knock", std::move(extra));
}

Task<Result<void>> MembershipActions::forget(UserId user, RoomId room) {
    auto number = rooms_.store().number(user);
    PEYK_CO_TRY(auto row, memberships_.of(number, rooms_.store().number(room)));
    if (!row) co_return Result<void>{};  // forgotten before; and whoever was never there learns nothing
    if (row->membership != Membership::leave && row->membership != Membership::ban)
        co_return m::unknown("Leave the room before you forget it");
    co_return co_await memberships_.forget(number, row->number);
}

Result<std::vector<UserId>> MembershipActions::guests_in(const RoomId& room) const {
    std::vector<UserId> guests;
    const auto& store = rooms_.store();
    PEYK_TRY(auto info, store.find(room));
    if (!info) return guests;
    PEYK_TRY(auto last, store.last(*info));
    if (!last) return guests;
    PEYK_TRY(auto members, store.members(*info, last->after));
    for (const auto& entry : members) {
        if (static_cast<Membership>(entry.note) != Membership::join) continue;
        PEYK_TRY(auto event, store.event(*info, entry.event));
        if (!event) continue;
        auto user = UserId::parse(*event->event->state_key);
        if (!user || !rooms_.is_local(*user)) continue;
        PEYK_TRY(bool guest, profiles_.is_guest(*user));
        if (guest) guests.push_back(*std::move(user));
    }
    return guests;
}

Task<Result<void>> MembershipActions::remove_guests(RoomId room) {
    PEYK_CO_TRY(auto guests, guests_in(room));
    for (auto& guest : guests) {
        auto left = co_await leave(std::move(guest), room, {});
        // Gone meanwhile, or banned: nothing to do. Anything else is tried again after the next start.
        if (!left && left.error().code != Errc::forbidden) co_return left;
    }
    co_return Result<void>{};
}

Task<Result<void>> MembershipActions::profile_changed(UserId user) {
    PEYK_CO_TRY(auto rows, memberships_.of(rooms_.store().number(user)));
    for (const auto& row : *rows) {
        if (row.membership != Membership::join) continue;
        auto write = co_await rooms_.enter(row.room);
        if (!write) continue;
        auto member = write->state("m.room.member", user.view());
        if (!member || !*member) continue;
        PEYK_CO_TRY(auto profile, profiles_.profile(user));
        auto content = (*member)->content;
        content.erase("displayname");
        content.erase("avatar_url");
        if (profile.displayname) content.set("displayname", *profile.displayname);
        if (profile.avatar_url) content.set("avatar_url", *profile.avatar_url);
        if (content == (*member)->content) continue;
        content.erase("reason");
        content.erase("join_authorised_via_users_server");
        Draft draft{"m.room.member", user.str(), std::move(content)};
        if (!write->add(user, std::move(draft))) continue;
        PEYK_CO_CHECK(co_await std::move(*write).commit());
    }
    co_return Result<void>{};
}

}  // namespace peyk::rooms
