#pragma once
// The addresses at which other machines reach this one.

#include <string>
#include <string_view>
#include <vector>

namespace peyk::app {

// IPv4, and IPv6 of the kinds that stay: no loopback, no link-local ones, none that are made for privacy and change
// daily. Empty when the system does not say.
std::vector<std::string> own_addresses();

// The lasting IPv6 addresses in the text of /proc/net/if_inet6.
std::vector<std::string> lasting_addresses(std::string_view if_inet6);

}  // namespace peyk::app
