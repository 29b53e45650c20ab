#pragma once
// All providers of the configuration, and the sign-ins that are under way with them.

#include <memory>
#include <string>
#include <vector>

#include "oauth/providers/cas.h"
#include "oauth/providers/provider.h"
#include "oauth/providers/tray.h"
#include "users/provider_links.h"

namespace peyk::oauth {

inline constexpr std::string_view kProviderPath = "/_peyk/provider/";
// Synapse's address for tickets of CAS, under which it is entered at CAS servers.
inline constexpr std::string_view kCasTicketPath = "/_matrix/client/r0/login/cas/ticket";

// What a browser was sent to a provider for.
enum class Purpose : unsigned char {
    sign_in,
    link,     // of a person with the account that is signed in
    confirm,  // that it is still the owner, before something that weighs
    stage,    // of User-Interactive Authentication
};

// A browser that is on its way. In memory for ten minutes.
struct Attempt {
    std::string provider;  // id
    Purpose purpose = Purpose::sign_in;
    std::string browser;     // its cookie: nobody else's browser may come back
    std::string session;     // the session behind its other cookie, but for sign_in
    std::uint64_t user = 0;  // whose account it is about, but for sign_in
    std::string uia;         // of a stage: its session
    std::string next;        // page to go on to
    std::string nonce = {}, verifier = {};
    Millis begun{};  // since 1970

    // Whatever an account's owner shall prove, and that it is them and nobody else whom the browser is signed in as
    // there.
    bool asks_anew() const { return purpose != Purpose::sign_in; }
    std::size_t bytes() const { return sizeof(*this) + next.size() + 256; }
};

// Somebody whom a provider has named and who has no account here yet, or has not said which. In memory for a quarter of
// an hour.
struct Newcomer {
    std::string provider;  // id
    std::string browser;
    users::ProviderLink link;
    std::string localpart, display_name;  // proposals; may be empty
    std::string next;

    std::size_t bytes() const { return sizeof(*this) + next.size() + display_name.size() + 256; }
};

// Purpose:  owns the providers; begins and ends attempts.
// Owner:    OAuth.  Runs on: any worker.
class Providers {
public:
    // `base_url`: of this server, for the addresses that browsers come back to.
    Providers(std::vector<ProviderOptions> options, std::string base_url, http::Outbound& outbound, const Clock& clock,
              Random& random);

    const std::vector<std::unique_ptr<Provider>>& all() const { return all_; }
    bool empty() const { return all_.empty(); }
    Provider* find(std::string_view id) const;  // null: there is none
    Provider* of_issuer(std::string_view issuer) const;

    // Where the browser shall go. Fills nonce and verifier in. `language`: of the page.
    Task<Outcome<std::string>> begin(Attempt attempt, std::string language);
    // The attempt that an answer belongs to, once. Nothing: it is over, was used, or began in another browser.
    std::optional<Attempt> take(const std::string& state, std::string_view provider, std::string_view browser);
    // What `attempt` and the query of the answer ask of the provider.
    Provider::Answer answer_of(const Attempt& attempt, std::string state, std::string code,
                               std::optional<std::string> issuer) const;
    // The CAS server that browsers come back from to the addresses of Synapse; null: none. Its kind is CAS.
    CasProvider* with_synapse_addresses() const;
    // To be told to the provider by the operator.
    std::string redirect_uri(std::string_view provider) const;

    Tray<Newcomer> newcomers;

private:
    const std::string base_url_;
    const Clock& clock_;
    Random& random_;
    Tray<Attempt> attempts_;
    std::vector<std::unique_ptr<Provider>> all_;
};

// Writes down what the operator can mend; what is the doing of a person stays out of the log.
void note(const Provider& provider, const Trouble& trouble);

}  // namespace peyk::oauth
