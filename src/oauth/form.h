#pragma once
// application/x-www-form-urlencoded, of bodies and of queries.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peyk::oauth {

// Purpose:  fields of a form, decoded.
class Form {
public:
    // Null: malformed, a field twice (RFC 6749 section 3.1 forbids it), or more than 64 fields.
    static std::optional<Form> parse(std::string_view text);

    bool has(std::string_view name) const;
    const std::string& get(std::string_view name) const;  // empty when absent

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

// "a=b&c=d" with everything escaped.
std::string encode_form(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace peyk::oauth
