#include "app/own_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace peyk::app {
namespace {

void add(std::vector<std::string>& out, std::string address) {
    if (std::ranges::find(out, address) == out.end()) out.push_back(std::move(address));
}

// Hexadecimal without separators, as the kernel writes it; empty when it is none.
std::string address_in(std::string_view digits) {
    unsigned char bytes[16];
    if (digits.size() != 2 * sizeof bytes) return {};
    for (std::size_t i = 0; i < sizeof bytes; ++i) {
        const auto* at = digits.data() + 2 * i;
        if (std::from_chars(at, at + 2, bytes[i], 16).ptr != at + 2) return {};
    }
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(AF_INET6, bytes, text, sizeof text) ? text : "";
}

}  // namespace

// A line: address, index of the interface, length of the prefix, scope, flags (all hexadecimal), name.
std::vector<std::string> lasting_addresses(std::string_view if_inet6) {
    constexpr unsigned kGlobal = 0;
    constexpr unsigned kPassing = IFA_F_TEMPORARY | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_TENTATIVE;
    std::vector<std::string> out;
    std::istringstream lines{std::string(if_inet6)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string digits;
        unsigned index = 0, prefix = 0, scope = 0, flags = 0;
        if (!(fields >> digits >> std::hex >> index >> prefix >> scope >> flags)) continue;
        if (scope != kGlobal || (flags & kPassing) != 0) continue;
        if (auto address = address_in(digits); !address.empty()) add(out, std::move(address));
    }
    return out;
}

std::vector<std::string> own_addresses() {
    std::vector<std::string> out;
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) == 0) {
        for (auto* at = first; at; at = at->ifa_next) {
            if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET) continue;
            char text[INET_ADDRSTRLEN];
            const auto* address = reinterpret_cast<const sockaddr_in*>(at->ifa_addr);
            if (!inet_ntop(AF_INET, &address->sin_addr, text, sizeof text)) continue;
            std::string_view view(text);
            if (!view.starts_with("127.") && !view.starts_with("169.254.")) add(out, text);
        }
        freeifaddrs(first);
    }
    std::ifstream in("/proc/net/if_inet6");
    std::ostringstream text;
    text << in.rdbuf();
    for (auto& address : lasting_addresses(text.str())) add(out, std::move(address));
    return out;
}

}  // namespace peyk::app
