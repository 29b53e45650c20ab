#include "pages/cas_pages.h"

#include "pages/fallback_pages.h"
#include "pages/words_account.h"
#include "pages/words_providers.h"

namespace peyk::pages {
namespace {

// What a ticket is for, spelled as Synapse spells it: CAS compares it letter by letter.
std::string service(const Visit& visit, std::string_view field, std::string_view value) {
    return visit.base() + std::string(oauth::kCasTicketPath) + "?" + std::string(field) + "=" +
           http::percent_encode(value);
}

}  // namespace

http::Response to_cas(const Visit& visit, const std::string& to) {
    const auto& provider = *visit.desk().oauth.providers.with_synapse_addresses();
    auto response = visit.redirect(provider.login_address(service(visit, "redirectUrl", to), false));
    response.status = 302;  // as the specification has it; pages go on with 303
    return response;
}

void CasPages::add_routes(http::Router& router) {
    if (!desk_.oauth.providers.with_synapse_addresses()) return;
    for (std::string version : {"v3", "r0"})
        bind_page(router, desk_, http::Method::get, "/_matrix/client/" + version + "/login/cas/redirect", this,
                  &CasPages::redirect);
    bind_page(router, desk_, http::Method::get, std::string(oauth::kCasTicketPath), this, &CasPages::ticket);
}

Task<http::Response> CasPages::redirect(Visit visit) {
    const auto& to = visit.query.get("redirectUrl");
    if (to.empty()) co_return matrix_error(400, "M_MISSING_PARAM", "'redirectUrl' is missing");
    if (!sso_target(to)) co_return matrix_error(400, "M_INVALID_PARAM", "'redirectUrl' is no address of an app");
    co_return to_cas(visit, to);
}

Task<http::Response> CasPages::ticket(Visit visit) {
    auto* provider = desk_.oauth.providers.with_synapse_addresses();
    if (visit.query.has("state")) co_return co_await providers_.came_back(std::move(visit), provider);
    if (visit.is_hasty()) co_return visit.message(429, words::kSignIn, words::kHasty);
    std::string session = visit.query.get("session"), to = visit.query.get("redirectUrl");
    if (!session.empty()) co_return co_await stage(std::move(visit), provider, std::move(session));
    co_return co_await sign_in(std::move(visit), provider, std::move(to));
}

// Nothing binds this ticket to the browser, which the CAS server may have sent here of its own: so nobody is signed in
// before they have read as whom, and where to.
Task<http::Response> CasPages::sign_in(Visit visit, oauth::CasProvider* provider, std::string to) {
    if (!sso_target(to)) co_return visit.message(400, words::kBadLink, words::kBadRedirect);
    auto page = std::string(kSsoPath) + "?redirectUrl=" + http::percent_encode(to);
    auto again = provider_address(provider->options().id, "", page);
    auto claims = co_await provider->validate(visit.query.get("ticket"), service(visit, "redirectUrl", to), false);
    if (!claims) co_return trouble_page(visit, *provider, claims.error(), again);
    auto person = provider->judge(*claims, providers_.is_known(*provider));
    if (!person) co_return trouble_page(visit, *provider, person.error(), again);
    auto link = desk_.oauth.users.provider_links.link(provider->options().issuer, person->subject);
    auto account = providers_.account_of(*provider, person->subject);
    if (account && !*account) {
        oauth::Attempt attempt{.provider = provider->options().id, .next = page};
        co_return co_await providers_.newcomer(std::move(visit), provider, std::move(attempt), *std::move(person),
                                               std::move(link));
    }
    if (!account || !co_await providers_.keep_link((*account)->number, std::move(link)))
        co_return visit.message(503, words::kSignIn, words::kTrouble);
    if ((*account)->locked) co_return visit.message(403, words::kSignIn, words::kLocked);
    if ((*account)->second_factor) co_return sign_in_browser(visit, **account, page);
    co_return token_page(visit, **account, to);
}

// A link with the token in it, since a form of this page may not end elsewhere.
http::Response CasPages::token_page(const Visit& visit, const users::Account& account, const std::string& to) const {
    auto& users = desk_.oauth.users;
    auto target = sso_target(to);
    auto token = users.login_tokens.issue(account.id.str(), users.options().login_token_lifetime);
    Html body;
    body.element("h1", visit.say(words::kConsent)).raw("<p>").text(visit.say(words::kSsoAbout));
    body.raw(" <bdi><strong dir=\"ltr\">").text(account.id.view()).raw("</strong></bdi></p>");
    body.raw("<p><code dir=\"ltr\" class=\"address\">");
    body.text(target->has_authority ? target->host : target->scheme + ":").raw("</code></p><p class=\"note\">");
    body.text(visit.say(words::kSsoWarning)).raw("</p><div class=\"actions\"><a class=\"button\" rel=\"noreferrer\" ");
    body.raw("href=\"").text(with_token(to, token)).raw("\">").text(visit.say(words::kAllow)).raw("</a></div>");
    // The address of this page holds what is used up: the other language begins elsewhere.
    return visit.page(words::kConsent, body, {.here = "/_peyk/sign-in"});
}

// A confirmation that no page of ours began, where the operator wants those (test suites do). The CAS server has asked
// the person anew; what for, nobody has told them.
Task<http::Response> CasPages::stage(Visit visit, oauth::CasProvider* provider, std::string session) {
    auto& users = desk_.oauth.users;
    auto fallback = "/_matrix/client/v3/auth/m.login.sso/fallback/web?session=" + http::percent_encode(session);
    if (!provider->options().unbound_stages) co_return visit.redirect(fallback);
    auto open = users.uia.open_stage(session, users::kStageSso);
    if (!open || !open->user) co_return visit.message(404, words::kStage, words::kStageOver);
    auto claims = co_await provider->validate(visit.query.get("ticket"), service(visit, "session", session), true);
    if (!claims) co_return trouble_page(visit, *provider, claims.error(), fallback);
    auto person = provider->judge(*claims, providers_.is_known(*provider));
    if (!person) co_return trouble_page(visit, *provider, person.error(), fallback);
    auto account = providers_.account_of(*provider, person->subject);
    if (!account) co_return visit.message(503, words::kStage, words::kTrouble);
    // Nobody has bound the session to a browser, so it does not get a second chance. It is the app that is told.
    auto who = *account && !(*account)->locked ? (*account)->number : 0;
    auto passed = co_await users.uia.pass_at_provider(session, who);
    if (!passed && passed.error().code == Errc::forbidden)
        co_return visit.message(200, words::kStage, words::kProviderOther);
    if (!passed) co_return visit.message(404, words::kStage, words::kStageOver);
    co_return stage_done_page(visit);
}

}  // namespace peyk::pages
