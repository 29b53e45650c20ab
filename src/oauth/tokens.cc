#include "oauth/tokens.h"

#include "base/bytes.h"

namespace peyk::oauth {
namespace {

json::Object answer(const users::SignedIn& session, const std::string& scope) {
    json::Object out{{"access_token", session.access_token},
                     {"token_type", "Bearer"},
                     {"refresh_token", session.refresh_token},
                     {"scope", scope}};
    if (session.expires_in) out.set("expires_in", session.expires_in->count() / 1000);
    return out;
}

}  // namespace

Task<Expected<json::Object>> Tokens::exchange(Form form) {
    const auto& type = form.get("grant_type");
    if (type.empty()) co_return refuse("invalid_request", "'grant_type' is missing");
    if (form.get("client_id").empty()) co_return refuse("invalid_request", "'client_id' is missing");
    if (type == kGrantCode) co_return co_await exchange_code(std::move(form));
    if (type == kGrantRefresh) co_return co_await refresh(std::move(form));
    if (type == kGrantDevice) co_return co_await exchange_device_code(std::move(form));
    co_return refuse("unsupported_grant_type", "This server does not know that grant");
}

Task<Expected<users::SignedIn>> Tokens::sign_in(Grant grant) {
    auto account = users_.accounts.by_number(grant.user);
    if (!account) co_return trouble(account.error());
    if (!*account) co_return refuse("invalid_grant", "The account is gone");
    // A new password ends what was allowed with the old one, also while it waits to be fetched.
    if (!equal_constant_time(browsers_.stamp(**account), grant.stamp))
        co_return refuse("invalid_grant", "The account has changed since this was allowed");
    users::SignIn wanted{*account, std::move(grant.scope.device), std::move(grant.client_name), true};
    wanted.client = std::move(grant.client);
    auto session = co_await users_.sessions.sign_in(std::move(wanted));
    if (session) co_return *std::move(session);
    bool ours = session.error().code != Errc::forbidden && session.error().code != Errc::unauthenticated;
    if (ours) co_return trouble(session.error());
    co_return refuse("invalid_grant", session.error().detail);
}

// Whatever is wrong, the code is used up by then: nobody tries verifiers one after the other.
Task<Expected<json::Object>> Tokens::exchange_code(Form form) {
    auto code = form.get("code");
    auto taken = codes_.take(code);
    if (taken.issued) {
        // RFC 6749 section 4.1.2: who comes second may be the thief or the robbed, so nobody keeps what came of it.
        auto ended =
            co_await users_.sessions.end_session(taken.issued->user, taken.issued->device, taken.issued->session);
        if (!ended) co_return trouble(ended.error());
    }
    if (!taken.grant) co_return refuse("invalid_grant", "The code is unknown, over or was used");
    auto grant = *std::move(taken.grant);
    if (grant.client != form.get("client_id"))
        co_return refuse("invalid_grant", "The code was given to another client");
    if (grant.redirect_uri != form.get("redirect_uri"))
        co_return refuse("invalid_grant", "'redirect_uri' is not that of the authorisation");
    if (!fits_challenge(form.get("code_verifier"), grant.challenge))
        co_return refuse("invalid_grant", "'code_verifier' does not fit");
    auto scope = grant.scope.granted;
    auto session = co_await sign_in(std::move(grant));
    if (!session) co_return std::unexpected(std::move(session).error());
    Issued issued{session->user, session->device, session->session};
    if (!codes_.remember(code, issued)) {
        auto ended = co_await users_.sessions.end_session(issued.user, issued.device, issued.session);
        if (!ended) co_return trouble(ended.error());
        co_return refuse("invalid_grant", "The code was used twice");
    }
    co_return answer(*session, scope);
}

Task<Expected<json::Object>> Tokens::exchange_device_code(Form form) {
    auto grant = device_codes_.poll(form.get("device_code"), form.get("client_id"));
    if (!grant) co_return std::unexpected(std::move(grant).error());
    auto scope = grant->scope.granted;
    auto session = co_await sign_in(*std::move(grant));
    if (!session) co_return std::unexpected(std::move(session).error());
    co_return answer(*session, scope);
}

Task<Expected<json::Object>> Tokens::refresh(Form form) {
    auto session = co_await users_.sessions.refresh(form.get("refresh_token"), form.get("client_id"));
    if (session) {
        auto scope = "urn:matrix:client:api:* urn:matrix:client:device:" + session->device.str();
        co_return answer(*session, scope);
    }
    if (session.error().m_code == "M_UNKNOWN_TOKEN") co_return refuse("invalid_grant", session.error().detail);
    // A locked account may be unlocked: the client shall keep its session and ask again.
    co_return trouble(session.error());
}

Task<Expected<json::Object>> Tokens::begin_device(Form form, std::string base) {
    auto client = clients_.find(form.get("client_id"));
    if (!client) co_return trouble(client.error());
    if (!*client) co_return refuse("invalid_client", "Unknown client_id");
    const auto& metadata = (*client)->metadata;
    if (!metadata.may(kGrantDevice))
        co_return refuse("unauthorized_client", "This client has not registered for device codes");
    auto scope = parse_scope(form.get("scope"));
    if (!scope) co_return refuse("invalid_scope", scope.error().detail);
    Grant grant{.client = (*client)->id, .client_name = metadata.shown_name(), .scope = *std::move(scope)};
    auto codes = device_codes_.issue(std::move(grant));
    co_return json::Object{{"device_code", codes.device_code},
                           {"user_code", codes.user_code},
                           {"verification_uri", base + "/_peyk/link"},
                           {"verification_uri_complete", base + "/_peyk/link?user_code=" + codes.user_code},
                           {"expires_in", DeviceCodes::kLife.count() / 1000},
                           {"interval", DeviceCodes::kInterval.count() / 1000}};
}

}  // namespace peyk::oauth
