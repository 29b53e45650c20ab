// The page behind the link of a mail that asks whether an address is one's own.

#include "pages/page.h"
#include "pages/pages.h"

namespace peyk::pages {
namespace {

constexpr std::size_t kMaxField = 64;

Html email_form(Language language, std::string_view sid, std::string_view token) {
    Html body;
    body.element("h1", words::kEmail.in(language)).element("p", words::kEmailAsk.in(language));
    body.raw("<form method=\"post\" action=\"/_peyk/email\"><input type=\"hidden\" name=\"sid\" value=\"").text(sid);
    body.raw("\"><input type=\"hidden\" name=\"token\" value=\"").text(token);
    body.raw("\"><button>").text(words::kEmailButton.in(language)).raw("</button></form>");
    return body;
}

}  // namespace

http::Response Pages::email_page(Language language, bool good, std::string_view next) const {
    Html body;
    body.element("h1", words::kEmail.in(language));
    body.element("p", (good ? words::kEmailDone : words::kEmailBad).in(language));
    if (!next.empty()) body.raw("<p dir=\"ltr\">").append(outside_link(next, next)).raw("</p>");
    return page_response(good ? 200 : 400, facts_, language, "/_peyk/email", words::kEmail, body, Keep::never);
}

// Confirms at once, or asks first where opening the link must not be enough: scanners of mail open links too.
Task<http::Response> Pages::email_opened(http::Request request) const {
    auto language = language_of(request);
    auto sid = request.parameter("sid").value_or("");
    auto token = request.parameter("token").value_or("");
    auto link = sid.size() <= kMaxField && token.size() <= kMaxField ? email_.look(sid, token) : std::nullopt;
    if (!link) co_return email_page(language, false);
    if (link->ask_first) {
        auto body = email_form(language, sid, token);
        co_return page_response(200, facts_, language, "/_peyk/email", words::kEmail, body, Keep::never);
    }
    co_return confirmed(language, sid, token, *link);
}

Task<http::Response> Pages::email_confirmed(http::Request request) const {
    auto language = language_of(request);
    auto sid = form_field(request.body, "sid").value_or("");
    auto token = form_field(request.body, "token").value_or("");
    auto link = sid.size() <= kMaxField && token.size() <= kMaxField ? email_.look(sid, token) : std::nullopt;
    if (!link) co_return email_page(language, false);
    co_return confirmed(language, sid, token, *link);
}

http::Response Pages::confirmed(Language language, const std::string& sid, const std::string& token,
                                const EmailLink& link) const {
    bool good = email_.confirm(sid, token);
    if (!good || !link.next) return email_page(language, good);
    auto response = email_page(language, true, *link.next);
    // Spec: `next_link`: the browser is sent on, unless it has posted a form. Not by those whom nobody knows: it would
    // be a link of this server to any place, which its own mail brings.
    if (!link.next_by_user || link.ask_first) return response;
    response.status = 302;
    response.headers.set("Location", *link.next);
    return response;
}

}  // namespace peyk::pages
