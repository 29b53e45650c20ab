#pragma once
// An OpenID provider. OpenID Connect Core, authorisation code flow; RFC 6749, RFC 7636.

#include "async/lane.h"
#include "oauth/providers/id_token.h"
#include "oauth/providers/jwks.h"
#include "oauth/providers/metadata.h"
#include "oauth/providers/provider.h"

namespace peyk::oauth {

// Purpose:  asks one OpenID provider; keeps its metadata and keys for an hour.
// Owner:    Providers.  Runs on: any worker.
class OpenIdProvider final : public Provider {
public:
    OpenIdProvider(ProviderOptions options, http::Outbound& outbound, const Clock& clock);

    Task<Outcome<std::string>> address_for(Question question) override;
    Task<Outcome<Person>> identify(Answer answer, IsKnown is_known) override;
    Task<Outcome<void>> check() override;  // whether metadata and keys can be had

private:
    using MetadataPtr = std::shared_ptr<const ProviderMetadata>;
    using KeysPtr = std::shared_ptr<const KeySet>;
    struct Tokens {
        std::string id_token, access_token;
    };
    // What is fetched and kept; a failure is kept for a moment, so that a provider that hangs is not asked by
    // everybody.
    template <class T>
    struct Kept {
        std::shared_ptr<const T> value;
        Millis fetched{}, good_until{};
        Trouble failure{Fault::unreachable, {}};
        Millis failed_until{};
    };

    Task<Outcome<MetadataPtr>> metadata();
    // `newer`: than those that a token's key was not among.
    Task<Outcome<KeysPtr>> keys(std::string address, KeysPtr newer);
    Task<Outcome<Tokens>> exchange(const ProviderMetadata& metadata, const Answer& answer);
    Task<Outcome<json::Object>> verified(const ProviderMetadata& metadata, const Answer& answer, const Tokens& tokens);
    Task<Outcome<void>> add_user_info(const ProviderMetadata& metadata, json::Object& claims, std::string access_token,
                                      std::vector<std::string> wanted);
    Task<Outcome<std::string>> get(std::string address, std::string bearer);

    const Clock& clock_;
    Lanes lanes_;  // inside: what is kept
    Kept<ProviderMetadata> metadata_;
    Kept<KeySet> keys_;
};

}  // namespace peyk::oauth
