#include "pages/consent_pages.h"

#include "oauth/endpoints.h"
#include "oauth/uri.h"
#include "pages/fallback_pages.h"
#include "pages/words_account.h"

namespace peyk::pages {
namespace {

constexpr std::string_view kLinkPath = "/_peyk/link";

// Where the browser goes back to, in words.
std::string shown_target(const Visit& visit, const oauth::Uri& uri) {
    if (uri.scheme == "https") return uri.host;
    if (oauth::is_loopback(uri)) return std::string(visit.say(words::kThisDevice));
    return uri.scheme + ":";
}

Html row(std::string_view label, const Html& value) {
    Html html;
    html.raw("<tr><th scope=\"row\">").text(label).raw("</th><td>").append(value).raw("</td></tr>");
    return html;
}

Html code_text(std::string_view text) {
    Html html;
    html.raw("<code dir=\"ltr\">").text(text).raw("</code>");
    return html;
}

// A form of its own: it signs out and comes back.
Html other_account(const Visit& visit, const std::string& next) {
    Html html;
    html.append(visit.open_form("/_peyk/sign-out")).append(Visit::hidden("next", next));
    html.append(visit.button(words::kOtherAccount, "class=\"quiet\"")).raw("</form>");
    return html;
}

}  // namespace

void ConsentPages::add_routes(http::Router& router) {
    using http::Method;
    bind_page(router, desk_, Method::get, std::string(kLinkPath), this, &ConsentPages::link);
    bind_page(router, desk_, Method::post, std::string(kLinkPath), this, &ConsentPages::link_posted);
    bind_page(router, desk_, Method::get, std::string(oauth::kAuthorizePath), this, &ConsentPages::authorize);
    bind_page(router, desk_, Method::post, std::string(oauth::kAuthorizePath), this, &ConsentPages::decided);
}

http::Response ConsentPages::refused(const Visit& visit, const oauth::BadRequest& bad) const {
    if (!bad.redirect.empty()) return visit.redirect(bad.redirect);
    bool unknown = bad.error.code == "invalid_client";
    return visit.message(400, words::kBadLink, unknown ? words::kUnknownClient : words::kBadRedirect);
}

Html ConsentPages::about(const Visit& visit, const oauth::ClientMetadata& client, std::string_view device,
                         std::string_view back) const {
    Html html;
    html.raw("<p><bdi><strong>").text(client.shown_name()).raw("</strong></bdi> ");
    html.text(visit.say(words::kConsentWho)).raw(" <bdi><strong dir=\"ltr\">").text(visit.session->user.view());
    html.raw("</strong></bdi></p><div class=\"card\"><h2>").text(visit.say(words::kConsentMay)).raw("</h2><ul>");
    for (const auto& line : {words::kConsentMay1, words::kConsentMay2, words::kConsentMay3})
        html.element("li", visit.say(line));
    html.raw("</ul></div><p class=\"note\">").text(visit.say(words::kConsentSaysIt)).raw("</p><table>");
    html.append(row(visit.say(words::kConsentFrom), outside_link(client.uri, client.host())));
    if (!back.empty()) html.append(row(visit.say(words::kConsentReturn), code_text(back)));
    html.append(row(visit.say(words::kConsentDevice), code_text(device))).raw("</table>");
    if (!client.tos_uri.empty() || !client.policy_uri.empty()) {
        html.raw("<p class=\"hint\">");
        if (!client.tos_uri.empty()) html.append(outside_link(client.tos_uri, visit.say(words::kTermsOf))).raw(" ");
        if (!client.policy_uri.empty()) html.append(outside_link(client.policy_uri, visit.say(words::kPolicyOf)));
        html.raw("</p>");
    }
    return html;
}

http::Response ConsentPages::consent_page(const Visit& visit, const oauth::AuthorizationRequest& request,
                                          const std::string& query, const Words* complaint) const {
    auto target = oauth::parse_uri(request.redirect_uri);
    auto here = std::string(oauth::kAuthorizePath) + "?" + query;
    Html body;
    body.element("h1", visit.say(words::kConsent)).append(visit.complaint(complaint));
    body.append(about(visit, request.client->metadata, request.scope.device.view(), shown_target(visit, *target)));
    body.raw("<div class=\"actions\">").append(visit.open_form(oauth::kAuthorizePath));
    body.append(Visit::hidden("request", query)).append(visit.button(words::kAllow, "name=\"answer\" value=\"allow\""));
    body.raw(" ").append(visit.button(words::kRefuse, "name=\"answer\" value=\"refuse\" class=\"quiet\""));
    body.raw("</form>").append(other_account(visit, here)).raw("</div>");
    return visit.page(words::kConsent, body,
                      {.status = complaint ? 403 : 200, .form_targets = {form_target(*target)}, .here = here});
}

Task<http::Response> ConsentPages::authorize(Visit visit) {
    auto query = oauth::Form::parse(visit.request.query);
    if (!desk_.oauth.options.enabled || !query) co_return visit.message(400, words::kBadLink, words::kUnknownClient);
    auto request = oauth::read_request(desk_.oauth.clients, *query, desk_.oauth.options.issuer());
    if (!request) co_return visit.message(503, words::kBadLink, words::kTrouble);
    if (const auto* bad = std::get_if<oauth::BadRequest>(&*request)) co_return refused(visit, *bad);
    const auto& good = std::get<oauth::AuthorizationRequest>(*request);
    if (!visit.session) {
        if (good.create && desk_.oauth.users.registration.possible_in_browser())
            co_return visit.to_sign_in("/_peyk/register");
        auto to = "/_peyk/sign-in?next=" + http::percent_encode(visit.here());
        if (!good.login_hint.empty()) to += "&name=" + http::percent_encode(good.login_hint);
        co_return visit.redirect(to);
    }
    co_return consent_page(visit, good, visit.request.query, nullptr);
}

Task<http::Response> ConsentPages::decided(Visit visit) {
    const auto& text = visit.form.get("request");
    auto query = oauth::Form::parse(text);
    if (!desk_.oauth.options.enabled || !query) co_return visit.message(400, words::kBadLink, words::kUnknownClient);
    auto request = oauth::read_request(desk_.oauth.clients, *query, desk_.oauth.options.issuer());
    if (!request) co_return visit.message(503, words::kBadLink, words::kTrouble);
    if (const auto* bad = std::get_if<oauth::BadRequest>(&*request)) co_return refused(visit, *bad);
    const auto& good = std::get<oauth::AuthorizationRequest>(*request);
    if (!visit.session) {
        auto here = std::string(oauth::kAuthorizePath) + "?" + text;
        co_return visit.redirect("/_peyk/sign-in?next=" + http::percent_encode(here));
    }
    if (!visit.is_ours()) co_return consent_page(visit, good, text, &words::kOldForm);
    const auto& issuer = desk_.oauth.options.issuer();
    if (visit.form.get("answer") != "allow")
        co_return visit.redirect(oauth::answer_error(good, {"access_denied", "The user has refused"}, issuer));
    auto code = desk_.oauth.codes.issue(oauth::Grant{.client = good.client->id,
                                                     .client_name = good.client->metadata.shown_name(),
                                                     .scope = good.scope,
                                                     .user = visit.session->number,
                                                     .redirect_uri = good.redirect_uri,
                                                     .challenge = good.challenge,
                                                     .stamp = visit.session->stamp});
    co_return visit.redirect(oauth::answer_code(good, code, issuer));
}

http::Response ConsentPages::code_page(const Visit& visit, const std::string& code, const Words* complaint,
                                       int status) const {
    Html body;
    body.element("h1", visit.say(words::kLink)).element("p", visit.say(words::kLinkIntro));
    body.append(visit.complaint(complaint)).append(visit.open_form(kLinkPath));
    body.append(visit.field(words::kLinkCode,
                            "name=\"user_code\" class=\"code\" autocomplete=\"off\" autocapitalize=\"characters\" "
                            "spellcheck=\"false\" dir=\"ltr\" maxlength=\"20\" required",
                            code));
    body.raw("<p class=\"note\">").text(visit.say(words::kLinkWarning)).raw("</p>");
    body.raw("<div class=\"actions\">").append(visit.button(words::kLinkButton)).raw("</div></form>");
    return visit.page(words::kLink, body, {.status = status});
}

http::Response ConsentPages::device_page(const Visit& visit, const std::string& code, const oauth::Grant& grant) const {
    auto client = desk_.oauth.clients.find(grant.client);
    if (!client || !*client) return visit.message(400, words::kLink, words::kLinkBad);
    Html body;
    body.element("h1", visit.say(words::kConsent));
    body.append(about(visit, (*client)->metadata, grant.scope.device.view(), {}));
    body.raw("<p>").text(visit.say(words::kLinkCompare)).raw("</p><p class=\"code\">").text(code).raw("</p>");
    body.raw("<p class=\"note\">").text(visit.say(words::kLinkWarning)).raw("</p><div class=\"actions\">");
    body.append(visit.open_form(kLinkPath)).append(Visit::hidden("user_code", code));
    body.append(visit.button(words::kAllow, "name=\"answer\" value=\"allow\"")).raw(" ");
    body.append(visit.button(words::kRefuse, "name=\"answer\" value=\"refuse\" class=\"quiet\"")).raw("</form></div>");
    return visit.page(words::kConsent, body);
}

Task<http::Response> ConsentPages::link(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    co_return code_page(visit, visit.query.get("user_code"), nullptr, 200);
}

Task<http::Response> ConsentPages::link_posted(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    const auto& code = visit.form.get("user_code");
    if (!visit.is_ours()) co_return code_page(visit, code, &words::kOldForm, 403);
    if (visit.is_hasty()) co_return code_page(visit, code, &words::kHasty, 429);
    auto grant = desk_.oauth.device_codes.look_up(code);
    if (!grant) co_return code_page(visit, code, &words::kLinkBad, 400);
    const auto& answer = visit.form.get("answer");
    if (answer.empty()) co_return device_page(visit, code, *grant);
    bool allowed = answer == "allow";
    if (!desk_.oauth.device_codes.decide(code, allowed, visit.session->number, visit.session->stamp))
        co_return code_page(visit, code, &words::kLinkBad, 400);
    co_return visit.message(200, words::kLink, allowed ? words::kLinkDone : words::kLinkRefused);
}

}  // namespace peyk::pages
