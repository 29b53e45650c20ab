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
#include "users/registration_tokens.h"
#include "users/sign_in.h"

namespace peyk::users {

using UiaFlow = std::vector<std::string_view>;  // stages, in order; static strings

inline constexpr std::string_view kStagePassword = "m.login.password";
inline constexpr std::string_view kStageDummy = "m.login.dummy";
inline constexpr std::string_view kStageRegistrationToken = "m.login.registration_token";

struct UiaRequest {
    std::string operation;         // what is asked for: "DELETE /_matrix/client/v3/devices/ABC"
    json::Object body;             // with "auth", as the client sent it
    std::optional<Caller> caller;  // whose password counts; none: registration
    // Registration: one session makes one account, and asking again answers it again.
    bool keeps_result = false;
};

struct UiaGrant {
    std::string session;
    json::Object body;                    // without "auth"; what the session began with when only "auth" came now
    std::optional<UserId> user = {};      // whose password was given
    std::string registration_token = {};  // reserved: to spend or to release
    std::string result = {};              // what keep_result() stored for this session
};

// Purpose:  sessions in memory, limited in number and time, each bound to one operation, body and caller.
// Owner:    Users.  Runs on: any worker.
class Uia {
public:
    Uia(const Context& context, PasswordCheck& passwords, RegistrationTokens& tokens)
        : context_(context), passwords_(passwords), tokens_(tokens) {}

    static std::vector<UiaFlow> password() { return {UiaFlow{kStagePassword}}; }

    // Errors: 401 as above; M_FORBIDDEN (another operation than the session's, another user's password);
    // M_LIMIT_EXCEEDED. A granted session is over, unless it keeps its result.
    Task<Result<UiaGrant>> require(UiaRequest request, std::vector<UiaFlow> flows);

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
        std::vector<std::string> completed;
        std::optional<UserId> user;
        std::string registration_token;
        std::string result;
        std::size_t bytes = 0;  // of the body
        Millis expires;
        int failures = 0;
        bool granted = false;
    };
    using List = std::list<Session>;  // oldest first

    Session make(const UiaRequest& request, json::Object body);
    std::optional<Session> find(const std::string& id);
    Result<void> bind(Session& session, const UiaRequest& request, json::Object body) const;
    // What a stage adds to the session.
    struct Passed {
        std::optional<UserId> user = {};
        std::string registration_token = {};
    };
    Task<Result<Passed>> pass(std::string stage, json::Object auth, std::optional<Caller> caller);
    Task<Result<Passed>> pass_password(json::Object auth, std::optional<Caller> caller);
    Result<Passed> pass_token(const json::Object& auth);
    Task<Result<void>> advance(Session& session, const json::Object& auth, const UiaRequest& request,
                               const std::vector<UiaFlow>& flows);
    UiaGrant grant(Session session, bool keeps_result);
    void save(Session session);
    void drop(const std::string& id);
    void erase(List::iterator session);

    const Context& context_;
    PasswordCheck& passwords_;
    RegistrationTokens& tokens_;
    Lanes lanes_;  // by session: its requests come one after the other
    std::mutex mutex_;
    List sessions_;
    std::size_t bytes_ = 0;
    std::unordered_map<std::string, List::iterator> by_id_;
};

}  // namespace peyk::users
