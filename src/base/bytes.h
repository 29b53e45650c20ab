#pragma once
// Byte strings: big-endian integers for keys, varints for values, base64 and hex for the wire.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace peyk {

// Appends `value` big-endian, so that the byte order of keys is the order of numbers.
void put_u8(std::string& out, std::uint8_t value);
void put_u16be(std::string& out, std::uint16_t value);
void put_u32be(std::string& out, std::uint32_t value);
void put_u64be(std::string& out, std::uint64_t value);
// LEB128: 7 bits a byte, low bits first; at most 10 bytes.
void put_varint(std::string& out, std::uint64_t value);
// A varint length, then the bytes.
void put_bytes(std::string& out, std::string_view bytes);

std::uint16_t get_u16be(const char* at);
std::uint32_t get_u32be(const char* at);
std::uint64_t get_u64be(const char* at);

// Reads a byte string from front to back. After the first short read everything reads as zero/empty and ok() is false.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
    std::uint8_t u8();
    std::uint16_t u16be();
    std::uint32_t u32be();
    std::uint64_t u64be();
    std::uint64_t varint();
    std::string_view bytes();                  // what put_bytes wrote; a view into the input
    std::string_view take(std::size_t count);  // exactly `count` bytes
    std::string_view rest() const { return rest_; }
    bool ok() const { return ok_; }
    bool done() const { return ok_ && rest_.empty(); }

private:
    bool need(std::size_t count);
    std::string_view rest_;
    bool ok_ = true;
};

enum class Base64 : unsigned char { standard, url };
// Never padded.
// Behind `prefix`, in one allocation.
std::string base64_encode(std::string_view bytes, Base64 alphabet = Base64::standard, std::string_view prefix = {});
// Accepts either padded or unpadded; nullopt on any other character or a bad length.
std::optional<std::string> base64_decode(std::string_view text, Base64 alphabet = Base64::standard);
std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

// Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// Compares without leaking where the first difference is.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace peyk
