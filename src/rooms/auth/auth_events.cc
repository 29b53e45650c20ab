#include "rooms/auth/auth.h"
#include "rooms/auth/state_view.h"

namespace peyk::rooms {
namespace {

constexpr std::string_view kMember = "m.room.member";

// What a member event needs beyond the rest. Spec: Server-Server API › Auth events selection.
void add_member_types(std::vector<StateKey>& out, const std::string& target, const json::Object& content,
                      const RoomRules& rules) {
    auto add = [&out](std::string_view type, std::string_view key) {
        StateKey wanted{std::string(type), std::string(key)};
        if (std::find(out.begin(), out.end(), wanted) == out.end()) out.push_back(std::move(wanted));
    };
    const auto membership = membership_from(string_in(content, "membership"));
    add(kMember, target);
    if (membership == Standing::join || membership == Standing::invite || membership == Standing::knock) {
        add("m.room.join_rules", "");
    }
    if (membership == Standing::invite) {
        const json::Value* invite = content.find("third_party_invite");
        const json::Value* token = invite ? invite->get_path({"signed", "token"}) : nullptr;
        if (token && token->string()) add("m.room.third_party_invite", *token->string());
    }
    const auto authoriser = string_in(content, "join_authorised_via_users_server");
    if (membership == Standing::join && rules.restricted_joins && !authoriser.empty()) add(kMember, authoriser);
}

void add_signer(std::vector<ServerName>& signers, std::string_view server) {
    auto known = std::find_if(signers.begin(), signers.end(), [&](const ServerName& s) { return s.view() == server; });
    if (known == signers.end()) signers.push_back(ServerName::trusted(std::string(server)));
}

bool is_third_party_invite(const Event& event) {
    return event.is(kMember) && string_in(event.content, "membership") == "invite" &&
           event.content.contains("third_party_invite");
}

}  // namespace

std::vector<StateKey> auth_types_for_event(std::string_view type, const std::optional<std::string>& state_key,
                                           const UserId& sender, const json::Object& content, const RoomRules& rules) {
    std::vector<StateKey> types;
    if (type == "m.room.create") return types;
    types.reserve(6);
    if (rules.create_in_auth_events) types.push_back({"m.room.create", ""});
    types.push_back({"m.room.power_levels", ""});
    types.push_back({std::string(kMember), sender.str()});
    if (type == kMember && state_key) add_member_types(types, *state_key, content, rules);
    return types;
}

std::vector<StateKey> auth_types_for_event(const Event& event, const RoomRules& rules) {
    return auth_types_for_event(event.type, event.state_key, event.sender, event.content, rules);
}

Verdict check_auth_events(const Event& event, const RoomRules& rules, std::span<const AuthEvent> entries) {
    std::vector<StateKey> seen;
    // x.1: one event for each piece of state.
    for (const AuthEvent& entry : entries) {
        // An event that is no state has no place there at all; it falls under x.2 below.
        if (!entry.event->state_key) continue;
        StateKey key{entry.event->type, *entry.event->state_key};
        if (std::find(seen.begin(), seen.end(), key) != seen.end()) return reject(Rule::auth_duplicate);
        seen.push_back(std::move(key));
    }
    // x.2: nothing but what the selection asks for.
    const auto wanted = auth_types_for_event(event, rules);
    for (const AuthEvent& entry : entries) {
        auto is_it = [&](const StateKey& key) { return entry.event->is(key.type, key.key); };
        if (std::none_of(wanted.begin(), wanted.end(), is_it)) return reject(Rule::auth_superfluous);
    }
    // x.3
    if (std::any_of(entries.begin(), entries.end(), [](const AuthEvent& e) { return e.rejected; })) {
        return reject(Rule::auth_rejected);
    }
    // x.4: not in version 12, where the room id stands for it.
    if (rules.create_in_auth_events) {
        auto is_create = [](const AuthEvent& e) { return e.event->is("m.room.create", ""); };
        if (std::none_of(entries.begin(), entries.end(), is_create)) return reject(Rule::auth_without_create);
    }
    // x.5
    if (std::any_of(entries.begin(), entries.end(), [&](const AuthEvent& e) { return e.event->room != event.room; })) {
        return reject(Rule::auth_other_room);
    }
    return allow(Rule::otherwise);
}

std::vector<ServerName> required_signers(const Event& event, const RoomRules& rules) {
    std::vector<ServerName> signers;
    if (!is_third_party_invite(event)) add_signer(signers, event.sender.server());
    if (rules.event_id_format == EventIdFormat::own) add_signer(signers, event.id.server());
    if (rules.restricted_joins && event.is(kMember)) {
        // A malformed one is refused by authorise().
        auto authoriser = UserId::parse(string_in(event.content, "join_authorised_via_users_server"));
        if (authoriser) add_signer(signers, authoriser->server());
    }
    return signers;
}

}  // namespace peyk::rooms
