#pragma once
// One OpenID provider: where browsers are sent, and who came back. OpenID Connect Core, authorisation code flow; RFC
// 6749, RFC 7636.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/lane.h"
#include "http/client/client.h"
#include "oauth/providers/claims.h"
#include "oauth/providers/id_token.h"
#include "oauth/providers/jwks.h"
#include "oauth/providers/metadata.h"
#include "oauth/providers/trouble.h"

namespace peyk::oauth {

// Somebody whom the provider has named. The subject goes into a digest at once; the rest is for those who are new.
struct Person {
    std::string subject;
    std::string localpart;     // proposal; may be empty
    std::string display_name;  // what others could see, if the person wishes; may be empty
};

// Purpose:  asks one provider, under limits of time, size and number; keeps its metadata and keys for an hour.
// Owner:    Providers.  Runs on: any worker.
class Provider {
public:
    // `outbound` outlives this object. The options were checked by app/.
    Provider(ProviderOptions options, http::Outbound& outbound, const Clock& clock);

    const ProviderOptions& options() const { return options_; }

    struct Question {
        std::string state, nonce, verifier, redirect_uri;
        bool anew = false;          // the person shall prove again who they are, signed in there or not
        std::string language = {};  // of the page, "fa"
    };
    // Where the browser goes.
    Task<Outcome<std::string>> address_for(Question question);

    struct Answer {
        std::string code;
        std::optional<std::string> issuer;  // `iss` of the redirect, where there was one
        std::string nonce, verifier, redirect_uri;
        std::optional<std::int64_t> asked_anew = {};  // seconds since 1970: since when the proof counts
    };
    // Who is known needs no proposals: no more is asked about them than whether they may come.
    using IsKnown = std::function<bool(const std::string& subject)>;
    Task<Outcome<Person>> identify(Answer answer, IsKnown is_known);

    // For `peyk doctor`: whether metadata and keys can be had.
    Task<Outcome<void>> check();

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
    Task<Outcome<http::ClientResponse>> send(http::ClientRequest request);

    const ProviderOptions options_;
    const NameTemplate name_;
    http::Outbound& outbound_;
    const Clock& clock_;
    std::atomic<int> under_way_ = 0;
    Lanes lanes_;  // inside: what is kept
    Kept<ProviderMetadata> metadata_;
    Kept<KeySet> keys_;
};

}  // namespace peyk::oauth
