#pragma once
// User-Interactive Authentication: proving again who one is before something that cannot be undone.
// Spec: Client-Server API › User-Interactive Authentication API. Any endpoint may use it, of whatever module:
//
//     UiaRequest ask{UiaRequest::name(call.request.method, call.request.path), call.body, call.caller};
//     PEYK_CO_TRY(auto grant, co_await uia_.require(std::move(ask), Uia::password()));
//     ... grant.body is the request's body without "auth" ...
//
// A failure is an Error with status 401 whose `extra` carries flows, params, session and completed; client_api's
// error_response() makes the specified answer of it.

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/json.h"
#include "users/authenticator.h"
#include "users/provider_links.h"
#include "users/registration_tokens.h"
#include "users/sign_in.h"
#include "users/third_party/validations.h"

namespace peyk::users {

using UiaFlow = std::vector<std::string_view>;  // stages, in order; static strings

inline constexpr std::string_view kStagePassword = "m.login.password";
inline constexpr std::string_view kStageDummy = "m.login.dummy";
inline constexpr std::string_view kStageRegistrationToken = "m.login.registration_token";
// Approved on the account pages. Spec: Client-Server API › OAuth authentication; the second is its older name.
inline constexpr std::string_view kStageOauth = "m.oauth";
inline constexpr std::string_view kStageCrossSigningReset = "org.matrix.cross_signing_reset";
// Passed in the browser, at a provider that the account is linked with. Spec: Client-Server API › SSO during
// User-Interactive Authentication.
inline constexpr std::string_view kStageSso = "m.login.sso";
inline constexpr std::string_view kStageEmail = "m.login.email.identity";

struct UiaRequest {
    std::string operation;         // what is asked for: "DELETE /_matrix/client/v3/devices/ABC"
    json::Object body;             // with "auth", as the client sent it
    std::optional<Caller> caller;  // whose password counts; none: registration
    // Registration: one session makes one account, and asking again answers it again.
    bool keeps_result = false;
};

struct UiaGrant {
    std::string session;
    json::Object body;                          // without "auth"; what the session began with when only "auth" came now
    std::optional<UserId> user = {};            // whose password was given
    std::string registration_token = {};        // reserved: to spend or to release
    std::optional<Validated> third_party = {};  // the address that was proven; its purpose is the endpoint's to check
    std::string result = {};                    // what keep_result() stored for this session
};

// "auth" of a request has the types that the specification gives it. Null reads as absent: clients ask for the flows
// so. For requests that may do without it as well. Errors: M_BAD_JSON.
Result<void> check_auth(const json::Object& body);

// Purpose:  sessions in memory, limited in number and time, each bound to one operation, body and caller.
// Owner:    Users.  Runs on: any worker.
class Uia {
public:
    Uia(const Context& context, PasswordCheck& passwords, RegistrationTokens& tokens, Validations& validations,
        const Accounts& accounts, const ProviderLinks& links)
        : context_(context),
          passwords_(passwords),
          tokens_(tokens),
          validations_(validations),
          accounts_(accounts),
          links_(links) {}

    // Where the caller signs in through a provider, its stage stands beside the password's; where that is the only way
    // in, in its place.
    static std::vector<UiaFlow> password() { return {UiaFlow{kStagePassword}}; }
    // For what an OAuth session may ask as well: it is offered the stages of the account pages, others the password.
    static std::vector<UiaFlow> password_or_pages() {
        return {UiaFlow{kStagePassword}, UiaFlow{kStageOauth}, UiaFlow{kStageCrossSigningReset}};
    }

    // Errors: 401 as above; M_FORBIDDEN for a session of OAuth where the pages are no way; M_FORBIDDEN (another
    // operation than the session's, another user's password); M_LIMIT_EXCEEDED. A granted session is over, unless it
    // keeps its result.
    Task<Result<UiaGrant>> require(UiaRequest request, std::vector<UiaFlow> flows);

    // The user has said on the account pages that their next reset of cross-signing is wanted: good for ten minutes.
    void approve_reset(std::uint64_t user);

    // The session began with the password of its account, just now.
    void began_with_password(std::uint64_t session);
    // It did so within the last five minutes. Whoever holds it knew the password then, unless the token was stolen
    // since.
    bool knew_password_lately(const Caller& caller);

    // What a browser does for a client that does not know a stage (client_api's fallback pages).
    struct Open {
        std::optional<UserId> user;  // whose session asks; none: registration
        bool done = false;           // the stage is passed already
    };
    // Errors: M_NOT_FOUND (no such session), M_FORBIDDEN (the session does not ask for that stage now).
    Result<Open> open_stage(const std::string& session, std::string_view stage);
    // Passes it. Errors: those of the stage.
    Task<Result<void>> pass_stage(std::string session, std::string stage, json::Object auth);

    // The browser has proven, at a provider, whose it is. Errors: M_NOT_FOUND, M_FORBIDDEN (another's session, or not
    // asked for now).
    Task<Result<void>> pass_at_provider(std::string session, std::uint64_t user);

    // Remembers what came of a granted session with keeps_result.
    void keep_result(const std::string& session, std::string result);
    // The operation failed after all: the session may be used again for another try.
    void reopen(const UiaGrant& grant);

private:
    struct Session {
        std::string id;
        std::string operation;
        json::Object body;
        std::optional<std::uint64_t> caller;
        std::optional<UserId> caller_id;
        std::vector<UiaFlow> flows;
        std::vector<std::string> completed;
        std::optional<UserId> user;
        std::string registration_token;
        std::optional<Validated> third_party;
        std::string result;
        std::size_t bytes = 0;  // of the body
        Millis expires;
        int failures = 0;
        bool granted = false;
    };
    using List = std::list<Session>;  // oldest first

    Session make(const UiaRequest& request, json::Object body, const std::vector<UiaFlow>& flows);
    Error incomplete(const Session& session, const Error* why) const;
    Task<Result<void>> take_stage(Session& session, std::string stage, json::Object auth, std::optional<UserId> caller);
    bool take_approval(std::uint64_t user);
    using Deadlines = std::unordered_map<std::uint64_t, Millis>;
    void remember(Deadlines& deadlines, std::uint64_t key, Millis life);
    std::vector<UiaFlow> flows_for(const std::optional<Caller>& caller, const std::vector<UiaFlow>& flows) const;
    std::optional<Session> find(const std::string& id);
    Result<void> bind(Session& session, const UiaRequest& request, json::Object body) const;
    // What a stage adds to the session.
    struct Passed {
        std::optional<UserId> user = {};
        std::string registration_token = {};
        std::optional<Validated> third_party = {};
    };
    Task<Result<Passed>> pass(std::string stage, json::Object auth, std::optional<UserId> caller);
    Task<Result<Passed>> pass_password(json::Object auth, std::optional<UserId> caller);
    Result<Passed> pass_token(const json::Object& auth);
    Result<Passed> pass_email(const json::Object& auth);
    Task<Result<void>> advance(Session& session, const json::Object& auth);
    UiaGrant grant(Session session, bool keeps_result);
    void save(Session session);
    void drop(const std::string& id);
    void erase(List::iterator session);

    const Context& context_;
    PasswordCheck& passwords_;
    RegistrationTokens& tokens_;
    Validations& validations_;
    const Accounts& accounts_;
    const ProviderLinks& links_;
    Lanes lanes_;  // by session: its requests come one after the other
    std::mutex mutex_;
    List sessions_;
    std::size_t bytes_ = 0;
    std::unordered_map<std::string, List::iterator> by_id_;
    Deadlines approvals_;  // of resets, by user: until when
    Deadlines fresh_;      // sessions that began with a password, by number: until when
};

}  // namespace peyk::users
