#include "sync/required_state.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace peyk::sync {
namespace {

constexpr std::string_view kMember = "m.room.member";

void put_optional(std::string& out, const std::optional<std::string>& text) {
    put_u8(out, text ? 1 : 0);
    if (text) put_bytes(out, *text);
}

std::optional<std::string> get_optional(ByteReader& reader) {
    if (reader.u8() == 0) return std::nullopt;
    return std::string(reader.bytes());
}

void put_matches(std::string& out, const std::vector<StateMatch>& matches) {
    put_varint(out, matches.size());
    for (const auto& match : matches) {
        put_optional(out, match.type);
        put_optional(out, match.key);
    }
}

std::vector<StateMatch> get_matches(ByteReader& reader) {
    std::vector<StateMatch> out;
    auto count = reader.varint();
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
        auto type = get_optional(reader);
        out.push_back({std::move(type), get_optional(reader)});
    }
    return out;
}

// An order in which texts are compared in place. An absent member comes first.
struct InOrder {
    using Place = std::pair<std::optional<std::string_view>, std::optional<std::string_view>>;
    static Place place(const StateMatch& match) { return {match.type, match.key}; }
    static Place place(const Place& place) { return place; }
    bool operator()(const auto& a, const auto& b) const { return place(a) < place(b); }
};

// Whether one matches; they are sorted. `named`: only with a state key.
enum class Key : bool { any, named };
bool any_matches(const std::vector<StateMatch>& matches, std::string_view type, std::string_view key,
                 Key wanted = Key::any) {
    auto has = [&](std::optional<std::string_view> wanted_type, std::optional<std::string_view> wanted_key) {
        return std::binary_search(matches.begin(), matches.end(), InOrder::Place(wanted_type, wanted_key), InOrder());
    };
    if (has({}, key) || has(type, key)) return true;
    return wanted == Key::any && (has({}, {}) || has(type, {}));
}

}  // namespace

bool RequiredState::wants(std::string_view type, std::string_view key) const {
    if (any_matches(exclude, type, key)) return false;
    return any_matches(include, type, key, lazy_members && type == kMember ? Key::named : Key::any);
}

bool RequiredState::wants_all_members() const {
    if (lazy_members) return false;
    return std::any_of(include.begin(), include.end(),
                       [](const auto& match) { return !match.key && (!match.type || *match.type == kMember); });
}

void RequiredState::sort() {
    for (auto* matches : {&include, &exclude}) {
        std::sort(matches->begin(), matches->end());
        matches->erase(std::unique(matches->begin(), matches->end()), matches->end());
    }
}

void RequiredStates::add(RequiredState part) {
    part.sort();
    auto at = std::lower_bound(parts_.begin(), parts_.end(), part);
    if (at == parts_.end() || *at != part) parts_.insert(at, std::move(part));
}

bool RequiredStates::wants(std::string_view type, std::string_view key) const {
    return std::any_of(parts_.begin(), parts_.end(), [&](const auto& part) { return part.wants(type, key); });
}

bool RequiredStates::wants_all_members() const {
    return std::any_of(parts_.begin(), parts_.end(), [](const auto& part) { return part.wants_all_members(); });
}

bool RequiredStates::lazy_members() const {
    return std::any_of(parts_.begin(), parts_.end(), [](const auto& part) { return part.lazy_members; });
}

std::vector<std::string> RequiredStates::named_members() const {
    std::vector<std::string> out;
    for (const auto& part : parts_) {
        for (const auto& match : part.include) {
            if (match.key && match.key->starts_with('@') && (!match.type || *match.type == kMember))
                out.push_back(*match.key);
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::optional<std::vector<std::pair<std::string, std::string>>> RequiredStates::named_others() const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& part : parts_) {
        for (const auto& match : part.include) {
            if (match.type == kMember) continue;
            if (!match.type || !match.key) return std::nullopt;
            out.emplace_back(*match.type, *match.key);
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::string RequiredStates::encode() const {
    std::string out;
    for (const auto& part : parts_) {
        put_u8(out, part.lazy_members ? 1 : 0);
        put_matches(out, part.include);
        put_matches(out, part.exclude);
    }
    return out;
}

Result<RequiredStates> RequiredStates::decode(std::string_view bytes) {
    RequiredStates out;
    ByteReader reader(bytes);
    while (reader.ok() && !reader.rest().empty()) {
        RequiredState part;
        part.lazy_members = reader.u8() != 0;
        part.include = get_matches(reader);
        part.exclude = get_matches(reader);
        out.add(std::move(part));
    }
    if (!reader.done()) return fail(Errc::corrupt, "a required state does not decode");
    return out;
}

}  // namespace peyk::sync
