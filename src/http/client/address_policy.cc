#include "http/client/address_policy.h"

#include <cstring>
#include <span>

namespace peyk::http {
namespace {

struct Range {
    std::array<std::uint8_t, 16> prefix;
    int bits;
};

bool within(std::span<const std::uint8_t> address, const Range& range) {
    auto whole = static_cast<std::size_t>(range.bits / 8);
    if (std::memcmp(address.data(), range.prefix.data(), whole) != 0) return false;
    if (range.bits % 8 == 0) return true;
    auto mask = static_cast<std::uint8_t>(0xff << (8 - range.bits % 8));
    return (address[whole] & mask) == (range.prefix[whole] & mask);
}

template <std::size_t N>
bool within_any(std::span<const std::uint8_t> address, const Range (&ranges)[N]) {
    return std::ranges::any_of(ranges, [&](const Range& range) { return within(address, range); });
}

constexpr Range kInsideV4[] = {
    {{0}, 8},              // this network
    {{10}, 8},             // private
    {{100, 64}, 10},       // shared between a provider and its customers
    {{127}, 8},            // loopback
    {{169, 254}, 16},      // link-local: cloud machines tell their secrets here
    {{172, 16}, 12},       // private
    {{192, 0, 0}, 24},     // protocol assignments
    {{192, 0, 2}, 24},     // documentation
    {{192, 31, 196}, 24},  // AS112
    {{192, 52, 193}, 24},  // AMT
    {{192, 88, 99}, 24},   // 6to4 relays
    {{192, 168}, 16},      // private
    {{192, 175, 48}, 24},  // AS112
    {{198, 18}, 15},       // benchmarking
    {{198, 51, 100}, 24},  // documentation
    {{203, 0, 113}, 24},   // documentation
    {{224}, 3},            // multicast, reserved, broadcast
};

constexpr Range kGlobalV6 = {{0x20}, 3};
// Within 2000::/3.
constexpr Range kInsideV6[] = {
    {{0x20, 0x01, 0x00}, 23},              // protocol assignments, Teredo among them
    {{0x20, 0x01, 0x0d, 0xb8}, 32},        // documentation
    {{0x20, 0x02}, 16},                    // 6to4
    {{0x26, 0x20, 0x00, 0x4f, 0x80}, 48},  // AS112
    {{0x3f, 0xff}, 20},                    // documentation
};
constexpr Range kMapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
constexpr Range kNat64 = {{0, 0x64, 0xff, 0x9b}, 96};

std::span<const std::uint8_t> last_four(const ClientAddress& address) { return std::span(address.bytes).last(4); }

}  // namespace

bool is_public_address(const ClientAddress& address) {
    if (within(address.bytes, kMapped) || within(address.bytes, kNat64))
        return !within_any(last_four(address), kInsideV4);
    return within(address.bytes, kGlobalV6) && !within_any(address.bytes, kInsideV6);
}

bool is_dialable_address(const ClientAddress& address) {
    if (within(address.bytes, kMapped)) {
        auto four = last_four(address);
        return four[0] != 0 && four[0] < 224;
    }
    if (address.bytes[0] == 0xff) return false;
    return std::ranges::any_of(address.bytes, [](std::uint8_t byte) { return byte != 0; });
}

}  // namespace peyk::http
