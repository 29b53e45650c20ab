#pragma once
// The parts of an event that a client asks for. Spec: Client-Server API › Filtering (event_fields); Appendices ›
// Dot-separated property paths.

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace peyk::rooms {

class EventFields {
public:
    EventFields() = default;
    // Null or an empty list: all fields. Errors: M_BAD_JSON.
    static Result<EventFields> parse(const json::Value* list);
    bool all() const { return paths_.empty(); }
    // `event` with only the wanted properties, and those without which it would be no event: a server may give more
    // than was asked for, and the schema of events wants them.
    json::Object pick(const json::Object& event) const;
    // The JSON object that `out` ends in, from `start` on, is replaced by its picked form.
    Result<void> apply(std::string& out, std::size_t start) const;

private:
    std::vector<std::vector<std::string>> paths_;
};

}  // namespace peyk::rooms
