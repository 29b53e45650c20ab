#include "pages/link_pages.h"

#include "base/bytes.h"
#include "pages/account_pages.h"
#include "pages/provider_pages.h"
#include "pages/sign_in_pages.h"
#include "pages/words_account.h"
#include "pages/words_providers.h"

namespace peyk::pages {
namespace {

constexpr std::string_view kWelcomePath = "/_peyk/welcome";
constexpr std::string_view kLinkPath = "/_peyk/welcome/link";
constexpr std::string_view kListPath = "/_peyk/account/providers";
constexpr std::string_view kUnlinkPath = "/_peyk/account/providers/unlink";

std::string ticket_of(const Visit& visit) {
    return visit.form.has("with") ? visit.form.get("with") : visit.query.get("with");
}

std::string address(std::string_view path, const Visit& visit) {
    return std::string(path) + "?with=" + http::percent_encode(ticket_of(visit));
}

Html name_in(const oauth::ProviderOptions& provider) {
    Html html;
    html.raw(" <bdi><strong>").text(provider.name).raw("</strong></bdi>");
    return html;
}

// Whom the provider has named, so that nobody takes in or links a stranger: another site may have signed the browser in
// there.
Html person_in(const Visit& visit, const oauth::Newcomer& newcomer) {
    Html html;
    const auto& name = newcomer.display_name.empty() ? newcomer.localpart : newcomer.display_name;
    if (name.empty()) return html;
    html.raw(" ").text(visit.say(words::kWelcomeAs)).raw(" <bdi><strong>").text(name).raw("</strong></bdi>");
    if (!newcomer.display_name.empty() && !newcomer.localpart.empty())
        html.raw(" (<bdi dir=\"ltr\">").text(newcomer.localpart).raw("</bdi>)");
    return html;
}

// The host of an issuer, for links with a provider that is not in the configuration any more.
std::string host_of(const std::string& issuer) {
    auto url = http::Url::parse(issuer);
    return url ? url->host : issuer;
}

}  // namespace

void LinkPages::add_routes(http::Router& router) {
    using http::Method;
    auto add = [&](Method method, std::string_view path, Task<http::Response> (LinkPages::*page)(Visit)) {
        bind_page(router, desk_, method, std::string(path), this, page);
    };
    // Links stay an account's to take away, also when no provider is left.
    add(Method::get, kListPath, &LinkPages::list);
    add(Method::post, kUnlinkPath, &LinkPages::unlinked);
    if (desk_.oauth.providers.empty()) return;
    add(Method::get, kWelcomePath, &LinkPages::welcome);
    add(Method::post, kWelcomePath, &LinkPages::registered);
    add(Method::get, kLinkPath, &LinkPages::link);
    add(Method::post, kLinkPath, &LinkPages::linked);
}

std::optional<oauth::Newcomer> LinkPages::newcomer_of(const Visit& visit) const {
    auto found = desk_.oauth.providers.newcomers.look(ticket_of(visit));
    if (!found || !provider_of(*found) || !equal_constant_time(found->browser, visit.browser())) return std::nullopt;
    return found;
}

const oauth::ProviderOptions* LinkPages::provider_of(const oauth::Newcomer& newcomer) const {
    const auto* provider = desk_.oauth.providers.find(newcomer.provider);
    return provider ? &provider->options() : nullptr;
}

http::Response LinkPages::over(const Visit& visit) const {
    Html body;
    body.element("h1", visit.say(words::kSignIn)).raw("<p role=\"alert\">").text(visit.say(words::kProviderOver));
    body.raw("</p><div class=\"actions\"><a class=\"button\" href=\"/_peyk/sign-in\">");
    body.text(visit.say(words::kTryAgain)).raw("</a></div>");
    return visit.page(words::kSignIn, body, {.status = 400, .here = "/_peyk/sign-in"});
}

// ---- for the first time
// ----------------------------------------------------------------------------------------------

http::Response LinkPages::welcome_page(const Visit& visit, const oauth::Newcomer& newcomer, const Words* complaint,
                                       int status) const {
    const auto& provider = *provider_of(newcomer);
    Html body;
    body.element("h1", visit.say(words::kWelcome)).raw("<p>").text(visit.say(words::kWelcomeFrom));
    body.append(name_in(provider))
        .append(person_in(visit, newcomer))
        .raw(". ")
        .text(visit.say(words::kWelcomeNew))
        .raw("</p>");
    body.append(visit.complaint(complaint));
    if (provider.registration) {
        body.raw("<div class=\"card\"><h2>").text(visit.say(words::kRegister)).raw("</h2>");
        body.append(visit.open_form(kWelcomePath)).append(Visit::hidden("with", ticket_of(visit)));
        body.append(visit.field(words::kUserName,
                                "name=\"name\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" "
                                "dir=\"ltr\" maxlength=\"200\" required",
                                visit.form.has("name") ? visit.form.get("name") : newcomer.localpart));
        body.raw("<p class=\"hint\">").text(visit.say(words::kRegisterHint)).raw("</p>");
        if (!newcomer.display_name.empty()) {
            body.raw("<label class=\"choice\"><input type=\"checkbox\" name=\"shown\" value=\"yes\"><span>");
            body.text(visit.say(words::kWelcomeShow)).raw(" <bdi><strong>").text(newcomer.display_name);
            body.raw("</strong></bdi></span></label>");
        }
        body.raw("<p class=\"hint\">").text(visit.say(words::kWelcomeKept)).raw("</p><div class=\"actions\">");
        body.append(visit.button(words::kRegisterButton)).raw("</div></form></div>");
    }
    if (provider.linking) {
        body.raw("<div class=\"card\"><h2>").text(visit.say(words::kWelcomeLink)).raw("</h2><p>");
        body.text(visit.say(words::kWelcomeLinkAbout)).raw("</p><p><a class=\"button quiet\" href=\"");
        body.text(address(kLinkPath, visit)).raw("\">").text(visit.say(words::kWelcomeLinkButton));
        body.raw("</a></p></div>");
    }
    return visit.page(words::kWelcome, body, {.status = status, .here = address(kWelcomePath, visit)});
}

Task<http::Response> LinkPages::welcome(Visit visit) {
    auto newcomer = newcomer_of(visit);
    if (!newcomer) co_return over(visit);
    co_return welcome_page(visit, *newcomer, nullptr, 200);
}

Task<http::Response> LinkPages::registered(Visit visit) {
    auto newcomer = newcomer_of(visit);
    if (!newcomer) co_return over(visit);
    if (!visit.is_ours()) co_return welcome_page(visit, *newcomer, &words::kOldForm, 403);
    if (!provider_of(*newcomer)->registration) co_return welcome_page(visit, *newcomer, &words::kClosed, 403);
    if (visit.is_hasty(privacy::RateClass::registration)) co_return welcome_page(visit, *newcomer, &words::kHasty, 429);
    users::NewAccount wanted{.localpart = visit.form.get("name")};
    if (visit.form.get("shown") == "yes" && !newcomer->display_name.empty())
        wanted.displayname = newcomer->display_name;
    auto made = co_await desk_.oauth.users.registration.register_through_provider(std::move(wanted), newcomer->link);
    if (!made) {
        bool has_one = made.error().code == Errc::conflict;
        const auto& why = has_one ? words::kWelcomeHave : words_for_registration(made.error());
        co_return welcome_page(visit, *newcomer, &why, 400);
    }
    (void)desk_.oauth.providers.newcomers.take(ticket_of(visit));
    co_return sign_in_browser(visit, **made, newcomer->next);
}

http::Response LinkPages::link_page(const Visit& visit, const oauth::Newcomer& newcomer, const Words* complaint) const {
    Html body;
    body.element("h1", visit.say(words::kLinkProvider)).append(visit.complaint(complaint)).raw("<p>");
    body.text(visit.say(words::kWelcomeFrom)).append(name_in(*provider_of(newcomer)));
    body.append(person_in(visit, newcomer)).raw(".</p><p>").text(visit.say(words::kLinkProviderAbout));
    body.raw(" <bdi><strong dir=\"ltr\">")
        .text(visit.session->user.view())
        .raw("</strong></bdi></p><p class=\"note\">");
    body.text(visit.say(words::kLinkProviderRisk)).raw("</p>").append(visit.open_form(kLinkPath));
    body.append(Visit::hidden("with", ticket_of(visit))).append(password_field(visit)).raw("<div class=\"actions\">");
    body.append(visit.button(words::kWelcomeLinkButton)).raw("</div></form><div class=\"actions\">");
    body.append(visit.open_form("/_peyk/sign-out")).append(Visit::hidden("next", address(kLinkPath, visit)));
    body.append(visit.button(words::kOtherAccount, "class=\"quiet\"")).raw("</form></div>");
    return visit.page(words::kLinkProvider, body, {.status = complaint ? 400 : 200, .here = address(kLinkPath, visit)});
}

Task<http::Response> LinkPages::link(Visit visit) {
    auto newcomer = newcomer_of(visit);
    if (!newcomer || !provider_of(*newcomer)->linking) co_return over(visit);
    if (!visit.session) co_return visit.to_sign_in();
    co_return link_page(visit, *newcomer, nullptr);
}

Task<http::Response> LinkPages::linked(Visit visit) {
    auto newcomer = newcomer_of(visit);
    if (!newcomer || !provider_of(*newcomer)->linking) co_return over(visit);
    if (!visit.session)
        co_return visit.redirect("/_peyk/sign-in?next=" + http::percent_encode(address(kLinkPath, visit)));
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return link_page(visit, *newcomer, wrong);
    auto added = co_await desk_.oauth.users.provider_links.add(visit.session->number, newcomer->link);
    if (!added) {
        bool taken = added.error().m_code == "M_USER_IN_USE", full = added.error().m_code == "M_FORBIDDEN";
        const auto* why = taken ? &words::kLinkTaken : full ? &words::kLinkFull : &words::kTrouble;
        co_return link_page(visit, *newcomer, why);
    }
    (void)desk_.oauth.providers.newcomers.take(ticket_of(visit));
    if (newcomer->next != kListPath) co_return visit.redirect(newcomer->next);
    co_return list_page(visit, nullptr, &words::kLinked);
}

// ---- the links of an account
// -----------------------------------------------------------------------------------------

http::Response LinkPages::list_page(const Visit& visit, const Words* complaint, const Words* done) const {
    auto links = desk_.oauth.users.provider_links.of(visit.session->number);
    if (!links) return visit.message(503, words::kProviders, words::kTrouble);
    Html body;
    body.element("h1", visit.say(words::kProviders)).append(visit.complaint(complaint)).append(done_line(visit, done));
    body.element("p", visit.say(links->empty() ? words::kProvidersNone : words::kProvidersAbout));
    body.raw("<ul class=\"list\">");
    for (const auto& link : *links) {
        const auto* provider = desk_.oauth.providers.of_issuer(link.issuer);
        body.raw("<li><details><summary><bdi><strong>");
        body.text(provider ? provider->options().name : host_of(link.issuer)).raw("</strong></bdi>");
        if (!provider) body.raw(" <span class=\"hint\">").text(visit.say(words::kProviderGone)).raw("</span>");
        body.raw("</summary>").append(visit.open_form(kUnlinkPath));
        body.append(Visit::hidden("link", hex_encode(link.digest))).append(password_field(visit));
        body.append(visit.button(words::kUnlink, "class=\"danger\"")).raw("</form></details></li>");
    }
    body.raw("</ul>");
    auto ways = ways_of(desk_, visit.session->number);
    for (const auto& provider : desk_.oauth.providers.all()) {
        const auto& options = provider->options();
        if (!options.linking || std::ranges::find(ways.providers, &options) != ways.providers.end()) continue;
        body.raw("<p><a class=\"button quiet\" href=\"")
            .text(provider_address(options.id, "link", kListPath))
            .raw("\">");
        body.text(visit.say(words::kLinkWith)).raw(" <bdi>").text(options.name).raw("</bdi></a></p>");
    }
    return visit.page(words::kProviders, body.append(back_link(visit)),
                      {.status = complaint ? 400 : 200, .here = std::string(kListPath)});
}

Task<http::Response> LinkPages::list(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    co_return list_page(visit, nullptr, nullptr);
}

Task<http::Response> LinkPages::unlinked(Visit visit) {
    if (!visit.session) co_return visit.redirect("/_peyk/sign-in?next=" + http::percent_encode(kListPath));
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return list_page(visit, wrong, nullptr);
    auto digest = hex_decode(visit.form.get("link")).value_or("");
    auto removed = co_await desk_.oauth.users.provider_links.remove(visit.session->number, std::move(digest));
    if (!removed) {
        bool last = removed.error().code == Errc::conflict;
        co_return list_page(visit, last ? &words::kUnlinkLast : &words::kTrouble, nullptr);
    }
    // Browsers that came in that way are signed out with the others; this one comes in again.
    desk_.oauth.browsers.close_all(visit.session->number);
    auto account = desk_.oauth.users.accounts.by_number(visit.session->number);
    if (!account || !*account) co_return visit.message(503, words::kProviders, words::kTrouble);
    auto cookie = desk_.oauth.browsers.open(**account, false);
    visit.sign_in(cookie);
    visit.cookie = cookie;
    co_return list_page(visit, nullptr, &words::kUnlinked);
}

}  // namespace peyk::pages
