#include "core/json.h"

#include <charconv>

namespace peyk::json {
namespace {

// Few members are searched from the front: most objects of events have less than this.
constexpr std::size_t kLinearSearchMembers = 6;

template <class Members>
auto find_member(Members& members, std::string_view key) {
    if (members.size() <= kLinearSearchMembers) {
        return std::find_if(members.begin(), members.end(), [key](const Member& m) { return m.key == key; });
    }
    auto at = std::lower_bound(members.begin(), members.end(), key,
                               [](const Member& m, std::string_view wanted) { return m.key < wanted; });
    return at != members.end() && at->key == key ? at : members.end();
}

void write_integer(std::string& out, std::int64_t value) {
    std::array<char, 24> digits;
    auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

constexpr std::array<bool, 256> kNeedsEscape = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
    table['"'] = table['\\'] = true;
    return table;
}();

void write_escape(std::string& out, unsigned char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    out += "\\u00";
    out += kHex[c >> 4];
    out += kHex[c & 15];
}

}  // namespace

Object::Object(std::initializer_list<Member> members) {
    members_.reserve(members.size());
    for (const Member& member : members) set(member.key, member.value);
}

const Value* Object::find(std::string_view key) const {
    auto at = find_member(members_, key);
    return at == members_.end() ? nullptr : &at->value;
}

Value* Object::find(std::string_view key) {
    auto at = find_member(members_, key);
    return at == members_.end() ? nullptr : &at->value;
}

void Object::set(std::string key, Value value) {
    // Builders mostly add in order, so the end is tried first.
    if (members_.empty() || members_.back().key < key) {
        members_.push_back({std::move(key), std::move(value)});
        return;
    }
    auto at = std::lower_bound(members_.begin(), members_.end(), key,
                               [](const Member& m, const std::string& wanted) { return m.key < wanted; });
    if (at->key == key) {
        at->value = std::move(value);
    } else {
        members_.insert(at, {std::move(key), std::move(value)});
    }
}

bool Object::erase(std::string_view key) {
    auto at = find_member(members_, key);
    if (at == members_.end()) return false;
    members_.erase(at);
    return true;
}

std::optional<std::int64_t> Value::integer() const {
    if (auto* value = std::get_if<std::int64_t>(&data_)) return *value;
    return std::nullopt;
}

std::optional<bool> Value::boolean() const {
    if (auto* value = std::get_if<bool>(&data_)) return *value;
    return std::nullopt;
}

const Value* Value::get(std::string_view key) const {
    const Object* self = object();
    return self ? self->find(key) : nullptr;
}

const Value* Value::get_path(std::initializer_list<std::string_view> keys) const {
    const Value* at = this;
    for (auto key : keys) {
        at = at->get(key);
        if (!at) return nullptr;
    }
    return at;
}

std::optional<std::string_view> Value::get_string(std::string_view key) const {
    const Value* member = get(key);
    const std::string* text = member ? member->string() : nullptr;
    if (!text) return std::nullopt;
    return *text;
}

std::optional<std::int64_t> Value::get_integer(std::string_view key) const {
    const Value* member = get(key);
    return member ? member->integer() : std::nullopt;
}

std::optional<bool> Value::get_bool(std::string_view key) const {
    const Value* member = get(key);
    return member ? member->boolean() : std::nullopt;
}

const Object* Value::get_object(std::string_view key) const {
    const Value* member = get(key);
    return member ? member->object() : nullptr;
}

const Array* Value::get_array(std::string_view key) const {
    const Value* member = get(key);
    return member ? member->array() : nullptr;
}

void write_string(std::string& out, std::string_view text) {
    out += '"';
    const char* run = text.data();
    const char* const end = run + text.size();
    for (const char* at = run; at != end; ++at) {
        const auto c = static_cast<unsigned char>(*at);
        if (!kNeedsEscape[c]) continue;
        out.append(run, at);
        write_escape(out, c);
        run = at + 1;
    }
    out.append(run, end);
    out += '"';
}

void write_to(std::string& out, const Object& object) {
    out += '{';
    bool first = true;
    for (const Member& member : object) {
        if (!first) out += ',';
        first = false;
        write_string(out, member.key);
        out += ':';
        write_to(out, member.value);
    }
    out += '}';
}

void write_to(std::string& out, const Value& value) {
    switch (value.kind()) {
        case Value::Kind::null: out += "null"; return;
        case Value::Kind::boolean: out += *value.boolean() ? "true" : "false"; return;
        case Value::Kind::integer: write_integer(out, *value.integer()); return;
        case Value::Kind::number: out += value.raw_number()->text; return;
        case Value::Kind::string: write_string(out, *value.string()); return;
        case Value::Kind::object: write_to(out, *value.object()); return;
        case Value::Kind::array: break;
    }
    out += '[';
    bool first = true;
    for (const Value& element : *value.array()) {
        if (!first) out += ',';
        first = false;
        write_to(out, element);
    }
    out += ']';
}

std::string write(const Value& value) {
    std::string out;
    write_to(out, value);
    return out;
}

std::string write(const Object& object) {
    std::string out;
    write_to(out, object);
    return out;
}

bool is_canonical(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::number: return false;
        case Value::Kind::integer: return *value.integer() <= kMaxInteger && *value.integer() >= -kMaxInteger;
        case Value::Kind::array: return std::all_of(value.array()->begin(), value.array()->end(), is_canonical);
        case Value::Kind::object:
            return std::all_of(value.object()->begin(), value.object()->end(),
                               [](const Member& member) { return is_canonical(member.value); });
        default: return true;
    }
}

void Writer::comma() {
    if (!first_) out_ += ',';
    first_ = false;
}

Writer& Writer::begin_object() {
    comma();
    out_ += '{';
    first_ = true;
    return *this;
}

Writer& Writer::end_object() {
    out_ += '}';
    first_ = false;
    return *this;
}

Writer& Writer::begin_array() {
    comma();
    out_ += '[';
    first_ = true;
    return *this;
}

Writer& Writer::end_array() {
    out_ += ']';
    first_ = false;
    return *this;
}

Writer& Writer::key(std::string_view name) {
    comma();
    write_string(out_, name);
    out_ += ':';
    first_ = true;  // the value that follows takes no comma
    return *this;
}

Writer& Writer::string(std::string_view text) {
    comma();
    write_string(out_, text);
    return *this;
}

Writer& Writer::integer(std::int64_t value) {
    comma();
    write_integer(out_, value);
    return *this;
}

Writer& Writer::boolean(bool value) {
    comma();
    out_ += value ? "true" : "false";
    return *this;
}

Writer& Writer::null() {
    comma();
    out_ += "null";
    return *this;
}

Writer& Writer::raw(std::string_view json) {
    comma();
    out_ += json;
    return *this;
}

Writer& Writer::value(const Value& value) {
    comma();
    write_to(out_, value);
    return *this;
}

}  // namespace peyk::json
