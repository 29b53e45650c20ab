#include "rooms/directory/room_summary.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kMaxAllowed = 50;

std::string text_in(const StoredEventPtr& event, std::string_view key) {
    const auto* value = event ? event->event->content.find(key) : nullptr;
    return value && value->string() ? *value->string() : std::string();
}

std::vector<RoomId> allowed_rooms(const StoredEventPtr& join_rules) {
    std::vector<RoomId> out;
    const auto* allow = join_rules ? join_rules->event->content.find("allow") : nullptr;
    for (const auto& condition : allow && allow->array() ? *allow->array() : json::Array{}) {
        if (condition.get_string("type") != "m.room_membership" || out.size() == kMaxAllowed) continue;
        if (auto room = RoomId::parse(condition.get_string("room_id").value_or(""))) out.push_back(*std::move(room));
    }
    return out;
}

}  // namespace

Result<RoomSummary> summarise_room(const RoomStore& store, const RoomInfo& room, const StateRoots& roots) {
    RoomSummary out{room.id, false, {}, {}, {}, {}};
    auto& json = out.json;
    json.set("room_id", room.id.str());
    json.set("num_joined_members", roots.joined);
    json.set("room_version", std::string(room.rules->version));
    struct Field {
        std::string_view type, key, name;
    };
    constexpr Field kFields[] = {{"m.room.name", "name", "name"},
                                 {"m.room.topic", "topic", "topic"},
                                 {"m.room.avatar", "url", "avatar_url"},
                                 {"m.room.canonical_alias", "alias", "canonical_alias"},
                                 {"m.room.encryption", "algorithm", "encryption"},
                                 {"m.room.create", "type", "room_type"}};
    for (const auto& field : kFields) {
        PEYK_TRY(auto event, store.state(room, roots, field.type));
        auto text = text_in(event, field.key);
        if (field.name == "room_type") out.type = text;
        if (!text.empty()) json.set(std::string(field.name), std::move(text));
    }
    PEYK_TRY(auto visibility, store.state(room, roots, "m.room.history_visibility"));
    out.world_readable = text_in(visibility, "history_visibility") == "world_readable";
    json.set("world_readable", out.world_readable);
    PEYK_TRY(auto guests, store.state(room, roots, "m.room.guest_access"));
    json.set("guest_can_join", text_in(guests, "guest_access") == "can_join");
    PEYK_TRY(auto join_rules, store.state(room, roots, "m.room.join_rules"));
    out.join_rule = text_in(join_rules, "join_rule");
    if (out.join_rule.empty()) out.join_rule = "invite";
    json.set("join_rule", out.join_rule);
    if (out.join_rule == "restricted" || out.join_rule == "knock_restricted") {
        out.allowed_rooms = allowed_rooms(join_rules);
        json::Array ids;
        for (const auto& id : out.allowed_rooms) ids.push_back(id.str());
        json.set("allowed_room_ids", std::move(ids));
    }
    return out;
}

Result<bool> may_know_of(const RoomStore& store, const Memberships& memberships, const RoomInfo& room,
                         const RoomSummary& summary, UserNumber user) {
    if (summary.world_readable) return true;
    if (user != 0) {
        PEYK_TRY(auto row, memberships.of(user, room.number));
        auto membership = row ? row->membership : Membership::none;
        if (membership == Membership::join || membership == Membership::invite) return true;
        if (membership == Membership::ban) return false;
    }
    const auto& rules = *room.rules;
    const auto& rule = summary.join_rule;
    if (rule == "public") return true;
    if (rule == "knock" && rules.knocking) return true;
    if (rule == "knock_restricted" && rules.knock_restricted) return true;
    if (rule != "restricted" || !rules.restricted_joins || user == 0) return false;
    for (const auto& allowed : summary.allowed_rooms) {
        PEYK_TRY(auto row, memberships.of(user, store.number(allowed)));
        if (row && row->membership == Membership::join) return true;
    }
    return false;
}

}  // namespace peyk::rooms
