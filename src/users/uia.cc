#include "users/uia.h"

#include <algorithm>

#include "core/errors.h"

namespace peyk::users {
namespace {

constexpr int kMaxFailures = 10;

bool has(const std::vector<std::string>& completed, std::string_view stage) {
    return std::ranges::find(completed, stage) != completed.end();
}

// The spec wants the stages of a flow in order: the next one of a flow whose earlier ones are done.
bool may_come_now(const std::vector<UiaFlow>& flows, const std::vector<std::string>& completed,
                  std::string_view stage) {
    return std::ranges::any_of(flows, [&](const UiaFlow& flow) {
        auto next = std::ranges::find_if(flow, [&](std::string_view s) { return !has(completed, s); });
        return next != flow.end() && *next == stage;
    });
}

bool is_complete(const std::vector<UiaFlow>& flows, const std::vector<std::string>& completed) {
    return std::ranges::any_of(flows, [&](const UiaFlow& flow) {
        return std::ranges::all_of(flow, [&](std::string_view s) { return has(completed, s); });
    });
}

bool is_of_pages(std::string_view stage) { return stage == kStageOauth || stage == kStageCrossSigningReset; }

}  // namespace

Result<void> check_auth(const json::Object& body) {
    const auto* auth = body.find("auth");
    if (!auth || auth->is_null()) return {};
    if (!auth->object()) return m::bad_json("'auth' must be an object");
    for (std::string_view key : {"session", "type"}) {
        const auto* value = auth->get(key);
        if (value && !value->string()) return m::bad_json(fmt::format("'{}' of 'auth' must be a string", key));
    }
    return {};
}

// Sessions of OAuth know no UIA but the stages of the account pages, which are for them alone.
std::vector<UiaFlow> Uia::flows_for(const std::optional<Caller>& caller, const std::vector<UiaFlow>& flows) const {
    bool pages = caller && caller->oauth;
    bool password = true, provider = false;
    if (caller && !pages) {
        provider = links_.usable(caller->user_number).value_or(false);
        auto account = provider ? accounts_.by_number(caller->user_number) : Result<AccountPtr>{};
        password = !account || !*account || !(*account)->password_hash.empty();
    }
    std::vector<UiaFlow> out;
    for (const auto& flow : flows) {
        if (std::ranges::any_of(flow, is_of_pages) != pages) continue;
        bool plain = flow == UiaFlow{kStagePassword};
        if (!plain || password) out.push_back(flow);
        if (plain && provider) out.push_back(UiaFlow{kStageSso});
    }
    return out;
}

// The 401 with what is still to do; `why` a stage failed, if one did.
Error Uia::incomplete(const Session& session, const Error* why) const {
    json::Array flows;
    json::Object params;
    for (const auto& flow : session.flows) {
        json::Array stages;
        for (auto stage : flow) {
            stages.emplace_back(stage);
            if (is_of_pages(stage))
                params.set(std::string(stage),
                           json::Object{{"url", context_.options.public_base_url + "/_peyk/account?action=org.matrix."
                                                                                   "cross_signing_reset"}});
        }
        flows.emplace_back(json::Object{{"stages", std::move(stages)}});
    }
    json::Object out{{"flows", std::move(flows)}, {"params", std::move(params)}, {"session", session.id}};
    json::Array completed(session.completed.begin(), session.completed.end());
    out.set("completed", std::move(completed));
    auto text = json::write(out);
    Error error{Errc::unauthenticated, why ? why->detail : "Authentication is needed",
                why ? (why->m_code.empty() ? std::string_view("M_FORBIDDEN") : why->m_code) : kNoErrcode};
    error.extra = text.substr(1, text.size() - 2);
    error.status = 401;
    return error;
}

Uia::Session Uia::make(const UiaRequest& request, json::Object body, const std::vector<UiaFlow>& flows) {
    Session session{.id = context_.random.alphanumeric(24), .operation = request.operation, .body = std::move(body)};
    if (request.caller) session.caller = request.caller->user_number;
    if (request.caller) session.caller_id = request.caller->user;
    session.flows = flows;
    session.expires = context_.clock.monotonic() + context_.options.uia_lifetime;
    return session;
}

std::optional<Uia::Session> Uia::find(const std::string& id) {
    std::lock_guard lock(mutex_);
    auto found = by_id_.find(id);
    if (found == by_id_.end()) return std::nullopt;
    if (found->second->expires > context_.clock.monotonic()) return *found->second;
    erase(found->second);
    return std::nullopt;
}

void Uia::erase(List::iterator session) {
    if (!session->registration_token.empty()) tokens_.release(session->registration_token);
    bytes_ -= session->bytes;
    by_id_.erase(session->id);
    sessions_.erase(session);
}

void Uia::drop(const std::string& id) {
    std::lock_guard lock(mutex_);
    if (auto found = by_id_.find(id); found != by_id_.end()) erase(found->second);
}

void Uia::save(Session session) {
    auto now = context_.clock.monotonic();
    const auto& options = context_.options;
    session.bytes = json::write(session.body).size();
    std::lock_guard lock(mutex_);
    if (auto found = by_id_.find(session.id); found != by_id_.end()) {
        bytes_ += session.bytes - found->second->bytes;
        *found->second = std::move(session);
        return;
    }
    auto too_many = [&] {
        return sessions_.size() >= options.max_uia_sessions || bytes_ + session.bytes > options.max_uia_bytes;
    };
    while (!sessions_.empty() && (sessions_.front().expires <= now || too_many())) erase(sessions_.begin());
    bytes_ += session.bytes;
    sessions_.push_back(std::move(session));
    by_id_[sessions_.back().id] = std::prev(sessions_.end());
}

// A session serves the operation, the body and the caller that it was opened for, and nothing else. Clients may leave
// the body out the second time, and may open a session with nothing in it to see the flows.
Result<void> Uia::bind(Session& session, const UiaRequest& request, json::Object body) const {
    std::optional<std::uint64_t> caller;
    if (request.caller) caller = request.caller->user_number;
    if (session.operation != request.operation || session.caller != caller)
        return m::forbidden("This authentication session belongs to another request");
    if (body.empty()) return {};
    if (session.body.empty() && session.completed.empty())
        session.body = std::move(body);
    else if (session.body != body)
        return m::forbidden("The request has changed during its authentication");
    return {};
}

Task<Result<Uia::Passed>> Uia::pass_password(json::Object auth, std::optional<UserId> caller) {
    const auto* password = auth.find("password");
    if (!password || !password->string()) co_return m::missing_param("'password' is missing");
    // Without a name it is the caller's own password: older clients leave it out.
    std::optional<UserId> user;
    if (caller && !auth.contains("identifier") && !auth.contains("user")) {
        user = caller;
    } else {
        PEYK_CO_TRY(user, passwords_.named_user(auth));
    }
    // Refused before the password is looked at: this is no place to try the passwords of others.
    if (caller && *user != *caller)
        co_return fail(Error{Errc::forbidden, "Another account cannot confirm this", "M_FORBIDDEN", {}, {}, 403});
    PEYK_CO_TRY(auto account, co_await passwords_.check(*user, *password->string()));
    // A token says that its owner has passed the second factor; without one the password would be all there is.
    if (!caller && account->needs_browser())
        co_return fail(Error{Errc::forbidden,
                             "This account has a second factor: do this in the browser, on the account page",
                             "M_FORBIDDEN",
                             {},
                             {},
                             403});
    co_return Passed{account->id};
}

Result<Uia::Passed> Uia::pass_token(const json::Object& auth) {
    const auto* token = auth.find("token");
    if (!token || !token->string()) return m::missing_param("'token' is missing");
    PEYK_TRY(bool held, tokens_.reserve(*token->string()));
    if (!held) return fail(Error{Errc::forbidden, "This registration token is not valid", "M_UNAUTHORIZED"});
    return Passed{std::nullopt, *token->string()};
}

// Spec: Email-based (identity / homeserver).
Result<Uia::Passed> Uia::pass_email(const json::Object& auth) {
    const auto* given = auth.find("threepid_creds");
    if (!given) given = auth.find("threepidCreds");
    auto sid = given ? given->get_string("sid") : std::nullopt;
    auto secret = given ? given->get_string("client_secret") : std::nullopt;
    if (!sid || !secret) return m::missing_param("'threepid_creds' needs 'sid' and 'client_secret'");
    Passed passed;
    PEYK_TRY(passed.third_party, validations_.take(std::string(*sid), *secret));
    return passed;
}

Task<Result<Uia::Passed>> Uia::pass(std::string stage, json::Object auth, std::optional<UserId> caller) {
    if (stage == kStageDummy) co_return Passed{};
    if (stage == kStagePassword) co_return co_await pass_password(std::move(auth), std::move(caller));
    if (stage == kStageRegistrationToken) co_return pass_token(auth);
    if (stage == kStageEmail) co_return pass_email(auth);
    co_return m::unknown("This server does not know that stage");
}

// Counts failures, and drops a session that has seen too many.
Task<Result<void>> Uia::take_stage(Session& session, std::string stage, json::Object auth,
                                   std::optional<UserId> caller) {
    Result<Passed> passed = m::forbidden("This stage is not asked for now");
    if (may_come_now(session.flows, session.completed, stage))
        passed = co_await pass(stage, std::move(auth), std::move(caller));
    if (!passed) {
        auto error = std::move(passed.error());
        bool final = error.status != 0 || error.code == Errc::rate_limited || error.code == Errc::unavailable;
        if (final) co_return fail(std::move(error));
        if (++session.failures >= kMaxFailures) {
            drop(session.id);
            co_return m::forbidden("Too many failures; begin again");
        }
        save(session);
        co_return fail(incomplete(session, &error));
    }
    session.completed.push_back(std::move(stage));
    if (passed->user) session.user = std::move(passed->user);
    if (passed->third_party) session.third_party = std::move(passed->third_party);
    if (!passed->registration_token.empty()) session.registration_token = std::move(passed->registration_token);
    co_return Result<void>{};
}

Task<Result<void>> Uia::advance(Session& session, const json::Object& auth) {
    const auto* type = auth.find("type");
    if (type && !type->string()) co_return m::bad_json("'type' of 'auth' must be a string");
    // Spec: Client-Server API › OAuth authentication: the client asks with the session alone. Not approved yet is no
    // failure, since clients ask again and again.
    for (auto stage : {kStageOauth, kStageCrossSigningReset}) {
        if (type && *type->string() != stage) continue;
        if (!session.caller || !may_come_now(session.flows, session.completed, stage)) continue;
        if (take_approval(*session.caller)) session.completed.emplace_back(stage);
        co_return Result<void>{};
    }
    if (!type) co_return Result<void>{};  // only asks whether it is complete by now
    std::string stage = *type->string();
    // What the browser does, the client cannot do for it: it asks again until that is done.
    bool waits = stage == kStageSso && may_come_now(session.flows, session.completed, stage);
    if (waits || has(session.completed, stage)) co_return Result<void>{};
    co_return co_await take_stage(session, std::move(stage), auth, session.caller_id);
}

// Of many, any goes: who is forgotten is asked once more than needed.
void Uia::remember(Deadlines& deadlines, std::uint64_t key, Millis life) {
    constexpr std::size_t kMost = 10'000;
    auto now = context_.clock.monotonic();
    std::lock_guard lock(mutex_);
    std::erase_if(deadlines, [now](const auto& entry) { return entry.second <= now; });
    if (deadlines.size() >= kMost) deadlines.erase(deadlines.begin());
    deadlines[key] = now + life;
}

void Uia::approve_reset(std::uint64_t user) { remember(approvals_, user, Millis{600'000}); }

void Uia::began_with_password(std::uint64_t session) { remember(fresh_, session, Millis{300'000}); }

bool Uia::knew_password_lately(const Caller& caller) {
    std::lock_guard lock(mutex_);
    auto found = fresh_.find(caller.token_number);
    return found != fresh_.end() && found->second > context_.clock.monotonic();
}

bool Uia::take_approval(std::uint64_t user) {
    std::lock_guard lock(mutex_);
    auto found = approvals_.find(user);
    if (found == approvals_.end()) return false;
    bool good = found->second > context_.clock.monotonic();
    approvals_.erase(found);
    return good;
}

Result<Uia::Open> Uia::open_stage(const std::string& id, std::string_view stage) {
    auto session = find(id);
    if (!session || session->granted) return m::not_found("This authentication session is over");
    Open open{session->caller_id, has(session->completed, stage)};
    if (!open.done && !may_come_now(session->flows, session->completed, stage))
        return m::forbidden("This stage is not asked for now");
    return open;
}

Task<Result<void>> Uia::pass_stage(std::string id, std::string stage, json::Object auth) {
    auto lane = co_await lanes_.enter(std::hash<std::string>{}(id));
    auto session = find(id);
    if (!session || session->granted) co_return m::not_found("This authentication session is over");
    if (has(session->completed, stage)) co_return Result<void>{};
    auto caller = session->caller_id;
    PEYK_CO_CHECK(co_await take_stage(*session, std::move(stage), std::move(auth), std::move(caller)));
    save(*std::move(session));
    co_return Result<void>{};
}

Task<Result<void>> Uia::pass_at_provider(std::string id, std::uint64_t user) {
    auto lane = co_await lanes_.enter(std::hash<std::string>{}(id));
    auto session = find(id);
    if (!session || session->granted) co_return m::not_found("This authentication session is over");
    if (session->caller != user) {
        // Whoever it was, they were not to confirm this: the app is told so when it asks, and has to begin again.
        session->failures = kMaxFailures;
        save(*std::move(session));
        co_return m::forbidden("This authentication session is another's");
    }
    if (has(session->completed, kStageSso)) co_return Result<void>{};
    if (!may_come_now(session->flows, session->completed, kStageSso))
        co_return m::forbidden("This stage is not asked for now");
    session->completed.emplace_back(kStageSso);
    save(*std::move(session));
    co_return Result<void>{};
}

UiaGrant Uia::grant(Session session, bool keeps_result) {
    UiaGrant out{session.id,          session.body,  session.user, session.registration_token,
                 session.third_party, session.result};
    session.registration_token.clear();  // now the grant's
    session.granted = true;
    if (keeps_result) {
        save(std::move(session));
        return out;
    }
    std::lock_guard lock(mutex_);
    if (auto found = by_id_.find(session.id); found != by_id_.end()) {
        found->second->registration_token.clear();
        erase(found->second);
    }
    return out;
}

Task<Result<UiaGrant>> Uia::require(UiaRequest request, std::vector<UiaFlow> wanted) {
    PEYK_CO_CHECK(check_auth(request.body));
    const auto* auth = request.body.find("auth");
    auto flows = flows_for(request.caller, wanted);
    if (flows.empty()) co_return m::forbidden("Apps that signed in through the browser do this on the account page");
    auto body = request.body;
    body.erase("auth");
    if (!auth || auth->is_null()) {
        auto session = make(request, std::move(body), flows);
        // Older clients of OAuth send the request anew once it is approved, without a session.
        if (request.caller && request.caller->oauth && take_approval(request.caller->user_number))
            co_return UiaGrant{session.id, std::move(session.body), {}, {}, {}};
        auto error = incomplete(session, nullptr);
        save(std::move(session));
        co_return fail(std::move(error));
    }
    const auto* given = auth->get("session");
    std::string id = given ? *given->string() : std::string();
    auto lane = co_await lanes_.enter(std::hash<std::string>{}(id.empty() ? context_.random.alphanumeric(8) : id));
    auto session = id.empty() ? std::nullopt : find(id);
    if (!session && !id.empty()) {
        auto fresh = make(request, std::move(body), flows);
        Error why{Errc::unauthenticated, "This authentication session is over", "M_UNKNOWN"};
        auto error = incomplete(fresh, &why);
        save(std::move(fresh));
        co_return fail(std::move(error));
    }
    if (session) {
        PEYK_CO_CHECK(bind(*session, request, std::move(body)));
    } else {
        session = make(request, std::move(body), flows);
    }
    if (session->failures >= kMaxFailures) {
        drop(id);
        co_return m::forbidden("Somebody else has signed in to confirm this; begin again");
    }
    if (session->granted) {
        if (session->result.empty())
            co_return fail(Error{Errc::rate_limited, "This request is under way", "M_LIMIT_EXCEEDED", {}, Millis{500}});
        co_return UiaGrant{session->id, session->body, session->user, {}, session->third_party, session->result};
    }
    PEYK_CO_CHECK(co_await advance(*session, *auth->object()));
    if (is_complete(session->flows, session->completed)) co_return grant(*std::move(session), request.keeps_result);
    auto error = incomplete(*session, nullptr);
    save(*std::move(session));
    co_return fail(std::move(error));
}

void Uia::keep_result(const std::string& session, std::string result) {
    std::lock_guard lock(mutex_);
    if (auto found = by_id_.find(session); found != by_id_.end()) found->second->result = std::move(result);
}

void Uia::reopen(const UiaGrant& grant) {
    std::lock_guard lock(mutex_);
    auto found = by_id_.find(grant.session);
    if (found == by_id_.end()) return;
    // A reserved token was given back with the failure, so its stage must be passed again.
    found->second->granted = false;
    std::erase(found->second->completed, std::string(kStageRegistrationToken));
}

}  // namespace peyk::users
