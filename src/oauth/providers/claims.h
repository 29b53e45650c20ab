#pragma once
// What is made of a provider's claims: who may come, and what user name is proposed. Nothing of them is kept.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "oauth/providers/options.h"

namespace peyk::oauth {

// "{given_name}.{family_name}": text with names of claims in it.
class NameTemplate {
public:
    // Nothing: a bracket without its other one, a claim without a name, no claim at all, or characters around the
    // claims that no user name has.
    static std::optional<NameTemplate> parse(std::string_view text);

    // A user name in the grammar of new ones, or empty when a claim is missing or nothing is left of it. Of each claim
    // what stands before an "@"; letters lower-case and without accents; spaces as dots; the rest is left out.
    std::string of(const json::Object& claims) const;
    const std::vector<std::string>& claims() const { return claims_; }

private:
    std::vector<std::string> texts_;   // one more than claims: around them
    std::vector<std::string> claims_;  // names
};

// "realm_access.roles": the member of that name, else member by member. Null: absent.
const json::Value* find_claim(const json::Object& claims, std::string_view name);

// Whether the person is among those who may come: a confirmed e-mail address in one of the domains, and every claim
// that is asked for, equal to its text or with it in a list.
bool may_come(const ProviderOptions& options, const json::Object& claims);
// The claims that may_come() looks at.
std::vector<std::string> claims_asked(const ProviderOptions& options);

// The name for others to see: at most 200 bytes of one line, or empty.
std::string display_name(const json::Object& claims);

}  // namespace peyk::oauth
