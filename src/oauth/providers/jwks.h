#pragma once
// The keys that a provider signs with. RFC 7517, RFC 7518 section 6, RFC 8037.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oauth/public_key.h"

namespace peyk::oauth {

// "RS256", "PS256", "ES256", "EdDSA"; nothing for any other, "none" and those of shared secrets among them.
std::optional<Signing> signing_named(std::string_view name);

// Purpose:  a set of public keys.  Runs on: any thread.
class KeySet {
public:
    static constexpr std::size_t kMaxKeys = 64;

    // Keys of kinds that we do not know, that are meant for something else, or that cannot be keys are left out, and so
    // are secrets. Nothing: it is no set of keys, or one of more than kMaxKeys.
    static std::optional<KeySet> parse(std::string_view text);

    std::size_t size() const { return keys_.size(); }
    // The one key that a token of this header may be signed with. `kid` empty: the header names none.
    enum class Found : unsigned char { one, none, several };
    struct Match {
        Found found = Found::none;
        PublicKey key;
    };
    Match find(std::string_view kid, Signing signing) const;

private:
    struct Entry {
        std::string kid;
        std::optional<Signing> signing;  // absent: whatever its kind can do
        PublicKey key;
    };
    std::vector<Entry> keys_;
};

}  // namespace peyk::oauth
