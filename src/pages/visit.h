#pragma once
// One request of a browser to the account pages: who it is, in which language, and whether its form is ours.

#include "http/router.h"
#include "oauth/form.h"
#include "oauth/oauth.h"
#include "pages/page.h"

namespace peyk::pages {

// What all account pages use; outlives them.
struct Desk {
    const Facts& facts;
    oauth::OAuth& oauth;
};

// How a page differs from the others.
struct PageOptions {
    int status = 200;
    std::vector<std::string> form_targets = {};  // further sources of form-action: where an answer redirects to
    std::vector<Literal> scripts = {};           // paths of scripts of this server
    bool keeps_opener = false;                   // may tell the window that opened it
    bool fetches = false;                        // its script may call this server
    std::string here = {};                       // address for the link to the other language; empty: path and query
};

// Purpose:  the parts of a request, and answers to it.  Passed by value; used by one coroutine.
class Visit {
public:
    Visit(const Desk& desk, http::Request request);

    Language language;
    http::Request request;
    oauth::Form query, form;
    // Signed in, with a second factor where there is one.
    std::optional<oauth::BrowserSession> session;
    // The password was right, and the second factor is still to come.
    std::optional<oauth::BrowserSession> half;
    std::string cookie;  // of session or half

    std::string_view say(const Words& words) const { return words.in(language); }
    std::string base() const { return desk_->oauth.options.base_url; }
    const Desk& desk() const { return *desk_; }

    // <form method="post" action="…"> with the proof that it is ours. Closed by the caller.
    Html open_form(std::string_view action) const;
    Html proof() const;  // of open_form() alone
    // What challenges of passkeys are bound to: the cookies of this browser.
    std::string holder() const { return form_cookie_ + "|" + cookie; }
    // The cookie that every browser has here, signed in or not.
    const std::string& browser() const { return form_cookie_; }
    // The user has proven at a provider, a moment ago, who they are.
    bool is_confirmed() const { return session && desk_->oauth.browsers.is_confirmed(*session); }
    // That a posted form came from a page that this browser got from us.
    bool is_ours() const;
    // Rate limit of attempts, by address.
    bool is_hasty(privacy::RateClass rate = privacy::RateClass::login) const;

    void sign_in(std::string new_cookie) { new_session_ = std::move(new_cookie); }
    void sign_out() { new_session_ = std::string(); }

    http::Response page(const Words& title, const Html& body, PageOptions options = {}) const;
    // A page that says one sentence.
    http::Response message(int status, const Words& title, const Words& text) const;
    http::Response redirect(std::string_view to) const;  // 303
    // To the sign-in page, and back here afterwards.
    http::Response to_sign_in(std::string_view page = "/_peyk/sign-in") const;
    std::string here() const;  // path and query

    // A label with an input: type, name, autocomplete.
    Html field(const Words& label, Literal attributes, std::string_view value = {}) const;
    Html button(const Words& label, Literal attributes = "") const;
    Html complaint(const Words* words) const;
    // What the signed-in person has to know until it is dismissed; empty: nothing.
    Html notice() const;
    static Html hidden(Literal name, std::string_view value = {});  // a field that people do not see
    // Where to go on: what the form or the address says, if it is a page of ours.
    std::string next() const;

private:
    void add_cookies(http::Response& response) const;
    std::string cookie_name(std::string_view name) const;

    const Desk* desk_;
    bool malformed_ = false;
    std::string form_cookie_;
    bool new_form_cookie_ = false;
    std::optional<std::string> new_session_;  // empty: end it
};

// "2026-11-28", of a day since 1970.
std::string date_text(std::uint32_t day);

// Only addresses of our own pages: nobody is sent elsewhere after a sign-in. Otherwise the account page.
std::string safe_next(std::string_view next);

// Registers `page` of `self` under a path.
template <class Pages>
void bind_page(http::Router& router, const Desk& desk, http::Method method, std::string pattern, Pages* self,
               Task<http::Response> (Pages::*page)(Visit)) {
    http::Route route{.method = method, .pattern = std::move(pattern)};
    route.handler = [self, page, &desk](http::Request request) {
        return (self->*page)(Visit(desk, std::move(request)));
    };
    route.max_body = 16 * 1024;
    router.add(std::move(route));
}

}  // namespace peyk::pages
