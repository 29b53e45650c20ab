#include "oauth/cbor.h"

#include "base/bytes.h"

namespace peyk::oauth {
namespace {

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxItems = 200;

class Reader {
public:
    explicit Reader(std::string_view bytes) : in_(bytes) {}

    std::optional<CborValue> value(int depth) {
        if (depth > kMaxDepth || ++items_ > kMaxItems) return std::nullopt;
        auto first = in_.u8();
        if (!in_.ok()) return std::nullopt;
        int major = first >> 5;
        if (major == 7) return simple(first & 31);
        auto count = argument(first & 31);
        if (!count) return std::nullopt;
        switch (major) {
            case 0: return integer(*count, false);
            case 1: return integer(*count, true);
            case 2:
            case 3: return text(*count, major == 3);
            case 4: return array(*count, depth);
            case 5: return map(*count, depth);
            default: return std::nullopt;  // tags
        }
    }
    std::string_view rest() const { return in_.rest(); }

private:
    std::optional<std::uint64_t> argument(int info) {
        std::uint64_t value = 0;
        if (info < 24) return static_cast<std::uint64_t>(info);
        if (info == 24) value = in_.u8();
        if (info == 25) value = in_.u16be();
        if (info == 26) value = in_.u32be();
        if (info == 27) value = in_.u64be();
        if (info > 27 || !in_.ok()) return std::nullopt;
        return value;
    }
    static std::optional<CborValue> simple(int info) {
        if (info == 20 || info == 21) return CborValue{info == 21};
        if (info == 22 || info == 23) return CborValue{std::monostate{}};
        return std::nullopt;
    }
    static std::optional<CborValue> integer(std::uint64_t value, bool negative) {
        if (value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
        auto number = static_cast<std::int64_t>(value);
        return CborValue{negative ? -1 - number : number};
    }
    std::optional<CborValue> text(std::uint64_t size, bool is_text) {
        if (size > in_.rest().size()) return std::nullopt;
        std::string bytes(in_.take(size));
        if (!is_text) return CborValue{std::move(bytes)};
        if (!is_utf8(bytes)) return std::nullopt;
        return CborValue{CborText{std::move(bytes)}};
    }
    std::optional<CborValue> array(std::uint64_t size, int depth) {
        CborArray out;
        if (size > kMaxItems) return std::nullopt;
        for (std::uint64_t i = 0; i < size; ++i) {
            auto item = value(depth + 1);
            if (!item) return std::nullopt;
            out.push_back(*std::move(item));
        }
        return CborValue{std::move(out)};
    }
    std::optional<CborValue> map(std::uint64_t size, int depth) {
        CborValue out{CborMap{}};
        if (size > kMaxItems) return std::nullopt;
        for (std::uint64_t i = 0; i < size; ++i) {
            auto key = value(depth + 1);
            if (!key) return std::nullopt;
            bool known = key->integer() ? out.find(*key->integer()) != nullptr
                         : key->text()  ? out.find(*key->text()) != nullptr
                                        : true;  // keys of other kinds are none of ours
            if (known) return std::nullopt;
            auto item = value(depth + 1);
            if (!item) return std::nullopt;
            auto& items = std::get<CborMap>(out.data).items;
            items.push_back(*std::move(key));
            items.push_back(*std::move(item));
        }
        return out;
    }

    ByteReader in_;
    std::size_t items_ = 0;
};

}  // namespace

std::optional<std::int64_t> CborValue::integer() const {
    const auto* number = std::get_if<std::int64_t>(&data);
    return number ? std::optional(*number) : std::nullopt;
}

const std::string* CborValue::text() const {
    const auto* found = std::get_if<CborText>(&data);
    return found ? &found->text : nullptr;
}

const CborValue* CborValue::find(std::int64_t key) const {
    if (!map()) return nullptr;
    const auto& items = map()->items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        if (items[i].integer() == key) return &items[i + 1];
    }
    return nullptr;
}

const CborValue* CborValue::find(std::string_view key) const {
    if (!map()) return nullptr;
    const auto& items = map()->items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        if (items[i].text() && *items[i].text() == key) return &items[i + 1];
    }
    return nullptr;
}

std::optional<std::pair<CborValue, std::string_view>> read_cbor(std::string_view bytes) {
    Reader reader(bytes);
    auto value = reader.value(0);
    if (!value) return std::nullopt;
    return std::pair{*std::move(value), reader.rest()};
}

}  // namespace peyk::oauth
