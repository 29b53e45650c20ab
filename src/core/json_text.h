#pragma once
// Members of objects whose absence, or another type than expected, is as good as nothing.

#include <string>
#include <string_view>

#include "core/json.h"

namespace peyk::json {

// "": it is not there, or no text.
inline std::string text_in(const Object& object, std::string_view key) {
    const auto* value = object.find(key);
    return value && value->string() ? *value->string() : std::string();
}

// 0: it is not there, or no count.
inline std::uint64_t count_in(const Object& object, std::string_view key) {
    const auto* value = object.find(key);
    auto number = value ? value->integer().value_or(0) : 0;
    return number > 0 ? static_cast<std::uint64_t>(number) : 0;
}

}  // namespace peyk::json
