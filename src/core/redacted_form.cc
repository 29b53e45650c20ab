#include "core/redacted_form.h"

#include "core/json.h"
#include "core/redaction.h"

namespace peyk {

Result<EventPtr> redacted_form(const Event& event, const RoomRules& rules) {
    PEYK_TRY(auto pdu, json::parse_object(event.pdu.value().json));
    return Event::from_stored(event.id, json::write(redact(std::move(pdu), rules)), rules);
}

Result<EventPtr> redacted_for_clients(const Event& event, const RoomRules& rules) {
    std::string content;
    write_redacted_content(content, event.type, event.content, rules);
    auto out = std::make_shared<Event>(Event{.id = event.id,
                                             .room = event.room,
                                             .sender = event.sender,
                                             .type = event.type,
                                             .state_key = event.state_key,
                                             .origin_server_ts = event.origin_server_ts});
    PEYK_TRY(out->content, json::parse_object(content));
    if (rules.redacts_in_content) out->redacts = target_in_content(*out);
    return out;
}

}  // namespace peyk
