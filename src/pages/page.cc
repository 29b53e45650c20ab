#include "pages/page.h"

namespace peyk::pages {
namespace {

// Nothing but our own style sheet and our own forms, and what the page asks for besides.
std::string policy_text(const Policy& policy) {
    std::string out =
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    for (const auto& target : policy.form_targets) out += " " + target;
    if (policy.scripts) out += "; script-src 'self'";
    if (policy.fetches) out += "; connect-src 'self'";
    return out;
}

void set_headers(http::Response& response, const Policy& policy, Keep keep) {
    response.headers.set("Content-Security-Policy", policy_text(policy));
    response.headers.set("Referrer-Policy", "no-referrer");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("X-Frame-Options", "DENY");
    response.headers.set("Cross-Origin-Opener-Policy", policy.keeps_opener ? "unsafe-none" : "same-origin");
    response.headers.set("Cache-Control", keep == Keep::yes ? "private, max-age=60" : "no-store");
    response.headers.set("Vary", "Accept-Language");
}

void write_head(Html& page, const Facts& facts, Language language, Words title) {
    page.raw("<!doctype html><html lang=\"").text(language_code(language)).raw("\" dir=\"").text(direction(language));
    page.raw(
        "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    page.raw("<title>").text(title.in(language)).raw(" · ").text(facts.server_name).raw("</title>");
    page.raw("<link rel=\"stylesheet\" href=\"/_peyk/page.css\">");
}

Language other_than(Language language) { return language == Language::english ? Language::persian : Language::english; }

}  // namespace

Language language_of(const http::Request& request) {
    auto wanted = request.parameter("lang");
    return choose_language(wanted ? std::optional<std::string_view>(*wanted) : std::nullopt,
                           request.headers.find("Accept-Language"));
}

http::Response page_response(int status, const Facts& facts, Language language, std::string_view path, Words title,
                             const Html& body, Keep keep) {
    Html page;
    auto say = [language](const Words& words) { return words.in(language); };
    write_head(page, facts, language, title);
    page.raw("</head><body><header><strong>");
    page.text(facts.server_name).raw("</strong><a href=\"").text(facts.home).raw("\">").text(say(words::kHome));
    page.raw("</a><a href=\"/privacy\">").text(say(words::kPrivacy)).raw("</a>");
    if (facts.authority->now()) page.raw("<a href=\"/_peyk/ca\">").text(say(words::kCa)).raw("</a>");
    auto other = other_than(language);
    if (keep == Keep::yes) {
        page.raw("<a href=\"").text(path).raw("?lang=").text(language_code(other)).raw("\" lang=\"");
        page.text(language_code(other)).raw("\">").text(say(words::kOtherLanguage)).raw("</a>");
    }
    page.raw("</header><main>").append(body).raw("</main><footer><span>peyk ").text(facts.version);
    page.raw("</span></footer></body></html>");

    auto response = http::Response::html(status, page.str());
    set_headers(response, Policy{}, keep);
    return response;
}

http::Response page_response(int status, const Facts& facts, Language language, Words title, const Html& body,
                             const Frame& frame) {
    Html page;
    write_head(page, facts, language, title);
    for (auto script : frame.scripts) page.raw("<script src=\"").raw(script).raw("\" defer></script>");
    page.raw("</head><body");
    if (frame.narrow) page.raw(" class=\"narrow\"");
    page.raw(">");
    page.raw("<header><strong>").text(facts.server_name).raw("</strong>");
    if (!frame.language_link.empty()) {
        auto code = language_code(other_than(language));
        page.raw("<a href=\"").text(frame.language_link).text(code).raw("\" lang=\"").text(code).raw("\">");
        page.text(words::kOtherLanguage.in(language)).raw("</a>");
    }
    page.raw("</header><main>").append(body).raw("</main><footer><a href=\"").text(facts.home);
    page.raw("\">").text(words::kHome.in(language));
    page.raw("</a><a href=\"/privacy\">").text(words::kPrivacy.in(language)).raw("</a></footer></body></html>");
    auto response = http::Response::html(status, page.str());
    set_headers(response, frame.policy, Keep::never);
    return response;
}

http::Response script_response(std::string_view text) {
    http::Response response;
    response.headers.set("Content-Type", "text/javascript; charset=utf-8");
    response.headers.set("Cache-Control", "public, max-age=3600");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.body = text;
    return response;
}

Html outside_link(std::string_view url, std::string_view text) {
    Html html;
    html.raw("<a rel=\"noopener noreferrer\" href=\"").text(url).raw("\">").text(text).raw("</a>");
    return html;
}

std::optional<std::string> form_field(std::string_view body, std::string_view name) {
    while (!body.empty()) {
        auto end = std::min(body.find('&'), body.size());
        auto pair = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        auto equals = pair.find('=');
        if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
        std::string value(pair.substr(equals + 1));
        std::replace(value.begin(), value.end(), '+', ' ');
        return http::percent_decode(value);
    }
    return std::nullopt;
}

}  // namespace peyk::pages
