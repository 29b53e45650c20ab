#include "core/redacted_form.h"

#include "core/json.h"
#include "core/redaction.h"

namespace peyk {

Result<EventPtr> redacted_form(const Event& event, const RoomRules& rules) {
    PEYK_TRY(auto pdu, json::parse_object(event.json));
    return Event::from_stored(event.id, json::write(redact(std::move(pdu), rules)), rules);
}

}  // namespace peyk
