#include "base/bytes.h"

#include <array>

namespace peyk {
namespace {

template <int kBytes>
void put_be(std::string& out, std::uint64_t value) {
    for (int shift = 8 * (kBytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

template <int kBytes>
std::uint64_t get_be(const char* at) {
    std::uint64_t value = 0;
    for (int i = 0; i < kBytes; ++i) value = value << 8 | static_cast<unsigned char>(at[i]);
    return value;
}

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> reverse_of(std::string_view alphabet) {
    std::array<std::int8_t, 256> table{};
    for (auto& entry : table) entry = -1;
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    return table;
}
constexpr auto kStandardReverse = reverse_of(kStandard);
constexpr auto kUrlReverse = reverse_of(kUrl);

}  // namespace

void put_u8(std::string& out, std::uint8_t value) { out.push_back(static_cast<char>(value)); }
void put_u16be(std::string& out, std::uint16_t value) { put_be<2>(out, value); }
void put_u32be(std::string& out, std::uint32_t value) { put_be<4>(out, value); }
void put_u64be(std::string& out, std::uint64_t value) { put_be<8>(out, value); }

void put_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

void put_bytes(std::string& out, std::string_view bytes) {
    put_varint(out, bytes.size());
    out.append(bytes);
}

std::uint16_t get_u16be(const char* at) { return static_cast<std::uint16_t>(get_be<2>(at)); }
std::uint32_t get_u32be(const char* at) { return static_cast<std::uint32_t>(get_be<4>(at)); }
std::uint64_t get_u64be(const char* at) { return get_be<8>(at); }

bool ByteReader::need(std::size_t count) {
    if (ok_ && rest_.size() >= count) return true;
    ok_ = false;
    rest_ = {};
    return false;
}

std::string_view ByteReader::take(std::size_t count) {
    if (!need(count)) return {};
    auto out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
}

std::uint8_t ByteReader::u8() {
    auto bytes = take(1);
    return bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes[0]);
}
std::uint16_t ByteReader::u16be() {
    auto bytes = take(2);
    return bytes.empty() ? 0 : get_u16be(bytes.data());
}
std::uint32_t ByteReader::u32be() {
    auto bytes = take(4);
    return bytes.empty() ? 0 : get_u32be(bytes.data());
}
std::uint64_t ByteReader::u64be() {
    auto bytes = take(8);
    return bytes.empty() ? 0 : get_u64be(bytes.data());
}

std::uint64_t ByteReader::varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        std::uint8_t byte = u8();
        if (!ok_) return 0;
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return value;
    }
    ok_ = false;
    return 0;
}

std::string_view ByteReader::bytes() {
    auto length = varint();
    if (length > rest_.size()) {
        ok_ = false;
        rest_ = {};
        return {};
    }
    return take(static_cast<std::size_t>(length));
}

std::string base64_encode(std::string_view bytes, Base64 alphabet, std::string_view prefix) {
    const auto& table = alphabet == Base64::standard ? kStandard : kUrl;
    std::string out(prefix);
    out.resize(prefix.size() + (bytes.size() * 4 + 2) / 3);
    auto* to = out.data() + prefix.size();
    auto byte = [&](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(bytes[at])}; };
    auto put = [&](std::uint32_t bits, int letters) {
        for (int shift = 18; letters-- > 0; shift -= 6) *to++ = table[bits >> shift & 63];
    };
    std::size_t at = 0;
    for (; at + 3 <= bytes.size(); at += 3) put(byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2), 4);
    if (bytes.size() - at == 2) put(byte(at) << 16 | byte(at + 1) << 8, 3);
    if (bytes.size() - at == 1) put(byte(at) << 16, 2);
    return out;
}

std::optional<std::string> base64_decode(std::string_view text, Base64 alphabet) {
    const auto& table = alphabet == Base64::standard ? kStandardReverse : kUrlReverse;
    if (text.size() % 4 == 0) {
        for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
    }
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (unsigned char character : text) {
        auto value = table[character];
        if (value < 0) return std::nullopt;
        buffer = buffer << 6 | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<char>(buffer >> bits));
        }
    }
    return out;
}

std::string hex_encode(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (unsigned char byte : bytes) {
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
    auto digit = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    if (text.size() % 2) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        int high = digit(text[i]), low = digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high << 4 | low));
    }
    return out;
}

bool is_utf8(std::string_view text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* end = at + text.size();
    while (at < end) {
        if (*at < 0x80) {
            ++at;
            continue;
        }
        int extra = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : 1;
        if (*at < 0xc2 || *at > 0xf4 || end - at <= extra) return false;
        for (int i = 1; i <= extra; ++i) {
            if ((at[i] & 0xc0) != 0x80) return false;
        }
        if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
            (at[0] == 0xf4 && at[1] > 0x8f))
            return false;
        at += extra + 1;
    }
    return true;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned char difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
    return difference == 0;
}

}  // namespace peyk
