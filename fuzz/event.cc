// Events as other servers send them: what is one keeps its text and its id, and so does what a redaction leaves of it.

#include <cstdlib>

#include "core/event.h"
#include "core/redaction.h"
#include "core/room_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto value = json::parse(text);
    if (!value || !value->object()) return 0;
    for (const auto& rules : kRoomRules) {
        auto event = Event::from_pdu(*value->object(), rules);
        if (!event) continue;
        const auto& stored = (*event)->pdu->json;
        auto again = Event::from_stored((*event)->id, stored, rules);
        if (!again || (*again)->pdu != (*event)->pdu || (*again)->content != (*event)->content) std::abort();
        auto whole = json::parse(stored);
        if (!whole) std::abort();
        auto left = redact(*whole->object(), rules);
        if (redact(left, rules) != left) std::abort();
        auto redacted = Event::from_pdu(std::move(left), rules);
        if (redacted && (*redacted)->id != (*event)->id) std::abort();
    }
    return 0;
}
