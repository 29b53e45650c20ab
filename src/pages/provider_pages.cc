#include "pages/provider_pages.h"

#include "base/bytes.h"
#include "pages/words_account.h"
#include "pages/words_providers.h"

namespace peyk::pages {
namespace {

using oauth::Fault;

constexpr std::string_view kProvidersPage = "/_peyk/account/providers";

struct Told {
    int status;
    const Words* words;
};

Told told_of(Fault fault) {
    switch (fault) {
        case Fault::unreachable: return {503, &words::kProviderUnreachable};
        case Fault::mismatch: return {502, &words::kProviderMismatch};
        case Fault::untrusted: return {403, &words::kProviderUntrusted};
        case Fault::over: return {400, &words::kProviderOver};
        case Fault::not_allowed: return {403, &words::kProviderNotAllowed};
    }
    return {503, &words::kTrouble};
}

// RFC 6749 section 4.1.2.1, Core 3.1.2.6.
Fault fault_of(std::string_view error, bool& by_the_person) {
    by_the_person = error == "access_denied" || error == "login_required" || error == "interaction_required" ||
                    error == "consent_required" || error == "account_selection_required";
    return error == "server_error" || error == "temporarily_unavailable" ? Fault::unreachable : Fault::mismatch;
}

// Where somebody begins again whose attempt did not work.
std::string again(const oauth::Attempt& attempt) {
    if (attempt.purpose != oauth::Purpose::sign_in) return attempt.next;
    return provider_address(attempt.provider, "", attempt.next);
}

http::Response told_page(const Visit& visit, const oauth::Provider& provider, Told told, const std::string& again_at) {
    Html body;
    body.raw("<h1>").text(visit.say(words::kSignInWith)).raw(" <bdi>").text(provider.options().name);
    body.raw("</bdi></h1><p class=\"complaint\" role=\"alert\">").text(visit.say(*told.words));
    body.raw("</p><div class=\"actions\"><a class=\"button\" href=\"").text(again_at).raw("\">");
    body.text(visit.say(words::kTryAgain)).raw("</a> <a href=\"/_peyk/sign-in\">");
    body.text(visit.say(words::kSignInHere)).raw("</a></div>");
    // The address of this page holds what is used up: the other language begins elsewhere.
    return visit.page(words::kSignIn, body, {.status = told.status, .here = "/_peyk/sign-in"});
}

std::string shown(const Visit& visit) { return std::string(language_code(visit.language)); }

}  // namespace

http::Response trouble_page(const Visit& visit, const oauth::Provider& provider, const oauth::Trouble& trouble,
                            const std::string& again_at) {
    oauth::note(provider, trouble);
    return told_page(visit, provider, told_of(trouble.fault), again_at);
}

std::string stage_proof(const Visit& visit, std::string_view session) {
    return visit.desk().oauth.browsers.form_token("stage " + std::string(session) + " of " + visit.browser());
}

std::string provider_address(std::string_view id, std::string_view what, std::string_view next) {
    auto out = std::string(oauth::kProviderPath) + std::string(id);
    if (!what.empty()) out += "/" + std::string(what);
    return out + "?next=" + http::percent_encode(next);
}

Html provider_buttons(const Visit& visit, const Words& label, std::string_view next, bool registering) {
    Html html;
    bool any = false;
    for (const auto& provider : visit.desk().oauth.providers.all()) {
        const auto& options = provider->options();
        if (registering && !options.registration) continue;
        if (!any) html.raw("<p>").text(visit.say(label)).raw("</p><div class=\"actions\">");
        any = true;
        html.raw("<a class=\"button quiet\" href=\"").text(provider_address(options.id, "", next)).raw("\"><bdi>");
        html.text(options.name).raw("</bdi></a> ");
    }
    if (any) html.raw("</div>");
    return html;
}

Ways ways_of(const Desk& desk, std::uint64_t user) {
    Ways ways;
    auto account = desk.oauth.users.accounts.by_number(user);
    ways.password = !account || !*account || !(*account)->password_hash.empty();
    auto links = desk.oauth.users.provider_links.of(user);
    if (!links) return ways;
    for (const auto& provider : desk.oauth.providers.all()) {
        bool linked = std::ranges::any_of(
            *links, [&](const users::ProviderLink& link) { return link.issuer == provider->options().issuer; });
        if (linked) ways.providers.push_back(&provider->options());
    }
    return ways;
}

http::Response sign_in_browser(Visit& visit, const users::Account& account, const std::string& next) {
    auto& browsers = visit.desk().oauth.browsers;
    if (account.locked) return visit.message(403, words::kSignIn, words::kLocked);
    if (!visit.cookie.empty()) browsers.close(visit.cookie);
    visit.sign_in(browsers.open(account, account.second_factor));
    if (!account.second_factor) return visit.redirect(next);
    return visit.redirect("/_peyk/sign-in/second?next=" + http::percent_encode(next));
}

void ProviderPages::add_routes(http::Router& router) {
    if (desk_.oauth.providers.empty()) return;
    auto add = [&](std::string_view path, Task<http::Response> (ProviderPages::*page)(Visit)) {
        auto pattern = std::string(oauth::kProviderPath) + "{provider}" + std::string(path);
        bind_page(router, desk_, http::Method::get, std::move(pattern), this, page);
    };
    add("", &ProviderPages::begin);
    add("/confirm", &ProviderPages::confirm);
    add("/link", &ProviderPages::link);
    add("/stage", &ProviderPages::stage);
    add("/callback", &ProviderPages::callback);
}

oauth::Provider* ProviderPages::provider_of(const Visit& visit) const {
    return desk_.oauth.providers.find(visit.request.capture("provider"));
}

http::Response ProviderPages::unknown(const Visit& visit) const {
    return visit.message(404, words::kSignIn, words::kProviderUnknown);
}

// ---- who it is
// -------------------------------------------------------------------------------------------------------

// Whom the provider calls "ada" is @ada of this server, where the operator says so: letter for letter, and only an
// account of a person.
Result<users::AccountPtr> ProviderPages::account_of(const oauth::Provider& provider, const std::string& subject) const {
    auto& users = desk_.oauth.users;
    const auto& options = provider.options();
    auto linked = users.provider_links.account_of(users.provider_links.link(options.issuer, subject));
    if (!linked || *linked || !options.accounts_by_name || !is_new_localpart(subject)) return linked;
    PEYK_TRY(auto user, users.accounts.complete(subject));
    PEYK_TRY(auto account, users.accounts.find(user));
    bool person = account && !account->deactivated && !account->guest && !account->of_server;
    if (!person || (users.service_names() && users.service_names()->is_taken(user, {}))) return users::AccountPtr();
    return account;
}

oauth::Provider::IsKnown ProviderPages::is_known(const oauth::Provider& provider) const {
    return [this, &provider](const std::string& subject) {
        auto account = account_of(provider, subject);
        return account && *account;
    };
}

// A person who was found by name is linked from now on: by that the account knows how its owner can confirm.
Task<bool> ProviderPages::keep_link(std::uint64_t user, users::ProviderLink link) {
    auto& links = desk_.oauth.users.provider_links;
    auto linked = links.account_of(link);
    if (linked && *linked) co_return true;
    co_return (co_await links.add(user, std::move(link))).has_value();
}

// ---- the way there
// ---------------------------------------------------------------------------------------------------

Task<http::Response> ProviderPages::go(Visit visit, oauth::Provider* provider, oauth::Attempt attempt) {
    attempt.provider = provider->options().id;
    attempt.browser = visit.browser();
    auto back = again(attempt);
    if (visit.is_hasty()) co_return told_page(visit, *provider, Told{429, &words::kHasty}, back);
    auto address = co_await desk_.oauth.providers.begin(std::move(attempt), shown(visit));
    if (!address) co_return trouble_page(visit, *provider, address.error(), back);
    co_return visit.redirect(*address);
}

Task<http::Response> ProviderPages::begin(Visit visit) {
    auto* provider = provider_of(visit);
    if (!provider) co_return unknown(visit);
    oauth::Attempt attempt{.next = visit.next()};
    co_return co_await go(std::move(visit), provider, std::move(attempt));
}

Task<http::Response> ProviderPages::confirm(Visit visit) {
    auto* provider = provider_of(visit);
    if (!provider) co_return unknown(visit);
    if (!visit.session) co_return visit.to_sign_in();
    oauth::Attempt attempt{.purpose = oauth::Purpose::confirm,
                           .session = visit.cookie,
                           .user = visit.session->number,
                           .next = visit.next()};
    co_return co_await go(std::move(visit), provider, std::move(attempt));
}

Task<http::Response> ProviderPages::link(Visit visit) {
    auto* provider = provider_of(visit);
    if (!provider || !provider->options().linking) co_return unknown(visit);
    if (!visit.session) co_return visit.to_sign_in();
    oauth::Attempt attempt{.purpose = oauth::Purpose::link,
                           .session = visit.cookie,
                           .user = visit.session->number,
                           .next = std::string(kProvidersPage)};
    co_return co_await go(std::move(visit), provider, std::move(attempt));
}

// From the fallback page of the stage only: people are to read what they are asked for.
Task<http::Response> ProviderPages::stage(Visit visit) {
    auto* provider = provider_of(visit);
    if (!provider) co_return unknown(visit);
    auto session = visit.query.get("session");
    if (!equal_constant_time(visit.query.get("proof"), stage_proof(visit, session)))
        co_return visit.message(403, words::kStage, words::kOldForm);
    auto open = desk_.oauth.users.uia.open_stage(session, users::kStageSso);
    if (!open || !open->user) co_return visit.message(404, words::kStage, words::kStageOver);
    oauth::Attempt attempt{
        .purpose = oauth::Purpose::stage,
        .user = desk_.oauth.users.accounts.number(*open->user),
        .uia = session,
        .next = "/_matrix/client/v3/auth/m.login.sso/fallback/web?session=" + http::percent_encode(session)};
    co_return co_await go(std::move(visit), provider, std::move(attempt));
}

// ---- the way back
// ----------------------------------------------------------------------------------------------------

Task<http::Response> ProviderPages::callback(Visit visit) {
    auto* provider = provider_of(visit);
    if (!provider) co_return unknown(visit);
    co_return co_await came_back(std::move(visit), provider);
}

Task<http::Response> ProviderPages::came_back(Visit visit, oauth::Provider* provider) {
    const auto& options = provider->options();
    bool openid = options.kind == oauth::ProviderKind::openid;
    const auto& state = visit.query.get("state");
    auto attempt = desk_.oauth.providers.take(state, options.id, visit.browser());
    if (!attempt) co_return told_page(visit, *provider, told_of(Fault::over), provider_address(options.id, "", ""));
    if (openid && visit.query.has("error")) {
        bool by_the_person = false;
        auto fault = fault_of(visit.query.get("error"), by_the_person);
        auto told = by_the_person ? Told{403, &words::kProviderCancelled} : told_of(fault);
        if (!by_the_person) oauth::note(*provider, {fault, "it sent the browser back with an error"});
        co_return told_page(visit, *provider, told, again(*attempt));
    }
    std::optional<std::string> issuer;
    if (visit.query.has("iss")) issuer = visit.query.get("iss");
    auto proof = visit.query.get(openid ? "code" : "ticket");
    auto answer = desk_.oauth.providers.answer_of(*attempt, state, std::move(proof), std::move(issuer));
    auto person = co_await provider->identify(std::move(answer), is_known(*provider));
    if (!person) co_return trouble_page(visit, *provider, person.error(), again(*attempt));
    co_return co_await arrived(std::move(visit), provider, *std::move(attempt), *std::move(person));
}

Task<http::Response> ProviderPages::arrived(Visit visit, oauth::Provider* provider, oauth::Attempt attempt,
                                            oauth::Person person) {
    using oauth::Purpose;
    auto& links = desk_.oauth.users.provider_links;
    auto link = links.link(provider->options().issuer, person.subject);
    auto account = account_of(*provider, person.subject);
    if (!account) co_return told_page(visit, *provider, Told{503, &words::kTrouble}, again(attempt));
    if (attempt.purpose == Purpose::sign_in) {
        if (*account && co_await keep_link((*account)->number, link))
            co_return sign_in_browser(visit, **account, attempt.next);
        if (*account) co_return told_page(visit, *provider, Told{503, &words::kTrouble}, again(attempt));
        co_return co_await newcomer(std::move(visit), provider, std::move(attempt), std::move(person), std::move(link));
    }
    bool same_session = visit.session && visit.cookie == attempt.session && visit.session->number == attempt.user;
    if (attempt.purpose != Purpose::stage && !same_session)
        co_return told_page(visit, *provider, told_of(Fault::over), again(attempt));
    bool own = *account && (*account)->number == attempt.user;
    if (attempt.purpose == Purpose::link) {
        if (own) co_return visit.redirect(attempt.next);
        if (*account) co_return told_page(visit, *provider, Told{403, &words::kLinkTaken}, again(attempt));
        co_return keep_newcomer(visit, *provider, attempt, std::move(person), std::move(link), "/_peyk/welcome/link");
    }
    if (!own) co_return told_page(visit, *provider, Told{403, &words::kProviderOther}, again(attempt));
    if ((*account)->locked) co_return visit.message(403, words::kSignIn, words::kLocked);
    co_return co_await proven(std::move(visit), std::move(attempt));
}

// Somebody has proven anew who they are.
Task<http::Response> ProviderPages::proven(Visit visit, oauth::Attempt attempt) {
    if (attempt.purpose == oauth::Purpose::confirm) {
        desk_.oauth.browsers.confirm(visit.cookie);
        co_return visit.redirect(attempt.next);
    }
    auto passed = co_await desk_.oauth.users.uia.pass_at_provider(attempt.uia, attempt.user);
    if (!passed) co_return visit.message(404, words::kStage, words::kStageOver);
    co_return visit.redirect(attempt.next);
}

http::Response ProviderPages::keep_newcomer(const Visit& visit, const oauth::Provider& provider,
                                            const oauth::Attempt& attempt, oauth::Person person,
                                            users::ProviderLink link, std::string_view page) const {
    auto ticket = desk_.oauth.providers.newcomers.put({.provider = provider.options().id,
                                                       .browser = visit.browser(),
                                                       .link = std::move(link),
                                                       .localpart = std::move(person.localpart),
                                                       .display_name = std::move(person.display_name),
                                                       .next = attempt.next});
    return visit.redirect(std::string(page) + "?with=" + ticket);
}

Task<http::Response> ProviderPages::newcomer(Visit visit, oauth::Provider* provider, oauth::Attempt attempt,
                                             oauth::Person person, users::ProviderLink link) {
    const auto& options = provider->options();
    if (!options.registration && !options.linking)
        co_return told_page(visit, *provider, Told{403, &words::kProviderNobody}, again(attempt));
    if (options.registration && !options.ask_name && !person.localpart.empty()) {
        if (visit.is_hasty(privacy::RateClass::registration))
            co_return told_page(visit, *provider, Told{429, &words::kHasty}, again(attempt));
        users::NewAccount wanted{.localpart = person.localpart};
        auto made = co_await desk_.oauth.users.registration.register_through_provider(std::move(wanted), link);
        if (made) co_return sign_in_browser(visit, **made, attempt.next);
        // The name is taken, or a service's: the person chooses another one.
    }
    co_return keep_newcomer(visit, *provider, attempt, std::move(person), std::move(link), "/_peyk/welcome");
}

}  // namespace peyk::pages
