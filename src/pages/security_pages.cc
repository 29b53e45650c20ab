#include "pages/security_pages.h"

#include "base/bytes.h"
#include "core/json.h"
#include "oauth/cose.h"
#include "pages/account_pages.h"
#include "pages/sign_in_pages.h"
#include "pages/words_account.h"

namespace peyk::pages {
namespace {

constexpr std::string_view kSecurity = "/_peyk/account/security";

// open_form() with what the script reads. Without the script it stays hidden.
Html passkey_form_start(const Visit& visit, std::string_view action, Literal kind, const json::Object& options) {
    Html html;
    html.raw("<form hidden data-passkey=\"").raw(kind).raw("\" data-options=\"").text(json::write(options));
    html.raw("\" method=\"post\" action=\"").text(action).raw("\">").append(visit.proof());
    html.raw("<p class=\"complaint\" role=\"alert\" data-complaint hidden>").text(visit.say(words::kPasskeyFailed));
    html.raw("</p>");
    return html;
}

json::Array descriptors(const std::vector<oauth::Passkey>& passkeys) {
    json::Array out;
    for (const auto& one : passkeys)
        out.emplace_back(json::Object{{"type", "public-key"}, {"id", base64_encode(one.id, Base64::url)}});
    return out;
}

std::string decoded(const Visit& visit, std::string_view name) {
    return base64_decode(visit.form.get(name), Base64::url).value_or("");
}

oauth::AssertionAnswer assertion_of(const Visit& visit) {
    return {.id = decoded(visit, "id"),
            .client_data = decoded(visit, "client_data"),
            .authenticator_data = decoded(visit, "authenticator_data"),
            .signature = decoded(visit, "signature"),
            .user_handle = decoded(visit, "user_handle")};
}

// The secret in groups of four, for people who type it.
std::string grouped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i > 0 && i % 4 == 0) out += ' ';
        out += text[i];
    }
    return out;
}

Html form_button(const Visit& visit, std::string_view action, const Words& words, Literal attributes) {
    Html html;
    html.append(visit.open_form(action)).append(password_field(visit)).append(visit.button(words, attributes));
    html.raw("</form>");
    return html;
}

}  // namespace

Html passkey_sign_in(const Visit& visit, std::string_view next, std::optional<std::uint64_t> user) {
    auto& factors = visit.desk().oauth.factors;
    json::Object options{
        {"challenge", base64_encode(factors.new_challenge(visit.holder()), Base64::url)},
        {"rpId", factors.party().id},
        {"timeout", 300'000},
        {"userVerification", user ? "preferred" : "required"},
    };
    if (user) {
        auto now = factors.of(*user);
        if (!now || now->passkeys.empty()) return {};
        options.set("allowCredentials", descriptors(now->passkeys));
    }
    Html html = passkey_form_start(visit, user ? "/_peyk/sign-in/second" : "/_peyk/sign-in/passkey", "get", options);
    html.append(Visit::hidden("next", next)).append(Visit::hidden("id")).append(Visit::hidden("client_data"));
    html.append(Visit::hidden("authenticator_data"))
        .append(Visit::hidden("signature"))
        .append(Visit::hidden("user_handle"));
    html.raw("<div class=\"actions\">").append(visit.button(words::kPasskeySignIn, "class=\"quiet\""));
    html.raw("</div></form>");
    return html;
}

void SecurityPages::add_routes(http::Router& router) {
    using http::Method;
    auto add = [&](Method method, std::string path, Task<http::Response> (SecurityPages::*page)(Visit)) {
        bind_page(router, desk_, method, std::move(path), this, page);
    };
    add(Method::get, "/_peyk/sign-in/second", &SecurityPages::second);
    add(Method::post, "/_peyk/sign-in/second", &SecurityPages::second_posted);
    add(Method::get, std::string(kSecurity), &SecurityPages::security);
    add(Method::get, std::string(kSecurity) + "/app", &SecurityPages::app_form);
    add(Method::post, std::string(kSecurity) + "/app", &SecurityPages::app_posted);
    add(Method::post, std::string(kSecurity) + "/app/remove", &SecurityPages::app_removed);
    add(Method::post, std::string(kSecurity) + "/codes", &SecurityPages::codes_renewed);
    add(Method::post, std::string(kSecurity) + "/password-apps", &SecurityPages::password_apps);
    if (!desk_.oauth.factors.has_passkeys()) return;
    add(Method::post, "/_peyk/sign-in/passkey", &SecurityPages::passkey_posted);
    add(Method::get, std::string(kSecurity) + "/passkey", &SecurityPages::passkey_form);
    add(Method::post, std::string(kSecurity) + "/passkey", &SecurityPages::passkey_added);
    add(Method::post, std::string(kSecurity) + "/passkey/remove", &SecurityPages::passkey_removed);
    http::Route script_route{.method = Method::get, .pattern = std::string(kPasskeyScript)};
    script_route.handler = [this](http::Request request) { return script(std::move(request)); };
    router.add(std::move(script_route));
}

// ---- signing in
// ------------------------------------------------------------------------------------------------------

http::Response SecurityPages::second_page(const Visit& visit, const Words* complaint, int status) const {
    auto next = visit.next();
    auto factors = desk_.oauth.factors.of(visit.half->number);
    Html body;
    body.element("h1", visit.say(words::kSecond)).append(visit.complaint(complaint));
    PageOptions options{.status = status, .here = "/_peyk/sign-in/second?next=" + http::percent_encode(next)};
    if (factors && !factors->passkeys.empty()) {
        body.append(passkey_sign_in(visit, next, visit.half->number));
        options.scripts = {"/_peyk/passkey.js"};
    }
    body.append(visit.open_form("/_peyk/sign-in/second")).append(Visit::hidden("next", next));
    body.append(visit.field(words::kSecondCode,
                            "name=\"code\" class=\"code\" autocomplete=\"one-time-code\" autocapitalize=\"characters\" "
                            "spellcheck=\"false\" dir=\"ltr\" maxlength=\"32\" required autofocus"));
    bool app = factors && factors->authenticator;
    body.raw("<p class=\"hint\">").text(visit.say(app ? words::kSecondHint : words::kSecondHintRecovery));
    body.raw("</p><div class=\"actions\">").append(visit.button(words::kSignIn)).raw("</div></form>");
    return visit.page(words::kSecond, body, std::move(options));
}

http::Response SecurityPages::sign_in_fully(Visit& visit, const users::Account& account) const {
    if (!visit.cookie.empty()) desk_.oauth.browsers.close(visit.cookie);
    visit.sign_in(desk_.oauth.browsers.open(account, false));
    return visit.redirect(visit.next());
}

Task<http::Response> SecurityPages::second(Visit visit) {
    if (visit.session) co_return visit.redirect(visit.next());
    if (!visit.half) co_return visit.redirect("/_peyk/sign-in?next=" + http::percent_encode(visit.next()));
    co_return second_page(visit, nullptr, 200);
}

Task<http::Response> SecurityPages::second_posted(Visit visit) {
    if (!visit.half) co_return visit.redirect("/_peyk/sign-in?next=" + http::percent_encode(visit.next()));
    if (!visit.is_ours()) co_return second_page(visit, &words::kOldForm, 403);
    if (visit.is_hasty()) co_return second_page(visit, &words::kHasty, 429);
    auto user = visit.half->number;
    if (visit.form.has("signature")) {
        auto used = co_await desk_.oauth.factors.use_passkey(visit.holder(), assertion_of(visit), user);
        if (!used) co_return second_page(visit, &words_for(used.error(), words::kPasskeyFailed), 403);
    } else {
        auto used = co_await desk_.oauth.factors.use_code(user, visit.form.get("code"));
        if (!used) co_return second_page(visit, &words_for(used.error(), words::kCodeWrong), 403);
    }
    auto account = desk_.oauth.users.accounts.by_number(user);
    if (!account || !*account) co_return second_page(visit, &words::kTrouble, 503);
    co_return sign_in_fully(visit, **account);
}

Task<http::Response> SecurityPages::passkey_posted(Visit visit) {
    if (!visit.is_ours()) co_return visit.message(403, words::kSignIn, words::kOldForm);
    if (visit.is_hasty()) co_return visit.message(429, words::kSignIn, words::kHasty);
    auto account = co_await desk_.oauth.factors.use_passkey(visit.holder(), assertion_of(visit), std::nullopt);
    if (!account) co_return visit.message(403, words::kSignIn, words_for(account.error(), words::kPasskeyUnknown));
    co_return sign_in_fully(visit, **account);
}

// ---- setting up
// ------------------------------------------------------------------------------------------------------

Html SecurityPages::passkey_list(const Visit& visit, const oauth::Factors& factors) const {
    Html html;
    html.raw("<div class=\"card\"><h2>").text(visit.say(words::kPasskeys)).raw("</h2><p>");
    html.text(visit.say(words::kPasskeysAbout)).raw("</p><ul class=\"list\">");
    for (const auto& one : factors.passkeys) {
        html.raw("<li><details><summary><bdi>");
        html.text(one.name.empty() ? visit.say(words::kPasskey) : std::string_view(one.name)).raw("</bdi></summary>");
        html.append(visit.open_form("/_peyk/account/security/passkey/remove")).append(Visit::hidden("key", one.key));
        html.append(password_field(visit)).append(visit.button(words::kRemove, "class=\"danger\""));
        html.raw("</form></details></li>");
    }
    html.raw("</ul><p><a class=\"button quiet\" href=\"/_peyk/account/security/passkey\">");
    html.text(visit.say(words::kPasskeyAdd)).raw("</a></p></div>");
    return html;
}

http::Response SecurityPages::security_page(const Visit& visit, const Words* complaint, const Words* done) const {
    auto now = desk_.oauth.factors.of(visit.session->number);
    auto account = desk_.oauth.users.accounts.by_number(visit.session->number);
    if (!now || !account || !*account) return visit.message(503, words::kSecurity, words::kTrouble);
    Html body;
    body.element("h1", visit.say(words::kSecurity)).append(visit.complaint(complaint)).append(done_line(visit, done));
    body.element("p", visit.say(now->any() ? words::kSecurityOn : words::kSecurityOff));
    body.raw("<div class=\"card\"><h2>").text(visit.say(words::kApp)).raw("</h2><p>").text(visit.say(words::kAppAbout));
    body.raw("</p>");
    if (now->authenticator) {
        body.raw("<details><summary>").text(visit.say(words::kAppRemove)).raw("</summary>");
        body.append(form_button(visit, "/_peyk/account/security/app/remove", words::kRemove, "class=\"danger\""));
        body.raw("</details>");
    } else {
        body.raw("<p><a class=\"button quiet\" href=\"/_peyk/account/security/app\">");
        body.text(visit.say(words::kAppAdd)).raw("</a></p>");
    }
    body.raw("</div>");
    if (desk_.oauth.factors.has_passkeys()) body.append(passkey_list(visit, *now));
    // Also when it was dismissed: by whom is not known.
    if (auto last = desk_.oauth.users.lifecycle.notice(visit.session->number); last && *last) {
        body.raw("<p class=\"hint\">").text(visit.say(words::kResetLast)).raw(" <bdi>");
        body.text(date_text((*last)->day)).raw("</bdi></p>");
    }
    if (now->any()) {
        body.raw("<div class=\"card\"><h2>").text(visit.say(words::kRecoveryCodes)).raw("</h2><p>");
        body.text(visit.say(words::kRecoveryLeft)).raw(" <strong>").text(std::to_string(now->recovery_codes));
        body.raw("</strong></p><details><summary>").text(visit.say(words::kRecoveryRenew)).raw("</summary>");
        body.append(form_button(visit, "/_peyk/account/security/codes", words::kRecoveryRenew, ""));
        body.raw("</details></div><div class=\"card\"><h2>").text(visit.say(words::kPasswordApps)).raw("</h2><p>");
        body.text(visit.say((*account)->password_apps ? words::kPasswordAppsOn : words::kPasswordAppsOff));
        body.raw("</p><details><summary>").text(visit.say(words::kPasswordAppsChange)).raw("</summary>");
        body.append(form_button(visit, "/_peyk/account/security/password-apps", words::kPasswordAppsChange, ""));
        body.raw("</details></div>");
    }
    return visit.page(words::kSecurity, body.append(back_link(visit)),
                      {.status = complaint ? 400 : 200, .here = std::string(kSecurity)});
}

Task<http::Response> SecurityPages::security(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    co_return security_page(visit, nullptr, nullptr);
}

http::Response SecurityPages::codes_page(const Visit& visit, const oauth::SecondFactors::Codes& codes) const {
    if (codes.empty()) return security_page(visit, nullptr, &words::kSaved);
    Html body;
    body.element("h1", visit.say(words::kRecoveryCodes)).append(done_line(visit, &words::kSaved));
    body.element("p", visit.say(words::kRecoveryAbout)).raw("<ul class=\"codes\">");
    for (const auto& code : codes) body.element("li", code);
    body.raw("</ul><p><a class=\"button\" href=\"/_peyk/account/security\">").text(visit.say(words::kRecoveryKept));
    return visit.page(words::kRecoveryCodes, body.raw("</a></p>"), {.here = std::string(kSecurity)});
}

http::Response SecurityPages::app_page(const Visit& visit, const Words* complaint) const {
    const auto& secret = visit.session->totp_secret;
    Html body;
    body.element("h1", visit.say(words::kAppAdd)).element("p", visit.say(words::kAppScan));
    body.append(qr_code(oauth::totp_uri(secret, desk_.facts.server_name, visit.session->user.localpart())));
    body.raw("<p class=\"hint\">").text(visit.say(words::kAppType)).raw("</p><p><code dir=\"ltr\">");
    body.text(grouped(oauth::base32(secret))).raw("</code></p>").append(visit.complaint(complaint));
    body.append(visit.open_form("/_peyk/account/security/app"));
    body.append(visit.field(words::kAppCode,
                            "name=\"code\" class=\"code\" autocomplete=\"one-time-code\" inputmode=\"numeric\" "
                            "dir=\"ltr\" maxlength=\"10\" required"));
    body.append(password_field(visit)).raw("<div class=\"actions\">").append(visit.button(words::kSave));
    body.raw("</div></form>").append(back_link(visit));
    return visit.page(words::kAppAdd, body, {.status = complaint ? 400 : 200});
}

Task<http::Response> SecurityPages::app_form(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    if (visit.session->totp_secret.empty()) {
        auto secret = desk_.oauth.factors.new_secret();
        visit.session->totp_secret = secret;
        desk_.oauth.browsers.update(visit.cookie,
                                    [&](oauth::BrowserSession& session) { session.totp_secret = secret; });
    }
    co_return app_page(visit, nullptr);
}

Task<http::Response> SecurityPages::app_posted(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    if (visit.session->totp_secret.empty()) co_return visit.redirect("/_peyk/account/security/app");
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return app_page(visit, wrong);
    auto codes = co_await desk_.oauth.factors.add_authenticator(visit.session->number, visit.session->totp_secret,
                                                                visit.form.get("code"));
    if (!codes) co_return app_page(visit, &words_for(codes.error(), words::kCodeWrong));
    desk_.oauth.browsers.restamp(visit.cookie);
    desk_.oauth.browsers.update(visit.cookie, [](oauth::BrowserSession& session) { session.totp_secret.clear(); });
    co_return codes_page(visit, *codes);
}

Task<http::Response> SecurityPages::app_removed(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return security_page(visit, wrong, nullptr);
    auto removed = co_await desk_.oauth.factors.remove_authenticator(visit.session->number);
    desk_.oauth.browsers.restamp(visit.cookie);
    co_return security_page(visit, removed ? nullptr : &words::kTrouble, removed ? &words::kSaved : nullptr);
}

http::Response SecurityPages::passkey_page(const Visit& visit, const Words* complaint) const {
    auto& factors = desk_.oauth.factors;
    auto now = factors.of(visit.session->number);
    if (!now) return visit.message(503, words::kPasskeyAdd, words::kTrouble);
    json::Array kinds;
    for (int kind : {oauth::kEs256, oauth::kEdDsa, oauth::kRs256})
        kinds.emplace_back(json::Object{{"type", "public-key"}, {"alg", kind}});
    std::string name(visit.session->user.localpart());
    json::Object options{
        {"challenge", base64_encode(factors.new_challenge(visit.holder()), Base64::url)},
        {"rp", json::Object{{"id", factors.party().id}, {"name", desk_.facts.server_name}}},
        {"user", json::Object{{"id", base64_encode(oauth::user_handle(visit.session->number), Base64::url)},
                              {"name", name},
                              {"displayName", name}}},
        {"pubKeyCredParams", std::move(kinds)},
        {"excludeCredentials", descriptors(now->passkeys)},
        {"authenticatorSelection", json::Object{{"residentKey", "preferred"}, {"userVerification", "preferred"}}},
        {"attestation", "none"},
        {"timeout", 300'000},
    };
    Html body;
    body.element("h1", visit.say(words::kPasskeyAdd)).element("p", visit.say(words::kPasskeysAbout));
    body.append(visit.complaint(complaint)).raw("<noscript><p class=\"note\">");
    body.text(visit.say(words::kPasskeyScript)).raw("</p></noscript>");
    body.append(passkey_form_start(visit, "/_peyk/account/security/passkey", "create", options));
    body.append(visit.field(words::kPasskeyName, "name=\"name\" maxlength=\"60\" dir=\"auto\" autocomplete=\"off\""));
    body.append(password_field(visit)).append(Visit::hidden("client_data")).append(Visit::hidden("attestation"));
    body.raw("<div class=\"actions\">").append(visit.button(words::kPasskeyAdd)).raw("</div></form>");
    return visit.page(words::kPasskeyAdd, body.append(back_link(visit)),
                      {.status = complaint ? 400 : 200, .scripts = {"/_peyk/passkey.js"}});
}

Task<http::Response> SecurityPages::passkey_form(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    co_return passkey_page(visit, nullptr);
}

Task<http::Response> SecurityPages::passkey_added(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return passkey_page(visit, wrong);
    oauth::RegistrationAnswer answer{decoded(visit, "client_data"), decoded(visit, "attestation")};
    auto codes = co_await desk_.oauth.factors.add_passkey(visit.session->number, visit.holder(), std::move(answer),
                                                          visit.form.get("name"));
    if (!codes) co_return passkey_page(visit, &words::kPasskeyFailed);
    desk_.oauth.browsers.restamp(visit.cookie);
    co_return codes_page(visit, *codes);
}

Task<http::Response> SecurityPages::passkey_removed(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return security_page(visit, wrong, nullptr);
    auto removed = co_await desk_.oauth.factors.remove_passkey(visit.session->number, visit.form.get("key"));
    desk_.oauth.browsers.restamp(visit.cookie);
    co_return security_page(visit, removed ? nullptr : &words::kTrouble, removed ? &words::kSaved : nullptr);
}

Task<http::Response> SecurityPages::codes_renewed(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return security_page(visit, wrong, nullptr);
    auto codes = co_await desk_.oauth.factors.renew_recovery_codes(visit.session->number);
    if (!codes) co_return security_page(visit, &words::kTrouble, nullptr);
    co_return codes_page(visit, *codes);
}

Task<http::Response> SecurityPages::password_apps(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return security_page(visit, wrong, nullptr);
    auto account = desk_.oauth.users.accounts.by_number(visit.session->number);
    bool allowed = account && *account && !(*account)->password_apps;
    auto saved = co_await desk_.oauth.factors.allow_password_apps(visit.session->number, allowed);
    co_return security_page(visit, saved ? nullptr : &words::kTrouble, saved ? &words::kSaved : nullptr);
}

}  // namespace peyk::pages
