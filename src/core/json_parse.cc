// The strict parser: simdjson finds the structure and checks UTF-8, everything it is lenient about is checked here
// (numbers, literals, surrogates, duplicate keys, depth). No other unit includes simdjson.

#include <simdjson.h>
#include <string.h>

#include "core/errors.h"
#include "core/json.h"

namespace peyk::json {
namespace {

namespace ondemand = simdjson::ondemand;

enum class Fault : unsigned char { none, syntax, depth, duplicate, surrogate };

// Buffers of a thread, kept between calls so that a small document costs no allocation but its own values.
struct Scratch {
    ondemand::parser parser;
    std::string text;             // '[' document ']' and simdjson's padding
    std::vector<Member> members;  // members of the objects that are still open, innermost last
    std::vector<Value> elements;  // the same for arrays
};

// Larger documents get buffers of their own, so that one of them does not stay with the thread for good.
constexpr std::size_t kKeptDocumentBytes = 256 * 1024;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim_end(std::string_view token) {
    while (!token.empty() && is_space(token.back())) token.remove_suffix(1);
    return token;
}

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_utf8(std::string& out, std::uint32_t point) {
    auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (point < 0x80) return put(point);
    if (point < 0x800) return put(0xc0 | (point >> 6)), put(0x80 | (point & 0x3f));
    if (point < 0x10000)
        return put(0xe0 | (point >> 12)), put(0x80 | ((point >> 6) & 0x3f)), put(0x80 | (point & 0x3f));
    put(0xf0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3f));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
}

// The four hexadecimal digits at `at`, or nothing. The closing quote stops a read beyond the end.
std::optional<std::uint32_t> read_hex4(const char* at) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
        const int digit = hex_digit(at[i]);
        if (digit < 0) return std::nullopt;
        value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    return value;
}

// `at` stands behind "\u"; moves it behind the escape (two escapes for a surrogate pair).
Fault unescape_unicode(const char*& at, std::string& out) {
    auto point = read_hex4(at);
    if (!point) return Fault::syntax;
    at += 4;
    if (*point >= 0xd800 && *point <= 0xdfff) {
        if (*point >= 0xdc00 || at[0] != '\\' || at[1] != 'u') return Fault::surrogate;
        auto low = read_hex4(at + 2);
        if (!low) return Fault::syntax;
        if (*low < 0xdc00 || *low > 0xdfff) return Fault::surrogate;
        point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
        at += 6;
    }
    append_utf8(out, *point);
    return Fault::none;
}

// `at` is the first byte behind the opening quote. simdjson has made sure that the string is closed inside the
// document, holds no bare control characters and is valid UTF-8.
Fault read_string(const char* at, std::string& out) {
    const char* run = at;
    for (;;) {
        while (*at != '"' && *at != '\\') ++at;
        out.append(run, at);
        if (*at == '"') return Fault::none;
        const char escape = at[1];
        at += 2;
        switch (escape) {
            case '"':
            case '\\':
            case '/': out.push_back(escape); break;
            case 'b': out.push_back('\b'); break;
            case 'f': out.push_back('\f'); break;
            case 'n': out.push_back('\n'); break;
            case 'r': out.push_back('\r'); break;
            case 't': out.push_back('\t'); break;
            case 'u':
                if (auto fault = unescape_unicode(at, out); fault != Fault::none) return fault;
                break;
            default: return Fault::syntax;
        }
        run = at;
    }
}

// The parts of a number as RFC 8259 writes it.
struct NumberParts {
    bool negative = false;
    std::string_view digits;    // of the integer part
    bool fraction = false;      // has a decimal point
    std::string_view exponent;  // with its sign, empty if none
};

std::size_t skip_digits(std::string_view token, std::size_t at) {
    while (at < token.size() && is_digit(token[at])) ++at;
    return at;
}

std::optional<NumberParts> split_number(std::string_view token) {
    NumberParts parts;
    std::size_t at = 0;
    if (at < token.size() && token[at] == '-') parts.negative = true, ++at;
    const std::size_t first = at;
    at = skip_digits(token, at);
    parts.digits = token.substr(first, at - first);
    if (parts.digits.empty() || (parts.digits.size() > 1 && parts.digits[0] == '0')) return std::nullopt;
    if (at < token.size() && token[at] == '.') {
        const std::size_t end = skip_digits(token, at + 1);
        if (end == at + 1) return std::nullopt;
        parts.fraction = true;
        at = end;
    }
    if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
        const std::size_t begin = ++at;
        if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
        const std::size_t end = skip_digits(token, at);
        if (end == at) return std::nullopt;
        parts.exponent = token.substr(begin, end - begin);
        at = end;
    }
    if (at != token.size()) return std::nullopt;
    return parts;
}

// The value of a number without a fraction and with an exponent that is not negative, if it is within kMaxInteger.
// Spec: Appendices › Canonical JSON: `-0` is 0 and `1e10` is 10000000000.
std::optional<std::int64_t> integer_value(const NumberParts& parts) {
    constexpr std::size_t kMaxDigits = 16;  // of kMaxInteger
    if (parts.fraction || parts.exponent.starts_with('-')) return std::nullopt;
    if (parts.digits == "0") return 0;
    std::size_t zeros = 0;
    for (char c : parts.exponent) {
        if (c == '+') continue;
        zeros = zeros * 10 + static_cast<std::size_t>(c - '0');
        if (zeros > kMaxDigits) return std::nullopt;
    }
    if (parts.digits.size() + zeros > kMaxDigits) return std::nullopt;
    std::int64_t value = 0;
    for (char c : parts.digits) value = value * 10 + (c - '0');
    for (; zeros > 0; --zeros) value *= 10;
    if (value > kMaxInteger) return std::nullopt;
    return parts.negative ? -value : value;
}

Fault read_number(std::string_view token, Value& out) {
    auto parts = split_number(token);
    if (!parts) return Fault::syntax;
    if (auto integer = integer_value(*parts)) {
        out = Value(*integer);
    } else {
        out = Value(RawNumber{std::string(token)});
    }
    return Fault::none;
}

Fault read_literal(std::string_view token, Value& out) {
    if (token == "null") return out = Value(), Fault::none;
    if (token == "true") return out = Value(true), Fault::none;
    if (token == "false") return out = Value(false), Fault::none;
    return Fault::syntax;
}

std::unexpected<Error> refuse(Fault fault) {
    switch (fault) {
        case Fault::depth: return m::bad_json("JSON is nested too deeply");
        case Fault::duplicate: return m::bad_json("a JSON object has the same key twice");
        case Fault::surrogate: return m::bad_json("a JSON string has half of a surrogate pair");
        default: return m::not_json("content is not JSON");
    }
}

}  // namespace

class Parser {
public:
    Parser(Scratch& scratch, std::size_t max_depth) : scratch_(scratch), max_depth_(max_depth) {}
    ~Parser() {
        scratch_.members.clear();
        scratch_.elements.clear();
    }

    // The document is put into brackets: every root is then an array of one element, and scalars need no path of
    // their own.
    Fault run(std::string_view document, Value& out) {
        std::string& text = scratch_.text;
        text.clear();
        text.reserve(document.size() + 2 + simdjson::SIMDJSON_PADDING);
        text.append(1, '[').append(document).append(1, ']');
        ondemand::document root;
        if (scratch_.parser.iterate(text.data(), text.size(), text.capacity()).get(root)) return Fault::syntax;
        ondemand::array wrapper;
        if (root.get_array().get(wrapper)) return Fault::syntax;
        std::size_t count = 0;
        for (auto element : wrapper) {
            ondemand::value value;
            if (++count > 1 || element.get(value)) return Fault::syntax;
            if (auto fault = read(value, 0, out); fault != Fault::none) return fault;
        }
        const bool at_end = root.current_location().error() == simdjson::OUT_OF_BOUNDS;
        return count == 1 && at_end ? Fault::none : Fault::syntax;
    }

private:
    Fault read(ondemand::value value, std::size_t depth, Value& out) {
        ondemand::json_type type{};
        if (value.type().get(type)) return Fault::syntax;
        switch (type) {
            case ondemand::json_type::object: return read_object(value, depth + 1, out);
            case ondemand::json_type::array: return read_array(value, depth + 1, out);
            case ondemand::json_type::string: {
                ondemand::raw_json_string raw;
                if (value.get_raw_json_string().get(raw)) return Fault::syntax;
                std::string text;
                if (auto fault = read_string(raw.raw(), text); fault != Fault::none) return fault;
                out = Value(std::move(text));
                return Fault::none;
            }
            case ondemand::json_type::number: return read_number(trim_end(value.raw_json_token()), out);
            default: return read_literal(trim_end(value.raw_json_token()), out);
        }
    }

    Fault read_array(ondemand::value value, std::size_t depth, Value& out) {
        if (depth > max_depth_) return Fault::depth;
        ondemand::array array;
        if (value.get_array().get(array)) return Fault::syntax;
        const auto base = static_cast<std::ptrdiff_t>(scratch_.elements.size());
        for (auto element : array) {
            ondemand::value inner;
            if (element.get(inner)) return Fault::syntax;
            Value read_value;
            if (auto fault = read(inner, depth, read_value); fault != Fault::none) return fault;
            scratch_.elements.push_back(std::move(read_value));
        }
        const auto first = scratch_.elements.begin() + base;
        out = Value(Array(std::make_move_iterator(first), std::make_move_iterator(scratch_.elements.end())));
        scratch_.elements.erase(first, scratch_.elements.end());
        return Fault::none;
    }

    Fault read_object(ondemand::value value, std::size_t depth, Value& out) {
        if (depth > max_depth_) return Fault::depth;
        ondemand::object object;
        if (value.get_object().get(object)) return Fault::syntax;
        const auto base = static_cast<std::ptrdiff_t>(scratch_.members.size());
        for (auto field : object) {
            ondemand::raw_json_string key;
            ondemand::value inner;
            if (field.key().get(key) || field.value().get(inner)) return Fault::syntax;
            Member member;
            if (auto fault = read_string(key.raw(), member.key); fault != Fault::none) return fault;
            if (auto fault = read(inner, depth, member.value); fault != Fault::none) return fault;
            scratch_.members.push_back(std::move(member));
        }
        const auto first = scratch_.members.begin() + base, last = scratch_.members.end();
        // Text that is canonical already arrives sorted and is only compared.
        auto ascending = [](const Member& a, const Member& b) { return a.key < b.key; };
        if (!std::is_sorted(first, last, ascending)) std::sort(first, last, ascending);
        auto same = [](const Member& a, const Member& b) { return a.key == b.key; };
        if (std::adjacent_find(first, last, same) != last) return Fault::duplicate;
        Object result;
        result.members_.assign(std::make_move_iterator(first), std::make_move_iterator(last));
        scratch_.members.erase(first, last);
        out = Value(std::move(result));
        return Fault::none;
    }

    Scratch& scratch_;
    std::size_t max_depth_;
};

Result<Value> parse(std::string_view text, ParseLimits limits) {
    thread_local Scratch kept;
    Value value;
    Fault fault = Fault::none;
    if (text.size() <= kKeptDocumentBytes) {
        fault = Parser(kept, limits.max_depth).run(text, value);
        explicit_bzero(kept.text.data(), kept.text.size());  // a thread may keep what it read last for hours
    } else {
        auto own = std::make_unique<Scratch>();
        fault = Parser(*own, limits.max_depth).run(text, value);
    }
    if (fault != Fault::none) return refuse(fault);
    return value;
}

Result<Object> parse_object(std::string_view text, ParseLimits limits) {
    PEYK_TRY(auto value, parse(text, limits));
    if (auto* object = value.object()) return std::move(*object);
    return m::bad_json("content is not a JSON object");
}

}  // namespace peyk::json
