#include "client_api/rooms/clear_messages.h"

#include "client_api/rooms/access.h"

namespace peyk::client_api {

// Spec: Key verification framework › in-room messages: "verification messages may be sent unencrypted".
bool may_be_clear(std::string_view type, const json::Object& content) {
    if (type == "m.room.encrypted" || type == "m.room.redaction" || type == "m.reaction") return true;
    if (type.starts_with("m.key.verification.")) return true;
    if (type != "m.room.message") return false;
    const auto* kind = content.find("msgtype");
    return kind && kind->string() && *kind->string() == "m.key.verification.request";
}

Result<void> check_clear(const RoomServices& services, const users::Caller& caller, const RoomId& id,
                         std::string_view type, const json::Object& content) {
    if (!services.refuse_clear || caller.is_service() || may_be_clear(type, content)) return {};
    auto access = open_joined_room(services, caller, id);
    if (!access) return {};  // refused where it is sent, and nobody learns here whether the room is encrypted
    // Whatever stands in it now: encryption cannot be switched off again (Spec: m.room.encryption).
    PEYK_TRY(auto encryption, services.store.state(*access->room, access->roots, "m.room.encryption"));
    if (!encryption) return {};
    return m::forbidden("This room is encrypted, and this server takes no clear messages in such rooms");
}

}  // namespace peyk::client_api
