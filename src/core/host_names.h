#pragma once
// Names of hosts as people write them.

#include <optional>
#include <string>
#include <string_view>

namespace peyk {

// The name in the letters of the DNS ("xn--…"), lower case. Spec: UTS #46, non-transitional, with the checks for
// right-to-left and joining characters. nullopt: no name that can exist, or not UTF-8.
std::optional<std::string> ascii_host_name(std::string_view utf8);

}  // namespace peyk
