#include "pages/fallback_pages.h"

#include "core/json.h"
#include "pages/cas_pages.h"
#include "pages/provider_pages.h"
#include "pages/sign_in_pages.h"
#include "pages/words_account.h"
#include "pages/words_providers.h"

namespace peyk::pages {

extern const std::string_view kAuthDoneScript, kLoginScript;

namespace {

Task<http::Response> script(std::string_view text) { co_return script_response(text); }

}  // namespace

http::Response matrix_error(int status, std::string_view code, std::string_view text) {
    return http::Response::json(status, json::write(json::Object{{"errcode", code}, {"error", text}}));
}

std::optional<oauth::Uri> sso_target(std::string_view text) {
    auto uri = oauth::parse_uri(text);
    if (!uri || uri->has_userinfo) return std::nullopt;
    for (auto bad : {"javascript", "data", "vbscript", "blob", "file", "about", "view-source"}) {
        if (uri->scheme == bad) return std::nullopt;
    }
    return uri;
}

std::string with_token(const std::string& to, const std::string& token) {
    auto hash = std::min(to.find('#'), to.size());
    auto start = to.substr(0, hash);
    return start + (start.contains('?') ? "&" : "?") + "loginToken=" + token + to.substr(hash);
}

std::string form_target(const oauth::Uri& uri) {
    if (!uri.has_authority || uri.host.starts_with('[')) return uri.scheme + ":";
    return uri.scheme + "://" + uri.host + (uri.port ? ":" + std::to_string(*uri.port) : "");
}

void FallbackPages::add_routes(http::Router& router) {
    using http::Method;
    auto add = [&](Method method, std::string path, Task<http::Response> (FallbackPages::*page)(Visit)) {
        bind_page(router, desk_, method, std::move(path), this, page);
    };
    for (std::string version : {"v3", "r0"}) {
        auto base = "/_matrix/client/" + version;
        add(Method::get, base + "/auth/{type}/fallback/web", &FallbackPages::stage);
        add(Method::post, base + "/auth/{type}/fallback/web", &FallbackPages::stage_posted);
        if (!desk_.oauth.options.enabled) continue;
        add(Method::get, base + "/login/sso/redirect", &FallbackPages::sso_redirect);
        add(Method::get, base + "/login/sso/redirect/{provider}", &FallbackPages::sso_redirect);
    }
    add(Method::get, "/_matrix/static/client/login/", &FallbackPages::login);
    add(Method::get, "/_matrix/static/client/login", &FallbackPages::login);
    if (desk_.oauth.options.enabled) {
        add(Method::get, std::string(kSsoPath), &FallbackPages::sso);
        add(Method::post, std::string(kSsoPath), &FallbackPages::sso_posted);
    }
    http::Route done{.method = Method::get, .pattern = "/_peyk/auth-done.js"};
    done.handler = [](http::Request) { return script(kAuthDoneScript); };
    router.add(std::move(done));
    http::Route login_script{.method = Method::get, .pattern = "/_peyk/login.js"};
    login_script.handler = [](http::Request) { return script(kLoginScript); };
    router.add(std::move(login_script));
}

// ---- stages of User-Interactive Authentication
// -----------------------------------------------------------------------

http::Response stage_done_page(const Visit& visit) {
    Html body;
    body.element("h1", visit.say(words::kStage)).raw("<p class=\"done\" role=\"status\">");
    body.text(visit.say(words::kStageDone)).raw("</p>");
    return visit.page(words::kStage, body, {.scripts = {"/_peyk/auth-done.js"}, .keeps_opener = true});
}

http::Response FallbackPages::stage_page(const Visit& visit, const Words* complaint, int status) const {
    std::string type(visit.request.capture("type"));
    const auto& session = visit.query.get("session");
    auto open = desk_.oauth.users.uia.open_stage(session, type);
    if (!open) return visit.message(404, words::kStage, words::kStageOver);
    if (open->done) return stage_done_page(visit);
    if (type == users::kStageSso && open->user) return provider_stage_page(visit, *open->user);
    Html body;
    body.element("h1", visit.say(words::kStage)).element("p", visit.say(words::kStageAbout));
    body.append(visit.complaint(complaint)).append(visit.open_form(visit.here()));
    if (type == users::kStagePassword && open->user) {
        body.raw("<p><bdi><code dir=\"ltr\">").text(open->user->view()).raw("</code></bdi></p>");
        body.append(visit.field(words::kPassword,
                                "type=\"password\" name=\"password\" autocomplete=\"current-password\" "
                                "maxlength=\"512\" required"));
    } else if (type == users::kStageRegistrationToken) {
        body.append(visit.field(words::kInvitation,
                                "name=\"token\" autocomplete=\"off\" dir=\"ltr\" maxlength=\"64\" required"));
    } else if (type != users::kStageDummy) {
        return visit.message(404, words::kStage, words::kStageOver);
    }
    body.raw("<div class=\"actions\">").append(visit.button(words::kLinkButton)).raw("</div></form>");
    return visit.page(words::kStage, body, {.status = status, .keeps_opener = true});
}

// Links, no form: the way leads to another site, which a form of this page may not end at.
http::Response FallbackPages::provider_stage_page(const Visit& visit, const UserId& user) const {
    const auto& session = visit.query.get("session");
    Html body;
    body.element("h1", visit.say(words::kStage)).raw("<p class=\"note\">").text(visit.say(words::kStageSso));
    body.raw("</p><p><bdi><code dir=\"ltr\">").text(user.view()).raw("</code></bdi></p><div class=\"actions\">");
    for (const auto* provider : ways_of(desk_, desk_.oauth.users.accounts.number(user)).providers) {
        auto address = std::string(oauth::kProviderPath) + provider->id +
                       "/stage?session=" + http::percent_encode(session) +
                       "&proof=" + http::percent_encode(stage_proof(visit, session));
        body.raw("<a class=\"button\" href=\"").text(address).raw("\">").text(visit.say(words::kConfirmWith));
        body.raw(" <bdi>").text(provider->name).raw("</bdi></a> ");
    }
    return visit.page(words::kStage, body.raw("</div>"), {.keeps_opener = true});
}

Task<http::Response> FallbackPages::stage(Visit visit) {
    auto type = visit.request.capture("type");
    if (type == users::kStageOauth || type == users::kStageCrossSigningReset)
        co_return visit.redirect("/_peyk/account?action=org.matrix.cross_signing_reset");
    co_return stage_page(visit, nullptr, 200);
}

Task<http::Response> FallbackPages::stage_posted(Visit visit) {
    if (!visit.is_ours()) co_return stage_page(visit, &words::kOldForm, 403);
    if (visit.is_hasty()) co_return stage_page(visit, &words::kHasty, 429);
    std::string type(visit.request.capture("type"));
    json::Object auth{{"type", type}};
    if (type == users::kStagePassword) auth.set("password", visit.form.get("password"));
    if (type == users::kStageRegistrationToken) auth.set("token", visit.form.get("token"));
    auto passed = co_await desk_.oauth.users.uia.pass_stage(visit.query.get("session"), type, std::move(auth));
    if (passed) co_return stage_done_page(visit);
    if (passed.error().code == Errc::not_found) co_return visit.message(404, words::kStage, words::kStageOver);
    bool token = type == users::kStageRegistrationToken;
    const auto& wrong = token ? words::kInvitationBad : words::kWrongPassword;
    bool refused = passed.error().status == 401;  // the stage failed, and may be tried again
    co_return stage_page(visit, refused ? &wrong : &words_for(passed.error(), wrong), 403);
}

// ---- signing in as a whole
// -------------------------------------------------------------------------------------------

Task<http::Response> FallbackPages::login(Visit visit) {
    Html body;
    body.element("h1", visit.say(words::kSignIn)).raw("<noscript><p class=\"note\">");
    body.text(visit.say(words::kLoginScript)).raw("</p></noscript>");
    body.raw("<p class=\"done\" role=\"status\" data-done hidden>").text(visit.say(words::kStageDone)).raw("</p>");
    body.raw("<form data-login method=\"post\"><p class=\"complaint\" role=\"alert\" data-complaint hidden>");
    body.text(visit.say(words::kWrong)).raw("</p>");
    body.append(visit.field(words::kUserName,
                            "name=\"name\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" "
                            "dir=\"ltr\" maxlength=\"255\" required"));
    body.append(visit.field(words::kPassword,
                            "type=\"password\" name=\"password\" autocomplete=\"current-password\" maxlength=\"512\" "
                            "required"));
    body.raw("<div class=\"actions\">").append(visit.button(words::kSignIn)).raw("</div></form>");
    co_return visit.page(words::kSignIn, body, {.scripts = {"/_peyk/login.js"}, .keeps_opener = true, .fetches = true});
}

// ---- single sign-on
// --------------------------------------------------------------------------------------------------

Task<http::Response> FallbackPages::sso_redirect(Visit visit) {
    std::string provider(visit.request.capture("provider"));
    bool anyhow = provider.empty();
    if (provider == users::kOwnPages) provider.clear();
    if (!provider.empty() && !desk_.oauth.providers.find(provider))
        co_return matrix_error(404, "M_NOT_FOUND", "There is no such way to sign in here");
    if (!visit.request.query_is_text())
        co_return matrix_error(400, "M_INVALID_PARAM", "The query holds what is no UTF-8");
    const auto& action = visit.query.get("action");
    if (!action.empty() && action != "login" && action != "register")
        co_return matrix_error(400, "M_INVALID_PARAM", "'action' must be login or register");
    const auto& to = visit.query.get("redirectUrl");
    if (to.empty()) co_return matrix_error(400, "M_MISSING_PARAM", "'redirectUrl' is missing");
    if (!sso_target(to)) co_return matrix_error(400, "M_INVALID_PARAM", "'redirectUrl' is no address of an app");
    if (anyhow && desk_.oauth.providers.with_synapse_addresses()) co_return to_cas(visit, to);
    auto page = std::string(kSsoPath) + "?redirectUrl=" + http::percent_encode(to);
    if (provider.empty()) {
        if (visit.query.get("action") == "register") page += "&action=register";
    } else {
        page = provider_address(provider, "", page);
    }
    auto response = visit.redirect(visit.base() + page);
    response.status = 302;  // as the specification has it; pages go on with 303
    co_return response;
}

http::Response FallbackPages::sso_page(const Visit& visit, const std::string& to, const Words* complaint) const {
    auto target = sso_target(to);
    if (!target) return visit.message(400, words::kBadLink, words::kBadRedirect);
    Html body;
    body.element("h1", visit.say(words::kConsent)).append(visit.complaint(complaint)).raw("<p>");
    body.text(visit.say(words::kSsoAbout)).raw(" <bdi><strong dir=\"ltr\">").text(visit.session->user.view());
    body.raw("</strong></bdi></p><p><code dir=\"ltr\" class=\"address\">");
    body.text(target->has_authority ? target->host : target->scheme + ":").raw("</code></p><p class=\"note\">");
    body.text(visit.say(words::kSsoWarning)).raw("</p><div class=\"actions\">").append(visit.open_form(kSsoPath));
    body.append(Visit::hidden("to", to))
        .append(visit.button(words::kAllow))
        .raw("</form><a href=\"/_peyk/account\">")
        .text(visit.say(words::kRefuse));
    return visit.page(words::kConsent, body.raw("</a></div>"),
                      {.status = complaint ? 403 : 200, .form_targets = {form_target(*target)}});
}

Task<http::Response> FallbackPages::sso(Visit visit) {
    bool create = visit.query.get("action") == "register" && desk_.oauth.users.registration.possible_in_browser();
    if (!visit.session) co_return visit.to_sign_in(create ? "/_peyk/register" : "/_peyk/sign-in");
    co_return sso_page(visit, visit.query.get("redirectUrl"), nullptr);
}

Task<http::Response> FallbackPages::sso_posted(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    const auto& to = visit.form.get("to");
    if (!visit.is_ours()) co_return sso_page(visit, to, &words::kOldForm);
    if (!sso_target(to)) co_return visit.message(400, words::kBadLink, words::kBadRedirect);
    auto& users = desk_.oauth.users;
    auto token = users.login_tokens.issue(visit.session->user.str(), users.options().login_token_lifetime);
    co_return visit.redirect(with_token(to, token));
}

}  // namespace peyk::pages
