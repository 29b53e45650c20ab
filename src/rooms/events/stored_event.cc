#include "rooms/events/stored_event.h"

namespace peyk::rooms {
Membership membership_of(std::string_view text) {
    if (text == "join") return Membership::join;
    if (text == "invite") return Membership::invite;
    if (text == "leave") return Membership::leave;
    if (text == "ban") return Membership::ban;
    if (text == "knock") return Membership::knock;
    return Membership::none;
}

std::string_view membership_text(Membership membership) {
    switch (membership) {
        case Membership::none: break;
        case Membership::join: return "join";
        case Membership::invite: return "invite";
        case Membership::leave: return "leave";
        case Membership::ban: return "ban";
        case Membership::knock: return "knock";
    }
    return "leave";
}

const std::string& StoredEvent::client_prefix() const {
    std::call_once(once_, [this] {
        auto& out = client_prefix_;
        out += "{\"content\":";
        if (event->redacts && event->is("m.room.redaction") && !event->content.contains("redacts")) {
            // Clients of any age find the target at either place, whatever the room version.
            auto content = event->content;
            content.set("redacts", event->redacts->str());
            json::write_to(out, content);
        } else {
            json::write_to(out, event->content);
        }
        out += ",\"event_id\":";
        json::write_string(out, event->id.view());
        out += ",\"origin_server_ts\":";
        out += std::to_string(event->origin_server_ts);
        if (event->redacts) {
            out += ",\"redacts\":";
            json::write_string(out, event->redacts->view());
        }
        out += ",\"sender\":";
        json::write_string(out, event->sender.view());
        if (event->state_key) {
            out += ",\"state_key\":";
            json::write_string(out, *event->state_key);
        }
        out += ",\"type\":";
        json::write_string(out, event->type);
    });
    return client_prefix_;
}

std::string device_digest(const storage::Db& db, const UserId& user, const DeviceId& device) {
    return db.digest("device", user.str() + ' ' + device.str()).substr(0, 8);
}

}  // namespace peyk::rooms
