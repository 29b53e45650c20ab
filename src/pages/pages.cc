#include "pages/pages.h"

#include "pages/page.h"

namespace peyk::pages {
namespace {

constexpr std::size_t kMaxToken = 256;
constexpr std::size_t kMaxForm = 8 * 1024;

// The address under which the browser reached this page; empty when its Host header is not one.
std::string address_of(const http::Request& request) {
    auto host = request.headers.find("Host").value_or("");
    bool plain = !host.empty() && host.size() <= 255 &&
                 host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") ==
                     std::string_view::npos;
    if (!plain) return {};
    return fmt::format("{}://{}{}", request.tls ? "https" : "http", host, request.path);
}

Words complaint_about(const Error& error) {
    switch (error.code) {
        case Errc::bad_request: return words::kResetWeak;
        case Errc::unauthenticated:
        case Errc::forbidden:
        case Errc::not_found:
        case Errc::gone: return words::kResetBad;
        default: return words::kResetTrouble;
    }
}

}  // namespace

void Pages::add_routes(http::Router& router) {
    using http::Method;
    using Page = Task<http::Response> (Pages::*)(http::Request) const;
    auto add = [&](Method method, std::string pattern, Page page) {
        http::Route route{.method = method, .pattern = std::move(pattern)};
        route.handler = [this, page](http::Request request) { return (this->*page)(std::move(request)); };
        route.max_body = kMaxForm;
        router.add(std::move(route));
    };
    add(Method::get, std::string(kHomePath), &Pages::home);
    if (facts_.home != kHomePath) add(Method::get, facts_.home, &Pages::home);
    add(Method::get, "/privacy", &Pages::privacy);
    add(Method::get, "/_peyk/page.css", &Pages::style);
    if (facts_.authority->now()) {
        add(Method::get, "/_peyk/ca", &Pages::certificate_page);
        add(Method::get, "/_peyk/ca.crt", &Pages::certificate);
    }
    add(Method::get, "/_peyk/reset", &Pages::reset_form);
    add(Method::post, "/_peyk/reset", &Pages::reset_done);
    if (email_.look) {
        add(Method::get, "/_peyk/email", &Pages::email_opened);
        add(Method::post, "/_peyk/email", &Pages::email_confirmed);
    }
}

Task<http::Response> Pages::home(http::Request request) const {
    auto language = language_of(request);
    co_return page_response(200, facts_, language, facts_.home, words::kHome, home_body(facts_, language));
}

Task<http::Response> Pages::privacy(http::Request request) const {
    auto language = language_of(request);
    co_return page_response(200, facts_, language, "/privacy", words::kPrivacy, privacy_body(facts_, language));
}

Task<http::Response> Pages::certificate_page(http::Request request) const {
    auto language = language_of(request);
    auto body = certificate_body(facts_, language, address_of(request));
    co_return page_response(200, facts_, language, "/_peyk/ca", words::kCa, body);
}

Task<http::Response> Pages::certificate(http::Request) const {
    http::Response response;
    response.headers.set("Content-Type", "application/x-x509-ca-cert");
    response.headers.set("Content-Disposition", "attachment; filename=\"peyk-ca.crt\"");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.body = facts_.authority->now()->certificate;
    co_return response;
}

Task<http::Response> Pages::style(http::Request) const {
    http::Response response;
    response.headers.set("Content-Type", "text/css; charset=utf-8");
    response.headers.set("Cache-Control", "public, max-age=86400");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.body = style_sheet();
    co_return response;
}

Task<http::Response> Pages::reset_form(http::Request request) const {
    auto language = language_of(request);
    auto token = request.parameter("token").value_or("");
    Html body;
    if (token.empty() || token.size() > kMaxToken) {
        body.element("h1", words::kReset.in(language)).element("p", words::kResetBad.in(language));
        co_return page_response(400, facts_, language, "/_peyk/reset", words::kReset, body, Keep::never);
    }
    body = reset_body(language, token, nullptr);
    co_return page_response(200, facts_, language, "/_peyk/reset", words::kReset, body, Keep::never);
}

Task<http::Response> Pages::reset_done(http::Request request) const {
    auto language = language_of(request);
    auto token = form_field(request.body, "token").value_or("");
    auto password = form_field(request.body, "password").value_or("");
    auto repeat = form_field(request.body, "repeat").value_or("");
    std::optional<Words> complaint;
    if (token.empty() || token.size() > kMaxToken) {
        complaint = words::kResetBad;
    } else if (password.empty()) {
        complaint = words::kResetEmpty;
    } else if (password != repeat) {
        complaint = words::kResetDiffer;
    } else {
        auto done = co_await reset_(token, std::move(password));
        if (!done) complaint = complaint_about(done.error());
    }
    Html body;
    if (complaint) {
        body = reset_body(language, token, &*complaint);
    } else {
        body.element("h1", words::kReset.in(language)).element("p", words::kResetDone.in(language));
    }
    co_return page_response(complaint ? 400 : 200, facts_, language, "/_peyk/reset", words::kReset, body, Keep::never);
}

}  // namespace peyk::pages
