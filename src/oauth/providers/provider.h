#pragma once
// A provider that people sign in with: where browsers are sent, and who came back. How it is asked is the business of
// its kind (openid.h, cas.h).

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/task.h"
#include "base/clock.h"
#include "http/client/client.h"
#include "oauth/providers/claims.h"
#include "oauth/providers/trouble.h"

namespace peyk::oauth {

// Somebody whom the provider has named. The subject goes into a digest at once; the rest is for those who are new.
struct Person {
    std::string subject;
    std::string localpart;     // proposal; may be empty
    std::string display_name;  // what others could see, if the person wishes; may be empty
};

// Purpose:  asks one provider, under limits of time, size and number.
// Owner:    Providers.  Runs on: any worker.
class Provider {
public:
    virtual ~Provider() = default;
    Provider(const Provider&) = delete;
    Provider& operator=(const Provider&) = delete;

    const ProviderOptions& options() const { return options_; }

    struct Question {
        std::string state, nonce, verifier, redirect_uri;
        bool anew = false;          // the person shall prove again who they are, signed in there or not
        std::string language = {};  // of the page, "fa"
    };
    // Where the browser goes.
    virtual Task<Outcome<std::string>> address_for(Question question) = 0;

    struct Answer {
        std::string code;                   // of CAS: the ticket
        std::optional<std::string> issuer;  // `iss` of the redirect, where there was one
        std::string state, nonce, verifier, redirect_uri;
        std::optional<std::int64_t> asked_anew = {};  // seconds since 1970: since when the proof counts
    };
    // Who is known needs no proposals: no more is asked about them than whether they may come.
    using IsKnown = std::function<bool(const std::string& subject)>;
    virtual Task<Outcome<Person>> identify(Answer answer, IsKnown is_known) = 0;

    // For `peyk doctor`: whether it answers as it will have to.
    virtual Task<Outcome<void>> check() = 0;

protected:
    Provider(ProviderOptions options, http::Outbound& outbound);

    const NameTemplate& name() const { return name_; }
    // Ten seconds, 128 KiB, no redirect, and no more than 32 at a time. Any status is an answer.
    Task<Outcome<http::ClientResponse>> send(http::ClientRequest request, std::string_view accept);

private:
    const ProviderOptions options_;
    const NameTemplate name_;
    http::Outbound& outbound_;
    std::atomic<int> under_way_ = 0;
};

// What statuses mean that are the same for every kind of provider; nothing: another one.
std::optional<Trouble> trouble_of_status(int status);

// Of the kind that the options say. `outbound` and `clock` outlive it. The options were checked by app/.
std::unique_ptr<Provider> make_provider(ProviderOptions options, http::Outbound& outbound, const Clock& clock);

}  // namespace peyk::oauth
