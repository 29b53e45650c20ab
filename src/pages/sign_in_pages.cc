#include "pages/sign_in_pages.h"

#include "oauth/endpoints.h"
#include "pages/provider_pages.h"
#include "pages/security_pages.h"
#include "pages/words_account.h"
#include "pages/words_providers.h"

namespace peyk::pages {
namespace {

constexpr std::string_view kSignInPath = "/_peyk/sign-in";
constexpr std::string_view kRegisterPath = "/_peyk/register";

// A link that keeps where to go on.
Html link(const Visit& visit, std::string_view path, const Words& words, const std::string& next) {
    Html html;
    html.raw("<a href=\"").text(path).raw("?next=").text(http::percent_encode(next)).raw("\">");
    html.text(visit.say(words)).raw("</a>");
    return html;
}

// The link to the other language asks for the form anew.
std::string form_address(std::string_view path, const std::string& next) {
    return std::string(path) + "?next=" + http::percent_encode(next);
}

}  // namespace

const Words& words_for_registration(const Error& error) {
    if (error.m_code == "M_USER_IN_USE" || error.m_code == "M_EXCLUSIVE") return words::kNameTaken;
    if (error.m_code == "M_INVALID_USERNAME") return words::kNameBad;
    if (error.m_code == "M_WEAK_PASSWORD" || error.m_code == "M_INVALID_PARAM") return words::kResetWeak;
    if (error.m_code == "M_UNAUTHORIZED") return words::kInvitationBad;
    if (error.code == Errc::forbidden) return words::kClosed;
    return error.code == Errc::rate_limited ? words::kHasty : words::kTrouble;
}

const Words& words_for(const Error& error, const Words& when_wrong) {
    if (error.m_code == "M_USER_LOCKED") return words::kLocked;
    if (error.code == Errc::rate_limited) return words::kHasty;
    return error.code == Errc::forbidden ? when_wrong : words::kTrouble;
}

void SignInPages::add_routes(http::Router& router) {
    using http::Method;
    bind_page(router, desk_, Method::get, std::string(kSignInPath), this, &SignInPages::form);
    bind_page(router, desk_, Method::post, std::string(kSignInPath), this, &SignInPages::posted);
    bind_page(router, desk_, Method::get, std::string(kRegisterPath), this, &SignInPages::register_form);
    bind_page(router, desk_, Method::post, std::string(kRegisterPath), this, &SignInPages::registered);
    if (desk_.facts.home != kHomePath) bind_page(router, desk_, Method::get, "/i/{token}", this, &SignInPages::invited);
    bind_page(router, desk_, Method::post, "/_peyk/sign-out", this, &SignInPages::sign_out);
}

// The name of the app that sent the browser here, if one did.
std::string SignInPages::app_behind(const std::string& next) const {
    std::string_view rest = next;
    if (!rest.starts_with(oauth::kAuthorizePath)) return {};
    auto query = oauth::Form::parse(rest.substr(std::min(oauth::kAuthorizePath.size() + 1, rest.size())));
    if (!query) return {};
    auto client = desk_.oauth.clients.find(query->get("client_id"));
    return client && *client ? (*client)->metadata.shown_name() : std::string();
}

http::Response SignInPages::sign_in_page(const Visit& visit, std::string name, const Words* complaint,
                                         int status) const {
    auto next = visit.next();
    Html body;
    body.element("h1", visit.say(words::kSignIn));
    if (auto app = app_behind(next); !app.empty())
        body.raw("<p>").text(visit.say(words::kSignInFor)).raw(" <bdi><strong>").text(app).raw("</strong></bdi></p>");
    body.append(visit.complaint(complaint));
    if (!desk_.oauth.providers.empty()) {
        body.append(provider_buttons(visit, words::kSignInWith, next));
        body.raw("<p>").text(visit.say(words::kOrPassword)).raw("</p>");
    }
    body.append(visit.open_form(kSignInPath)).append(Visit::hidden("next", next));
    body.append(visit.field(words::kUserName,
                            "name=\"name\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" "
                            "dir=\"ltr\" maxlength=\"255\" required",
                            name));
    body.append(visit.field(words::kPassword,
                            "type=\"password\" name=\"password\" autocomplete=\"current-password\" maxlength=\"512\" "
                            "required"));
    body.raw("<div class=\"actions\">").append(visit.button(words::kSignIn));
    if (desk_.oauth.users.registration.mode() != users::RegistrationMode::closed)
        body.append(link(visit, kRegisterPath, words::kMakeAccount, next));
    body.raw("</div></form>");
    PageOptions options{.status = status, .here = form_address(kSignInPath, next)};
    if (desk_.oauth.factors.has_passkeys()) {
        body.append(passkey_sign_in(visit, next, std::nullopt));
        options.scripts = {"/_peyk/passkey.js"};
    }
    body.raw("<p class=\"hint\">").text(visit.say(words::kForgot)).raw("</p>");
    return visit.page(words::kSignIn, body, std::move(options));
}

Task<http::Response> SignInPages::form(Visit visit) {
    if (visit.session) co_return visit.redirect(visit.next());
    // "@ada:example.org" of this server is shown as "ada".
    std::string name = visit.query.get("name");
    co_return sign_in_page(visit, std::move(name), nullptr, 200);
}

Task<http::Response> SignInPages::posted(Visit visit) {
    std::string name = visit.form.get("name");
    if (!visit.is_ours()) co_return sign_in_page(visit, name, &words::kOldForm, 403);
    if (visit.is_hasty()) co_return sign_in_page(visit, name, &words::kHasty, 429);
    auto& users = desk_.oauth.users;
    auto user = users.password_check.named_user({{"user", name}});
    if (!user) co_return sign_in_page(visit, name, &words::kWrong, 403);
    auto account = co_await users.password_check.check(*user, visit.form.get("password"));
    if (!account) co_return sign_in_page(visit, name, &words_for(account.error(), words::kWrong), 403);
    if (!visit.cookie.empty()) desk_.oauth.browsers.close(visit.cookie);
    bool half = (*account)->second_factor;
    visit.sign_in(desk_.oauth.browsers.open(**account, half));
    auto next = visit.next();
    if (half) co_return visit.redirect(form_address("/_peyk/sign-in/second", next));
    co_return visit.redirect(next);
}

http::Response SignInPages::register_page(const Visit& visit, const Words* complaint, int status) const {
    auto next = visit.next();
    auto mode = desk_.oauth.users.registration.mode();
    Html body;
    body.element("h1", visit.say(words::kRegister));
    if (auto app = app_behind(next); !app.empty())
        body.raw("<p>").text(visit.say(words::kSignInFor)).raw(" <bdi><strong>").text(app).raw("</strong></bdi></p>");
    body.append(visit.complaint(complaint)).append(provider_buttons(visit, words::kRegisterWith, next, true));
    if (mode == users::RegistrationMode::closed) {
        if (!desk_.oauth.users.registration.possible_in_browser()) body.element("p", visit.say(words::kClosed));
        body.raw("<p>").append(link(visit, kSignInPath, words::kHaveAccount, next)).raw("</p>");
        return visit.page(words::kRegister, body, {.status = status, .here = form_address(kRegisterPath, next)});
    }
    body.append(visit.open_form(kRegisterPath)).append(Visit::hidden("next", next));
    body.append(visit.field(words::kUserName,
                            "name=\"name\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" "
                            "dir=\"ltr\" maxlength=\"200\" required",
                            visit.form.get("name")));
    body.raw("<p class=\"hint\">").text(visit.say(words::kRegisterHint)).raw("</p>");
    constexpr Literal kNew =
        "type=\"password\" name=\"password\" autocomplete=\"new-password\" maxlength=\"512\" required";
    constexpr Literal kOnce =
        "type=\"password\" name=\"repeat\" autocomplete=\"new-password\" maxlength=\"512\" required";
    body.append(visit.field(words::kPassword, kNew)).append(visit.field(words::kPasswordOnce, kOnce));
    // From the form, or from the link of an invitation.
    auto token = visit.form.get("token").empty() ? visit.query.get("token") : visit.form.get("token");
    if (mode == users::RegistrationMode::token || !token.empty())
        body.append(visit.field(words::kInvitation,
                                "name=\"token\" autocomplete=\"off\" dir=\"ltr\" maxlength=\"64\" required", token));
    body.raw("<div class=\"actions\">").append(visit.button(words::kRegisterButton));
    body.append(link(visit, kSignInPath, words::kHaveAccount, next)).raw("</div></form>");
    return visit.page(words::kRegister, body, {.status = status, .here = form_address(kRegisterPath, next)});
}

Task<http::Response> SignInPages::register_form(Visit visit) {
    if (visit.session) co_return visit.redirect(visit.next());
    co_return register_page(visit, nullptr, 200);
}

Task<http::Response> SignInPages::registered(Visit visit) {
    if (!visit.is_ours()) co_return register_page(visit, &words::kOldForm, 403);
    if (visit.is_hasty(privacy::RateClass::registration)) co_return register_page(visit, &words::kHasty, 429);
    if (visit.form.get("password").empty()) co_return register_page(visit, &words::kResetEmpty, 400);
    if (visit.form.get("password") != visit.form.get("repeat"))
        co_return register_page(visit, &words::kResetDiffer, 400);
    users::NewAccount wanted{.localpart = visit.form.get("name"), .password = visit.form.get("password")};
    auto account =
        co_await desk_.oauth.users.registration.register_in_browser(std::move(wanted), visit.form.get("token"));
    if (!account) co_return register_page(visit, &words_for_registration(account.error()), 400);
    visit.sign_in(desk_.oauth.browsers.open(**account, false));
    co_return visit.redirect(visit.next());
}

// Guesses are limited like those of passwords. Of an invitation that is not good any more: why.
Task<http::Response> SignInPages::invited(Visit visit) {
    if (visit.is_hasty()) co_return visit.message(429, words::kInvited, words::kHasty);
    std::string token(visit.request.capture("token"));
    auto seen = desk_.oauth.users.invitations.look(token);
    if (!seen) co_return visit.message(500, words::kInvited, words::kTrouble);
    switch (seen->state) {
        case users::TokenState::valid: break;
        case users::TokenState::used: co_return visit.message(410, words::kInvited, words::kInvitationUsed);
        case users::TokenState::expired: co_return visit.message(410, words::kInvited, words::kInvitationExpired);
        case users::TokenState::revoked: co_return visit.message(410, words::kInvited, words::kInvitationRevoked);
        case users::TokenState::unknown: co_return visit.message(404, words::kInvited, words::kInvitationUnknown);
    }
    co_return visit.redirect(std::string(kRegisterPath) + "?token=" + http::percent_encode(token));
}

Task<http::Response> SignInPages::sign_out(Visit visit) {
    if (!visit.is_ours()) co_return visit.message(403, words::kSignOut, words::kOldForm);
    if (!visit.cookie.empty()) desk_.oauth.browsers.close(visit.cookie);
    visit.sign_out();
    auto next = visit.form.get("next");
    if (!next.empty()) co_return visit.redirect(form_address(kSignInPath, safe_next(next)));
    co_return visit.message(200, words::kSignOut, words::kSignedOut);
}

}  // namespace peyk::pages
