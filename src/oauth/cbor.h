#pragma once
// CBOR as authenticators write it: definite lengths, no tags, no floats. RFC 8949, the canonical form of CTAP2.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace peyk::oauth {

struct CborValue;
using CborArray = std::vector<CborValue>;
struct CborMap {
    std::vector<CborValue> items;  // a key, its value, a key, …
};
struct CborText {
    std::string text;
};

struct CborValue {
    std::variant<std::monostate, bool, std::int64_t, std::string, CborText, CborArray, CborMap> data;

    const CborMap* map() const { return std::get_if<CborMap>(&data); }
    std::optional<std::int64_t> integer() const;
    const std::string* bytes() const { return std::get_if<std::string>(&data); }
    const std::string* text() const;
    // Of a map; null when absent.
    const CborValue* find(std::int64_t key) const;
    const CborValue* find(std::string_view key) const;
};

// The first value and what follows it. Null: malformed, deeper than 8, more than 200 items, or a key twice.
std::optional<std::pair<CborValue, std::string_view>> read_cbor(std::string_view bytes);

}  // namespace peyk::oauth
