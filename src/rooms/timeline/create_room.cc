#include "rooms/timeline/create_room.h"

#include "core/errors.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kMaxInvites = 100;
constexpr std::size_t kMaxInitialState = 200;

bool has_state(const NewRoom& wanted, std::string_view type) {
    for (const auto& draft : wanted.initial_state) {
        if (draft.type == type && draft.state_key == "") return true;
    }
    return false;
}

// Anybody may join: by the preset, unless the client says otherwise in its own join rules. Direct chats never count as
// such.
bool must_be_encrypted(const NewRoom& wanted, bool open_preset) {
    if (wanted.chooses_encryption) return false;
    bool open = open_preset;
    for (const auto& draft : wanted.initial_state) {
        if (draft.type != "m.room.join_rules" || draft.state_key != "") continue;
        const auto* rule = draft.content.find("join_rule");
        open = rule && rule->string() && *rule->string() == "public";
    }
    return wanted.is_direct || !open;
}

// The client's own parameters stay where they name the algorithm that the specification has for rooms.
void force_encryption(NewRoom& wanted) {
    constexpr std::string_view kMegolm = "m.megolm.v1.aes-sha2";
    bool encrypted = false;
    for (auto& draft : wanted.initial_state) {
        if (draft.type != "m.room.encryption" || draft.state_key != "") continue;
        const auto* algorithm = draft.content.find("algorithm");
        if (!algorithm || !algorithm->string() || *algorithm->string() != kMegolm)
            draft.content.set("algorithm", std::string(kMegolm));
        encrypted = true;
    }
    if (encrypted) return;
    Draft draft{"m.room.encryption", "", {{"algorithm", std::string(kMegolm)}}};
    wanted.initial_state.insert(wanted.initial_state.begin(), std::move(draft));
}

// Spec: POST /createRoom, 400: what the rules refuse in a room that does not exist yet is the request's own fault.
std::unexpected<Error> impossible_state(Error error) {
    if (error.code == Errc::forbidden && (error.m_code.empty() || error.m_code == "M_FORBIDDEN"))
        return m::invalid_room_state("The room's first state is not allowed: " + error.detail);
    return fail(std::move(error));
}

}  // namespace

Result<json::Object> RoomCreator::power_levels(const UserId& creator, const NewRoom& wanted, const std::string& preset,
                                               const RoomRules& rules, const json::Object& create_content) const {
    json::Object users;
    if (!rules.creators_infinite_power) users.set(creator.str(), 100);
    if (preset == "trusted_private_chat" && !rules.creators_infinite_power) {
        for (const auto& invited : wanted.invites) users.set(invited.str(), 100);
    }
    json::Object content{
        {"ban", 50},
        {"kick", 50},
        {"redact", 50},
        {"state_default", 50},
        {"users_default", 0},
        {"events_default", 0},
        {"invite", preset == "public_chat" ? 50 : 0},
        {"historical", 100},
        {"events", json::Object{{"m.room.name", 50},
                                {"m.room.avatar", 50},
                                {"m.room.canonical_alias", 50},
                                {"m.room.power_levels", 100},
                                {"m.room.history_visibility", 100},
                                {"m.room.encryption", 100},
                                {"m.room.server_acl", 100},
                                {"m.room.tombstone", rules.creators_infinite_power ? 150 : 100}}},
    };
    content.set("users", std::move(users));
    for (auto type : {kRetentionType, kUnstableRetentionType}) {
        if (options_.guard_retention) content.find("events")->object()->set(std::string(type), 100);
    }
    for (const auto& [key, value] : wanted.power_level_override) content.set(key, value);
    if (rules.creators_infinite_power) {
        // Creators must not be listed: their power is not a number.
        const auto* listed = content.find("users") ? content.find("users")->object() : nullptr;
        if (listed) {
            auto kept = *listed;
            kept.erase(creator.view());
            if (const auto* more = create_content.find("additional_creators"); more && more->array()) {
                for (const auto& user : *more->array()) {
                    if (user.string()) kept.erase(*user.string());
                }
            }
            content.set("users", std::move(kept));
        }
    }
    return content;
}

// Spec order: create (made already), the creator's join, power levels, canonical alias, preset, initial state, name and
// topic, invitations.
Result<void> RoomCreator::add_events(RoomWrite& write, const UserId& creator, NewRoom& wanted,
                                     const std::string& preset, const json::Object& create_content,
                                     const std::optional<RoomAlias>& alias) const {
    auto add = [&](std::string type, json::Object content, std::string key = "") -> Result<void> {
        PEYK_TRY(auto event, write.add(creator, Draft{std::move(type), std::move(key), std::move(content)}));
        return {};
    };
    PEYK_TRY(auto member, actions_.member_content(creator, "join", {}));
    PEYK_CHECK(add("m.room.member", std::move(member), creator.str()));
    PEYK_TRY(auto power, power_levels(creator, wanted, preset, *write.room().rules, create_content));
    PEYK_CHECK(add("m.room.power_levels", std::move(power)));
    if (alias) PEYK_CHECK(add("m.room.canonical_alias", {{"alias", alias->str()}}));
    bool open = preset == "public_chat";
    if (!has_state(wanted, "m.room.join_rules"))
        PEYK_CHECK(add("m.room.join_rules", {{"join_rule", open ? "public" : "invite"}}));
    if (!has_state(wanted, "m.room.history_visibility"))
        PEYK_CHECK(add("m.room.history_visibility", {{"history_visibility", "shared"}}));
    // A room without the event forbids guests, which is what public_chat asks for.
    if (!open && !has_state(wanted, "m.room.guest_access"))
        PEYK_CHECK(add("m.room.guest_access", {{"guest_access", "can_join"}}));
    if (options_.force_encryption && must_be_encrypted(wanted, open)) force_encryption(wanted);
    for (auto& draft : wanted.initial_state) {
        PEYK_TRY(auto event, write.add(creator, std::move(draft)));
    }
    if (wanted.name) PEYK_CHECK(add("m.room.name", {{"name", *wanted.name}}));
    if (wanted.topic) {
        // Spec: m.room.topic carries the text in m.topic as well.
        json::Array texts;
        texts.push_back(json::Object{{"body", *wanted.topic}, {"mimetype", "text/plain"}});
        PEYK_CHECK(
            add("m.room.topic", {{"topic", *wanted.topic}, {"m.topic", json::Object{{"m.text", std::move(texts)}}}}));
    }
    for (const auto& invited : wanted.invites) {
        PEYK_TRY(auto content, actions_.member_content(invited, "invite", {{}, wanted.is_direct}));
        PEYK_CHECK(add("m.room.member", std::move(content), invited.str()));
    }
    return {};
}

Task<Result<RoomId>> RoomCreator::create(UserId creator, NewRoom wanted) {
    const auto* rules = find_room_rules(wanted.version.value_or(options_.default_version));
    if (!rules) co_return m::unsupported_room_version("This server does not know that room version");
    auto preset = !wanted.preset.empty() ? wanted.preset : wanted.is_public ? "public_chat" : "private_chat";
    if (preset != "public_chat" && preset != "private_chat" && preset != "trusted_private_chat")
        co_return m::invalid_param("'preset' must be private_chat, trusted_private_chat or public_chat");
    if (wanted.invites.size() > kMaxInvites) co_return m::invalid_param("Too many invitations at once");
    if (wanted.initial_state.size() > kMaxInitialState)
        co_return m::invalid_param("Too many events in 'initial_state'");
    for (const auto& invited : wanted.invites) {
        if (!rooms_.is_local(invited)) {
            co_return fail(Error{Errc::unsupported,
                                 "Users of other servers cannot be invited: federation is not built yet",
                                 "M_FORBIDDEN"});
        }
        PEYK_CO_TRY(bool exists, profiles_.exists(invited));
        if (!exists) co_return m::not_found("There is no such user: " + invited.str());
    }
    auto content = wanted.creation_content;
    content.erase("room_version");
    content.erase("creator");
    content.set("room_version", std::string(rules->version));
    if (!rules->creator_from_sender) content.set("creator", creator.str());
    if (rules->creators_infinite_power && preset == "trusted_private_chat" && !wanted.invites.empty()) {
        json::Array more;
        if (const auto* given = content.find("additional_creators"); given && given->array()) more = *given->array();
        for (const auto& invited : wanted.invites) {
            if (std::find(more.begin(), more.end(), json::Value(invited.str())) == more.end())
                more.push_back(invited.str());
        }
        content.set("additional_creators", std::move(more));
    }

    std::optional<RoomAlias> alias;
    if (wanted.alias_localpart) {
        PEYK_CO_TRY(alias, RoomAlias::parse("#" + *wanted.alias_localpart + ":" + rooms_.server().str()));
        PEYK_CO_TRY(auto taken, directory_.resolve(*alias));
        if (taken) co_return m::room_in_use("The alias is taken");
    }
    auto begun = co_await rooms_.create(*rules, creator, content);
    if (!begun) co_return impossible_state(std::move(begun).error());
    auto write = *std::move(begun);
    auto room = write.room().id;
    if (auto added = add_events(write, creator, wanted, preset, content, alias); !added)
        co_return impossible_state(std::move(added).error());
    if (alias) PEYK_CO_CHECK(co_await directory_.add_alias(*alias, room, creator));
    auto committed = co_await std::move(write).commit();
    if (!committed) {
        if (alias) (void)co_await directory_.remove_alias(*alias);
        co_return std::unexpected(std::move(committed.error()));
    }
    if (wanted.is_public) PEYK_CO_CHECK(co_await directory_.set_published(room, true));
    co_return room;
}

}  // namespace peyk::rooms
