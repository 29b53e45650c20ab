#include "rooms/timeline/upgrade_room.h"

#include <algorithm>

#include "core/errors.h"
#include "rooms/auth/power_levels.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kBansAtOnce = 200;     // events of one batch
constexpr std::size_t kMaxChildren = 1'000;  // of a space

// Spec: the recommended list, and the owner's wish on how long messages are kept (MSC1763).
constexpr std::string_view kCopied[] = {"m.room.name",
                                        "m.room.topic",
                                        "m.room.avatar",
                                        "m.room.encryption",
                                        "m.room.server_acl",
                                        "m.room.guest_access",
                                        "m.room.join_rules",
                                        "m.room.history_visibility",
                                        "m.room.canonical_alias",
                                        "m.room.retention",
                                        "org.matrix.msc1763.retention"};

// Levels as integers, for versions that take nothing else. What cannot be read is left out.
json::Value integer_levels(const json::Value& value, LevelForm form) {
    if (const auto* object = value.object()) {
        json::Object out;
        for (const auto& [key, inner] : *object) {
            auto level = integer_levels(inner, form);
            if (!level.is_null()) out.set(key, std::move(level));
        }
        return out;
    }
    auto level = read_level(value, form);
    return level ? json::Value(*level) : json::Value();
}

bool is_space(const Event& create) {
    const auto* type = create.content.find("type");
    return type && type->string() && *type->string() == "m.space";
}

}  // namespace

// Spec step 1.
Result<void> RoomUpgrader::check_power(const RoomWrite& old, const UserId& user) const {
    PEYK_TRY(auto membership, old.membership(user));
    if (membership != Membership::join) return m::forbidden("You are not in this room");
    PEYK_TRY(auto power, old.state("m.room.power_levels"));
    PEYK_TRY(auto create, old.state("m.room.create"));
    PowerLevels levels(power, create, *old.room().rules);
    if (levels.user_level(user.view()) < levels.event_level("m.room.tombstone", PowerLevels::EventKind::state))
        return m::forbidden("You may not upgrade this room");
    return {};
}

// Spec step 2, without the predecessor.
Result<json::Object> RoomUpgrader::create_content(const RoomWrite& old, const RoomRules& rules,
                                                  const std::vector<UserId>& additional_creators) const {
    PEYK_TRY(auto create, old.state("m.room.create"));
    json::Object content{{"room_version", std::string(rules.version)}};
    for (auto key : {"type", "m.federate"}) {
        if (const auto* value = create ? create->content.find(key) : nullptr) content.set(key, *value);
    }
    if (rules.additional_creators && !additional_creators.empty()) {
        json::Array list;
        for (const auto& user : additional_creators) list.push_back(user.str());
        content.set("additional_creators", std::move(list));
    }
    return content;
}

// Spec step 3. The power levels come last: until they stand, the creator of any version may do everything, also one
// whom they will give less.
Result<void> RoomUpgrader::copy_state(const RoomWrite& old, RoomWrite& write, const UserId& user) const {
    PEYK_TRY(auto join, actions_.member_content(user, "join", {}));
    PEYK_TRY(auto member, write.add(user, Draft{"m.room.member", user.str(), std::move(join)}));
    for (auto type : kCopied) {
        PEYK_TRY(auto event, old.state(type));
        if (!event || event->content.empty()) continue;
        // Set while nobody looked at it, and of no effect there either.
        if (is_retention_type(type) && !parse_retention(event->content)) continue;
        PEYK_TRY(auto copy, write.add(user, Draft{std::string(type), "", event->content}));
    }
    // Guests were forbidden by silence; the new room says so.
    PEYK_TRY(auto guests, old.state("m.room.guest_access"));
    if (!guests) {
        Draft closed{"m.room.guest_access", "", {{"guest_access", "forbidden"}}};
        PEYK_TRY(auto said, write.add(user, std::move(closed)));
    }
    PEYK_TRY(auto create, old.state("m.room.create"));
    if (create && is_space(*create)) PEYK_CHECK(copy_children(old, write, user));
    PEYK_TRY(auto power, old.state("m.room.power_levels"));
    if (power) {
        PEYK_TRY(auto levels, power_levels(old, write));
        PEYK_TRY(auto copy, write.add(user, Draft{"m.room.power_levels", "", std::move(levels)}));
    }
    return {};
}

// A space would be empty without its rooms. Children whose content is empty were taken out.
Result<void> RoomUpgrader::copy_children(const RoomWrite& old, RoomWrite& write, const UserId& user) const {
    PEYK_TRY(auto entries, old.others());
    std::size_t copied = 0;
    for (const auto& entry : entries) {
        PEYK_TRY(auto stored, old.event(entry.event));
        if (!stored) continue;
        const auto& event = *stored->event;
        if (!event.is("m.space.child") || event.content.empty() || copied == kMaxChildren) continue;
        PEYK_TRY(auto copy, write.add(user, Draft{event.type, *event.state_key, event.content}));
        ++copied;
    }
    return {};
}

Result<json::Object> RoomUpgrader::power_levels(const RoomWrite& old, const RoomWrite& write) const {
    PEYK_TRY(auto power, old.state("m.room.power_levels"));
    PEYK_TRY(auto old_create, old.state("m.room.create"));
    PEYK_TRY(auto create, write.state("m.room.create"));
    const auto& rules = *write.room().rules;
    auto content = power->content;
    if (rules.integer_power_levels()) {
        auto levels = integer_levels(json::Value(content), old.room().rules->level_form);
        content = std::move(*levels.object());
    }
    const auto* listed = content.find("users") ? content.find("users")->object() : nullptr;
    json::Object users = listed ? *listed : json::Object{};
    if (rules.creators_infinite_power) {
        // Creators must not be listed: their power is not a number.
        json::Object others;
        for (const auto& [id, level] : users) {
            if (!is_creator(*create, id, rules)) others.set(id, level);
        }
        users = std::move(others);
    } else if (old.room().rules->creators_infinite_power && old_create) {
        // The other way round: who stood above all numbers gets the usual one.
        users.set(old_create->sender.str(), 100);
        const auto* more = old_create->content.find("additional_creators");
        for (const auto& id : more && more->array() ? *more->array() : json::Array{}) {
            if (id.string()) users.set(*id.string(), 100);
        }
    }
    if (listed || !users.empty()) content.set("users", std::move(users));
    return content;
}

Result<std::vector<Draft>> RoomUpgrader::bans(const RoomWrite& old) {
    PEYK_TRY(auto entries, old.members());
    std::vector<Draft> out;
    for (const auto& entry : entries) {
        if (static_cast<Membership>(entry.note) != Membership::ban) continue;
        PEYK_TRY(auto stored, old.event(entry.event));
        if (stored) out.push_back(Draft{"m.room.member", *stored->event->state_key, stored->event->content});
    }
    return out;
}

// Batches of their own: nobody knows of the new room yet. A ban that cannot be repeated is passed over.
Task<Result<void>> RoomUpgrader::copy_bans(std::vector<Draft> bans, RoomId to, UserId user) {
    for (std::size_t done = 0; done < bans.size(); done += kBansAtOnce) {
        PEYK_CO_TRY(auto write, co_await rooms_.enter(to));
        auto end = std::min(bans.size(), done + kBansAtOnce);
        for (auto at = done; at < end; ++at) {
            auto added = write.add(user, std::move(bans[at]));
            if (!added && added.error().code != Errc::forbidden) co_return std::unexpected(std::move(added.error()));
        }
        PEYK_CO_CHECK(co_await std::move(write).commit());
    }
    co_return Result<void>{};
}

// Spec step 6, and the alias that now leads elsewhere. Both as far as the user's power goes.
void RoomUpgrader::close(RoomWrite& old, const UserId& user) const {
    auto alias = old.state("m.room.canonical_alias");
    if (alias && *alias && !(*alias)->content.empty())
        (void)old.add(user, Draft{"m.room.canonical_alias", "", json::Object{}});
    auto power = old.state("m.room.power_levels");
    if (!power || !*power) return;
    auto content = (*power)->content;
    auto level = [&](std::string_view key) -> Level {
        const auto* value = content.find(key);
        return value ? read_level(*value, old.room().rules->level_form).value_or(0) : 0;
    };
    auto users_default = level("users_default");
    auto restricted = std::max<Level>(50, users_default < json::kMaxInteger ? users_default + 1 : users_default);
    for (auto key : {"events_default", "invite"}) {
        if (level(key) < restricted) content.set(key, restricted);
    }
    if (content != (*power)->content) (void)old.add(user, Draft{"m.room.power_levels", "", std::move(content)});
}

Task<Result<RoomId>> RoomUpgrader::upgrade(UserId user, RoomId room, std::string version,
                                           std::vector<UserId> additional_creators) {
    const auto* rules = find_room_rules(version);
    if (!rules) co_return m::unsupported_room_version("This server does not know that room version");
    // The old room's lane is held throughout: nobody changes what is copied. The new room's is nobody else's.
    PEYK_CO_TRY(auto old, co_await rooms_.enter(room));
    PEYK_CO_CHECK(check_power(old, user));
    PEYK_CO_TRY(auto banned, bans(old));
    PEYK_CO_TRY(auto content, create_content(old, *rules, additional_creators));
    json::Object predecessor{{"room_id", room.str()}};

    auto tombstone = [&](const RoomId& replacement) {
        Draft draft{
            "m.room.tombstone", "", {{"body", "This room has been replaced"}, {"replacement_room", replacement.str()}}};
        return old.add(user, std::move(draft));
    };
    // Each of the two events names the other. Where a room id is a hash of the create event, the create event cannot.
    std::optional<RoomId> chosen;
    if (!rules->room_id_is_create_hash) {
        chosen = rooms_.new_room_id();
        PEYK_CO_TRY(auto event, tombstone(*chosen));
        predecessor.set("event_id", event->id.str());
    }
    content.set("predecessor", std::move(predecessor));
    if (!rules->creator_from_sender) content.set("creator", user.str());
    PEYK_CO_TRY(auto write, co_await rooms_.create(*rules, user, std::move(content), std::move(chosen)));
    auto replacement = write.room().id;
    PEYK_CO_CHECK(copy_state(old, write, user));
    PEYK_CO_CHECK(co_await std::move(write).commit());
    PEYK_CO_CHECK(co_await copy_bans(std::move(banned), replacement, user));
    if (rules->room_id_is_create_hash) {
        PEYK_CO_TRY(auto event, tombstone(replacement));
    }
    close(old, user);
    PEYK_CO_CHECK(co_await directory_.move(room, replacement));
    PEYK_CO_CHECK(co_await std::move(old).commit());
    co_return replacement;
}

}  // namespace peyk::rooms
