// Values of keys: from text or TOML into the tree, and back into text.

#include <charconv>
#include <cmath>

#include "app/config_keys.h"

namespace peyk::app {
namespace {

struct Unit {
    std::string_view name;
    double factor;
};
constexpr Unit kByteUnits[] = {{"B", 1},
                               {"kB", 1e3},
                               {"KB", 1e3},
                               {"MB", 1e6},
                               {"GB", 1e9},
                               {"TB", 1e12},
                               {"KiB", 1024},
                               {"MiB", 1024.0 * 1024},
                               {"GiB", 1024.0 * 1024 * 1024},
                               {"TiB", 1024.0 * 1024 * 1024 * 1024}};
constexpr Unit kTimeUnits[] = {{"ms", 1}, {"s", 1e3}, {"min", 60e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}};

// "64 MiB" or "1.5h". Empty when it is not a number followed by one of the units.
std::optional<double> with_unit(std::string_view text, std::span<const Unit> units) {
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0 || !std::isfinite(value)) return std::nullopt;
    std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    for (const auto& unit : units) {
        if (unit.name == rest) return value * unit.factor;
    }
    return std::nullopt;
}

std::string show_bytes(std::uint64_t bytes) {
    constexpr std::string_view names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t step = 0;
    while (step + 1 < std::size(names) && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        ++step;
    }
    return fmt::format("{} {}", bytes, names[step]);
}

std::string show_time(std::int64_t millis) {
    if (millis != 0 && millis % 86'400'000 == 0) return fmt::format("{}d", millis / 86'400'000);
    if (millis != 0 && millis % 3'600'000 == 0) return fmt::format("{}h", millis / 3'600'000);
    if (millis != 0 && millis % 60'000 == 0) return fmt::format("{}min", millis / 60'000);
    if (millis % 1000 == 0) return fmt::format("{}s", millis / 1000);
    return fmt::format("{}ms", millis);
}

std::string show_limit(const Key& key, double value) {
    if (key.bytes) return show_bytes(static_cast<std::uint64_t>(value));
    if (std::holds_alternative<At<Millis>>(key.slot)) return show_time(static_cast<std::int64_t>(value));
    return fmt::format("{}", value);
}

Result<void> check_range(const Key& key, double value) {
    if (key.low == 0 && key.high == 0) return {};
    if (value >= key.low && value <= key.high) return {};
    return fail(Errc::bad_request,
                fmt::format("must be between {} and {}", show_limit(key, key.low), show_limit(key, key.high)));
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + "\"";
}

std::string joined(std::span<const std::string_view> words) {
    std::string out;
    for (auto word : words) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", word);
    return out;
}

Result<std::string> text_of(const RawValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return fail(Errc::bad_request, "must be text in quotes");
}

std::filesystem::path resolved(const std::string& text, const std::filesystem::path& folder) {
    std::filesystem::path path(text);
    if (text.empty() || path.is_absolute()) return path;
    return (folder / path).lexically_normal();
}

// One overload per type of slot.
struct Writer {
    const Key& key;
    void* root;
    const RawValue& value;
    const std::filesystem::path& folder;

    Result<void> operator()(At<bool> at) const {
        const auto* flag = std::get_if<bool>(&value);
        if (!flag) return fail(Errc::bad_request, "must be true or false");
        at(root) = *flag;
        return {};
    }
    Result<void> operator()(At<std::uint64_t> at) const {
        double number = 0;
        if (const auto* whole = std::get_if<std::int64_t>(&value)) {
            number = static_cast<double>(*whole);
        } else if (const auto* text = std::get_if<std::string>(&value); text && key.bytes) {
            auto parsed = with_unit(*text, kByteUnits);
            if (!parsed) return fail(Errc::bad_request, "must be a size such as \"64 MiB\" or \"1 GB\"");
            number = *parsed;
        } else {
            return fail(Errc::bad_request, key.bytes ? "must be a size such as \"64 MiB\", or a number of bytes"
                                                     : "must be a whole number, without quotes");
        }
        PEYK_CHECK(check_range(key, number));
        at(root) = static_cast<std::uint64_t>(number);
        return {};
    }
    Result<void> operator()(At<double> at) const {
        double number = 0;
        if (const auto* whole = std::get_if<std::int64_t>(&value)) {
            number = static_cast<double>(*whole);
        } else if (const auto* real = std::get_if<double>(&value)) {
            number = *real;
        } else {
            return fail(Errc::bad_request, "must be a number");
        }
        PEYK_CHECK(check_range(key, number));
        at(root) = number;
        return {};
    }
    Result<void> operator()(At<Millis> at) const {
        const auto* text = std::get_if<std::string>(&value);
        auto parsed = text ? with_unit(*text, kTimeUnits) : std::nullopt;
        if (const auto* whole = std::get_if<std::int64_t>(&value); whole && *whole == 0) parsed = 0;
        if (!parsed)
            return fail(Errc::bad_request, "must be a time with its unit, such as \"500ms\", \"10s\" or \"24h\"");
        PEYK_CHECK(check_range(key, *parsed));
        at(root) = Millis{static_cast<std::int64_t>(*parsed)};
        return {};
    }
    Result<void> operator()(At<std::string> at) const {
        PEYK_TRY(at(root), text_of(value));
        return {};
    }
    Result<void> operator()(At<Secret> at) const {
        PEYK_TRY(auto text, text_of(value));
        at(root) = Secret(std::move(text));
        return {};
    }
    Result<void> operator()(At<std::filesystem::path> at) const {
        PEYK_TRY(auto text, text_of(value));
        at(root) = resolved(text, folder);
        return {};
    }
    Result<void> operator()(At<std::vector<std::string>> at) const {
        const auto* list = std::get_if<std::vector<std::string>>(&value);
        if (!list) return fail(Errc::bad_request, "must be a list of texts, such as [\"one\", \"two\"]");
        at(root) = *list;
        return {};
    }
    Result<void> operator()(At<std::vector<std::filesystem::path>> at) const {
        const auto* list = std::get_if<std::vector<std::string>>(&value);
        if (!list) return fail(Errc::bad_request, "must be a list of files, such as [\"one.pem\"]");
        at(root).clear();
        for (const auto& text : *list) at(root).push_back(resolved(text, folder));
        return {};
    }
    Result<void> operator()(At<std::map<std::string, std::string>> at) const {
        const auto* map = std::get_if<std::map<std::string, std::string>>(&value);
        if (!map) return fail(Errc::bad_request, "must be a table of texts, such as { \"name\" = \"value\" }");
        at(root) = *map;
        return {};
    }
    Result<void> operator()(const ChoiceAt& at) const {
        const auto* text = std::get_if<std::string>(&value);
        auto found = text ? std::find(key.choices.begin(), key.choices.end(), *text) : key.choices.end();
        if (found == key.choices.end()) return fail(Errc::bad_request, "must be one of " + joined(key.choices));
        at.set(root, static_cast<std::size_t>(found - key.choices.begin()));
        return {};
    }
};

// From text of the environment: the kind of the key decides how it is read.
Result<RawValue> raw_from_text(const Key& key, std::string_view text) {
    if (std::holds_alternative<At<bool>>(key.slot)) {
        if (text == "true" || text == "1" || text == "yes" || text == "on") return RawValue{true};
        if (text == "false" || text == "0" || text == "no" || text == "off") return RawValue{false};
        return fail(Errc::bad_request, "must be true or false");
    }
    if (std::holds_alternative<At<std::uint64_t>>(key.slot)) {
        std::int64_t number = 0;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size()) return RawValue{number};
        if (key.bytes) return RawValue{std::string(text)};
        return fail(Errc::bad_request, "must be a whole number");
    }
    if (std::holds_alternative<At<double>>(key.slot)) {
        double number = 0;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size() && std::isfinite(number)) return RawValue{number};
        return fail(Errc::bad_request, "must be a number");
    }
    bool list = std::holds_alternative<At<std::vector<std::string>>>(key.slot) ||
                std::holds_alternative<At<std::vector<std::filesystem::path>>>(key.slot);
    bool map = std::holds_alternative<At<std::map<std::string, std::string>>>(key.slot);
    if (!list && !map) return RawValue{std::string(text)};
    std::vector<std::string> items;
    std::map<std::string, std::string> entries;
    while (!text.empty()) {
        auto comma = std::min(text.find(','), text.size());
        auto item = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        if (map) {
            auto equals = item.find('=');
            if (equals == std::string_view::npos) return fail(Errc::bad_request, "must be name=value,name=value");
            entries.emplace(item.substr(0, equals), item.substr(equals + 1));
        } else if (!item.empty()) {
            items.emplace_back(item);
        }
    }
    if (map) return RawValue{std::move(entries)};
    return RawValue{std::move(items)};
}

struct Shower {
    const Key& key;
    void* root;

    std::string operator()(At<bool> at) const { return at(root) ? "true" : "false"; }
    std::string operator()(At<std::uint64_t> at) const {
        return key.bytes ? in_quotes(show_bytes(at(root))) : fmt::format("{}", at(root));
    }
    std::string operator()(At<double> at) const { return fmt::format("{}", at(root)); }
    std::string operator()(At<Millis> at) const { return in_quotes(show_time(at(root).count())); }
    std::string operator()(At<std::string> at) const { return in_quotes(at(root)); }
    std::string operator()(At<Secret>) const { return "\"\""; }
    std::string operator()(At<std::filesystem::path> at) const { return in_quotes(at(root).string()); }
    std::string operator()(At<std::vector<std::string>> at) const {
        std::string out;
        for (const auto& item : at(root)) out += (out.empty() ? "" : ", ") + in_quotes(item);
        return "[" + out + "]";
    }
    std::string operator()(At<std::vector<std::filesystem::path>> at) const {
        std::string out;
        for (const auto& item : at(root)) out += (out.empty() ? "" : ", ") + in_quotes(item.string());
        return "[" + out + "]";
    }
    std::string operator()(At<std::map<std::string, std::string>> at) const {
        std::string out;
        for (const auto& [name, value] : at(root)) {
            out += (out.empty() ? "" : ", ") + in_quotes(name) + " = " + in_quotes(value);
        }
        return out.empty() ? "{}" : "{ " + out + " }";
    }
    std::string operator()(const ChoiceAt& at) const { return in_quotes(key.choices[at.get(root)]); }
};

}  // namespace

std::string Key::variable() const {
    std::string out = "PEYK_";
    for (char c : name) out.push_back(c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
    return out;
}

std::string Key::type_text() const {
    std::string range;
    if (low != 0 || high != 0) range = fmt::format(", {} to {}", show_limit(*this, low), show_limit(*this, high));
    struct Name {
        const Key& key;
        std::string operator()(At<bool>) const { return "true or false"; }
        std::string operator()(At<std::uint64_t>) const { return key.bytes ? "size" : "whole number"; }
        std::string operator()(At<double>) const { return "number"; }
        std::string operator()(At<Millis>) const { return "time"; }
        std::string operator()(At<std::string>) const { return "text"; }
        std::string operator()(At<Secret>) const { return "secret"; }
        std::string operator()(At<std::filesystem::path>) const { return "file or folder"; }
        std::string operator()(At<std::vector<std::string>>) const { return "list of texts"; }
        std::string operator()(At<std::vector<std::filesystem::path>>) const { return "list of files"; }
        std::string operator()(At<std::map<std::string, std::string>>) const { return "table of texts"; }
        std::string operator()(const ChoiceAt&) const { return "one of " + joined(key.choices); }
    };
    return std::visit(Name{*this}, slot) + range;
}

Result<void> store_value(const Key& key, void* root, const RawValue& value, const std::filesystem::path& folder) {
    return std::visit(Writer{key, root, value, folder}, key.slot);
}

Result<void> store_text(const Key& key, void* root, std::string_view text, const std::filesystem::path& folder) {
    PEYK_TRY(auto raw, raw_from_text(key, text));
    return store_value(key, root, raw, folder);
}

std::string show_value(const Key& key, void* root) { return std::visit(Shower{key, root}, key.slot); }

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto& candidate : candidates) {
        // Edit distance, one row at a time.
        std::vector<std::size_t> row(candidate.size() + 1);
        for (std::size_t j = 0; j <= candidate.size(); ++j) row[j] = j;
        for (std::size_t i = 1; i <= word.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i;
            for (std::size_t j = 1; j <= candidate.size(); ++j) {
                std::size_t above = row[j];
                std::size_t changed = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
                row[j] = std::min({changed, above + 1, row[j - 1] + 1});
                diagonal = above;
            }
        }
        if (row.back() < best_distance) {
            best_distance = row.back();
            best = candidate;
        }
    }
    return best;
}

}  // namespace peyk::app
