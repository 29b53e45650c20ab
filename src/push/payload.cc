#include "push/payload.h"

namespace peyk::push {
namespace {

json::Object tweaks_of(const Actions& actions) {
    json::Object out;
    auto list = json::parse(actions.json);
    if (!list || !list->array()) return out;
    for (const auto& action : *list->array()) {
        auto name = action.get_string("set_tweak");
        if (!name) continue;
        const auto* value = action.get("value");
        // Spec: highlight without a value is on.
        out.set(std::string(*name), value ? *value : json::Value(*name == "highlight"));
    }
    return out;
}

Result<std::optional<std::string>> text_of_state(const RoomSource& rooms, const Payload& payload, std::string_view type,
                                                 std::string_view key, std::string_view member) {
    PEYK_TRY(auto state, rooms.state(*payload.room, payload.event->after, type, key));
    const auto* value = state ? state->event->content.find(member) : nullptr;
    if (!value || !value->string() || value->string()->empty()) return std::nullopt;
    return *value->string();
}

Result<void> add_details(const RoomSource& rooms, const Payload& payload, const json::Object& tweaks,
                         json::Object& out) {
    const auto& event = *payload.event->event;
    out.set("id", event.id.str());  // what older gateways read
    out.set("type", event.type);
    out.set("sender", event.sender.str());
    out.set("content", event.content);
    bool urgent = event.is("m.room.encrypted") || payload.actions->highlight || tweaks.contains("sound");
    out.set("prio", urgent ? "high" : "low");
    if (const auto* membership = event.content.find("membership"); membership && event.is("m.room.member"))
        out.set("membership", *membership);  // as above
    if (event.state_key) out.set("user_is_target", *event.state_key == payload.pusher.user.view());
    PEYK_TRY(auto name, text_of_state(rooms, payload, "m.room.member", event.sender.view(), "displayname"));
    if (name) out.set("sender_display_name", *std::move(name));
    PEYK_TRY(auto room, text_of_state(rooms, payload, "m.room.name", "", "name"));
    PEYK_TRY(auto alias, text_of_state(rooms, payload, "m.room.canonical_alias", "", "alias"));
    if (room || alias) out.set("room_name", room ? *room : *alias);
    if (alias) out.set("room_alias", *std::move(alias));
    return {};
}

}  // namespace

Result<std::string> write_payload(const RoomSource& rooms, const Payload& payload) {
    const auto& pusher = payload.pusher.json;
    json::Object device;
    for (std::string_view key : {"app_id", "pushkey"}) {
        if (const auto* value = pusher.find(key)) device.set(std::string(key), *value);
    }
    device.set("pushkey_ts", payload.pusher.set_at);
    bool ids_only = !payload.full;
    if (const auto* data = pusher.find("data"); data && data->object()) {
        auto rest = *data->object();
        ids_only = ids_only || data->get_string("format") == "event_id_only";
        rest.erase("url");
        device.set("data", std::move(rest));
    }
    json::Object out{{"counts", json::Object{{"unread", static_cast<std::int64_t>(payload.unread)}}}};
    if (payload.event) {
        out.set("event_id", payload.event->event->id.str());
        out.set("room_id", payload.room->id.str());
        auto tweaks = tweaks_of(*payload.actions);
        if (ids_only) {
            out.set("prio", "high");  // nothing is told of what happened
        } else {
            PEYK_CHECK(add_details(rooms, payload, tweaks, out));
            device.set("tweaks", std::move(tweaks));
        }
    }
    out.set("devices", json::Array{std::move(device)});
    return json::write(json::Object{{"notification", std::move(out)}});
}

}  // namespace peyk::push
