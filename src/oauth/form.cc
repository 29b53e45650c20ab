#include "oauth/form.h"

#include <algorithm>

#include "http/message.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxFields = 64;

std::optional<std::string> decode(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    return http::percent_decode(spaced);
}

}  // namespace

std::optional<Form> Form::parse(std::string_view text) {
    Form form;
    while (!text.empty()) {
        auto end = std::min(text.find('&'), text.size());
        auto pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) continue;
        auto equals = std::min(pair.find('='), pair.size());
        auto name = decode(pair.substr(0, equals));
        auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value || form.has(*name) || form.fields_.size() >= kMaxFields) return std::nullopt;
        form.fields_.emplace_back(*std::move(name), *std::move(value));
    }
    return form;
}

bool Form::has(std::string_view name) const {
    return std::ranges::any_of(fields_, [name](const auto& field) { return field.first == name; });
}

const std::string& Form::get(std::string_view name) const {
    static const std::string nothing;
    auto found = std::ranges::find_if(fields_, [name](const auto& field) { return field.first == name; });
    return found == fields_.end() ? nothing : found->second;
}

std::string encode_form(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        if (!out.empty()) out += '&';
        out += http::percent_encode(name) + "=" + http::percent_encode(value);
    }
    return out;
}

}  // namespace peyk::oauth
