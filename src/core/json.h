#pragma once
// JSON as our own value type; the parser's library does not appear outside of json_parse.cc.
// Objects keep their keys sorted by bytes (= by code point), so serialising a value is canonical JSON already.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace peyk::json {

class Value;
using Array = std::vector<Value>;
struct Member;  // {key, value}

// Spec: Appendices › Canonical JSON: integers within ±(2^53 − 1).
inline constexpr std::int64_t kMaxInteger = 9'007'199'254'740'991;

// A number that is no integer within kMaxInteger, kept as it was written, since old room versions hash it so.
struct RawNumber {
    std::string text;
    bool operator==(const RawNumber&) const = default;
};

class Object {
public:
    using const_iterator = std::vector<Member>::const_iterator;
    Object();
    Object(std::initializer_list<Member> members);
    Object(const Object&);
    Object(Object&&) noexcept;
    Object& operator=(const Object&);
    Object& operator=(Object&&) noexcept;
    ~Object();

    const Value* find(std::string_view key) const;  // null when absent
    Value* find(std::string_view key);
    bool contains(std::string_view key) const { return find(key) != nullptr; }
    void set(std::string key, Value value);  // adds or replaces
    bool erase(std::string_view key);        // false when absent
    bool empty() const { return begin() == end(); }
    std::size_t size() const;
    const_iterator begin() const;  // Member{key, value}, sorted by key
    const_iterator end() const;
    bool operator==(const Object& other) const;

private:
    friend class Parser;
    std::vector<Member> members_;
};

class Value {
public:
    enum class Kind : unsigned char { null, boolean, integer, number, string, array, object };

    Value() = default;
    Value(std::nullptr_t) {}
    Value(bool value) : data_(value) {}
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    Value(T value) : data_(static_cast<std::int64_t>(value)) {}
    Value(RawNumber value) : data_(std::move(value)) {}
    Value(std::string value) : data_(std::move(value)) {}
    Value(std::string_view value) : data_(std::string(value)) {}
    Value(const char* value) : data_(std::string(value)) {}
    Value(Array value) : data_(std::move(value)) {}
    Value(Object value) : data_(std::move(value)) {}

    Kind kind() const { return static_cast<Kind>(data_.index()); }
    bool is_null() const { return kind() == Kind::null; }
    bool is_string() const { return kind() == Kind::string; }
    bool is_integer() const { return kind() == Kind::integer; }
    bool is_bool() const { return kind() == Kind::boolean; }
    bool is_array() const { return kind() == Kind::array; }
    bool is_object() const { return kind() == Kind::object; }

    // Null pointers / nullopt when the kind is another.
    const Object* object() const { return std::get_if<Object>(&data_); }
    Object* object() { return std::get_if<Object>(&data_); }
    const Array* array() const { return std::get_if<Array>(&data_); }
    Array* array() { return std::get_if<Array>(&data_); }
    const std::string* string() const { return std::get_if<std::string>(&data_); }
    std::optional<std::int64_t> integer() const;
    std::optional<bool> boolean() const;
    const RawNumber* raw_number() const { return std::get_if<RawNumber>(&data_); }

    // Member access that is safe on any kind: absent or of another kind reads as null / nullopt.
    const Value* get(std::string_view key) const;
    const Value* get_path(std::initializer_list<std::string_view> keys) const;
    std::optional<std::string_view> get_string(std::string_view key) const;  // a view into this value
    std::optional<std::int64_t> get_integer(std::string_view key) const;
    std::optional<bool> get_bool(std::string_view key) const;
    const Object* get_object(std::string_view key) const;
    const Array* get_array(std::string_view key) const;

    bool operator==(const Value&) const = default;

private:
    std::variant<std::monostate, bool, std::int64_t, RawNumber, std::string, Array, Object> data_;
};

struct Member {
    std::string key;
    Value value;
    bool operator==(const Member&) const = default;
};

inline Object::Object() = default;
inline Object::Object(const Object&) = default;
inline Object::Object(Object&&) noexcept = default;
inline Object& Object::operator=(const Object&) = default;
inline Object& Object::operator=(Object&&) noexcept = default;
inline Object::~Object() = default;
inline std::size_t Object::size() const { return members_.size(); }
inline Object::const_iterator Object::begin() const { return members_.begin(); }
inline Object::const_iterator Object::end() const { return members_.end(); }
inline bool Object::operator==(const Object& other) const { return members_ == other.members_; }

struct ParseLimits {
    std::size_t max_depth = 128;  // arrays and objects inside each other
};

// Strict: one value and nothing behind it, valid UTF-8, no lone surrogates, no duplicate keys, depth within the limit.
// Errors: bad_request with M_NOT_JSON (not JSON at all) or M_BAD_JSON (JSON that we refuse; duplicate keys, depth).
Result<Value> parse(std::string_view text, ParseLimits limits = {});
// The same, and refuses anything but an object (M_BAD_JSON).
Result<Object> parse_object(std::string_view text, ParseLimits limits = {});

// Shortest form, keys sorted; canonical JSON when is_canonical() holds.
std::string write(const Value& value);
std::string write(const Object& object);
void write_to(std::string& out, const Value& value);
void write_to(std::string& out, const Object& object);
void write_string(std::string& out, std::string_view text);  // quoted and escaped as canonical JSON wants

// No number but integers within kMaxInteger anywhere (room versions 6 and later refuse the rest).
bool is_canonical(const Value& value);

// Builds an object or array text without a tree: for answers that splice stored JSON.
class Writer {
public:
    Writer& begin_object();
    Writer& end_object();
    Writer& begin_array();
    Writer& end_array();
    Writer& key(std::string_view name);
    Writer& string(std::string_view text);
    Writer& integer(std::int64_t value);
    Writer& boolean(bool value);
    Writer& null();
    Writer& raw(std::string_view json);  // must be one whole JSON value
    Writer& value(const Value& value);
    const std::string& text() const { return out_; }
    std::string take() { return std::move(out_); }
    void reserve(std::size_t bytes) { out_.reserve(bytes); }

private:
    void comma();
    std::string out_;
    bool first_ = true;
};

}  // namespace peyk::json
