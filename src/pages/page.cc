#include "pages/page.h"

namespace peyk::pages {
namespace {

// Nothing but our own style sheet and our own forms.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

constexpr std::string_view kStyle = R"(:root { color-scheme: light dark; --line: #8885; --accent: #0a7d68; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem; font: 1.05rem/1.65 system-ui, "Vazirmatn", "Noto Sans Arabic", sans-serif; }
header, footer { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: baseline; }
header { border-bottom: 1px solid var(--line); padding-bottom: .7rem; }
header strong { margin-inline-end: auto; font-size: 1.25rem; }
footer { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .7rem; font-size: .85rem; opacity: .75; }
a { color: var(--accent); }
h1 { font-size: 1.6rem; line-height: 1.3; }
h2 { font-size: 1.2rem; margin-top: 2rem; }
code { font-size: 1rem; background: #8882; border-radius: .3rem; padding: .15rem .4rem; overflow-wrap: anywhere; unicode-bidi: isolate; }
code.address { display: inline-block; margin: .4rem 0; padding: .5rem .8rem; font-size: 1.1rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: start; vertical-align: top; padding: .4rem .5rem; border-bottom: 1px solid var(--line); }
.note { border-inline-start: .25rem solid var(--accent); padding: .3rem .9rem; background: #8881; }
.complaint { border-inline-start: .25rem solid #c33; padding: .3rem .9rem; background: #c331; }
.qr { width: 12rem; max-width: 100%; display: block; margin: 1rem 0; }
label { display: block; margin: .8rem 0; }
input { display: block; width: 100%; max-width: 24rem; padding: .55rem; font: inherit; border: 1px solid #888; border-radius: .3rem; }
button, a.button { display: inline-block; padding: .55rem 1.2rem; font: inherit; color: #fff; background: var(--accent); border: 0; border-radius: .3rem; text-decoration: none; cursor: pointer; }
)";

}  // namespace

std::string_view style_sheet() { return kStyle; }

Language language_of(const http::Request& request) {
    auto wanted = request.parameter("lang");
    return choose_language(wanted ? std::optional<std::string_view>(*wanted) : std::nullopt,
                           request.headers.find("Accept-Language"));
}

http::Response page_response(int status, const Facts& facts, Language language, std::string_view path, Words title,
                             const Html& body, Keep keep) {
    Html page;
    auto say = [language](const Words& words) { return words.in(language); };
    page.raw("<!doctype html><html lang=\"").text(language_code(language)).raw("\" dir=\"").text(direction(language));
    page.raw(
        "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    page.raw("<title>").text(say(title)).raw(" · ").text(facts.server_name).raw("</title>");
    page.raw("<link rel=\"stylesheet\" href=\"/_peyk/page.css\"></head><body><header><strong>");
    page.text(facts.server_name).raw("</strong><a href=\"/\">").text(say(words::kHome));
    page.raw("</a><a href=\"/privacy\">").text(say(words::kPrivacy)).raw("</a>");
    if (!facts.ca_certificate.empty()) page.raw("<a href=\"/_peyk/ca\">").text(say(words::kCa)).raw("</a>");
    auto other = language == Language::english ? Language::persian : Language::english;
    if (keep == Keep::yes) {
        page.raw("<a href=\"").text(path).raw("?lang=").text(language_code(other)).raw("\" lang=\"");
        page.text(language_code(other)).raw("\">").text(say(words::kOtherLanguage)).raw("</a>");
    }
    page.raw("</header><main>").append(body).raw("</main><footer><span>peyk ").text(facts.version);
    page.raw("</span></footer></body></html>");

    auto response = http::Response::html(status, page.str());
    response.headers.set("Content-Security-Policy", std::string(kPolicy));
    response.headers.set("Referrer-Policy", "no-referrer");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("X-Frame-Options", "DENY");
    response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
    response.headers.set("Cache-Control", keep == Keep::yes ? "private, max-age=60" : "no-store");
    response.headers.set("Vary", "Accept-Language");
    return response;
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
