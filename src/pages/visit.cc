#include "pages/visit.h"

#include "base/bytes.h"
#include "oauth/endpoints.h"
#include "pages/words_account.h"

namespace peyk::pages {
namespace {

constexpr std::size_t kMaxNext = 6000;

// The value of a cookie; empty when it is not there.
std::string cookie_of(const http::Request& request, std::string_view name) {
    auto text = request.headers.find("Cookie").value_or("");
    while (!text.empty()) {
        auto end = std::min(text.find(';'), text.size());
        auto pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (pair.starts_with(' ')) pair.remove_prefix(1);
        auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name)
            return std::string(pair.substr(equals + 1, 128));
    }
    return {};
}

Language language_for(const http::Request& request, const oauth::Form& query) {
    std::string wanted = query.get("lang");
    if (wanted.empty()) wanted = cookie_of(request, "peyk_lang");
    return choose_language(wanted.empty() ? std::nullopt : std::optional<std::string_view>(wanted),
                           request.headers.find("Accept-Language"));
}

// The query without "lang".
std::string without_language(std::string_view query) {
    std::string out;
    while (!query.empty()) {
        auto end = std::min(query.find('&'), query.size());
        auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty() || pair.starts_with("lang=")) continue;
        if (!out.empty()) out += '&';
        out += pair;
    }
    return out;
}

}  // namespace

Visit::Visit(const Desk& desk, http::Request given) : request(std::move(given)), desk_(&desk) {
    auto parsed_query = oauth::Form::parse(request.query);
    auto parsed_form = oauth::Form::parse(request.body);
    malformed_ = !parsed_query || !parsed_form;
    if (parsed_query) query = *std::move(parsed_query);
    if (parsed_form) form = *std::move(parsed_form);
    language = language_for(request, query);
    cookie = cookie_of(request, cookie_name("peyk_session"));
    auto found = cookie.empty() ? std::nullopt : desk.oauth.browsers.find(cookie);
    if (!found) cookie.clear();
    if (found) (found->half ? half : session) = std::move(found);
    form_cookie_ = cookie_of(request, cookie_name("peyk_form"));
    if (form_cookie_.size() == 43) return;
    form_cookie_ = desk.oauth.users.context().random.alphanumeric(43);
    new_form_cookie_ = true;
}

// Cookies of HTTPS are bound to this very host by their name.
std::string Visit::cookie_name(std::string_view name) const {
    bool secure = desk_->oauth.options.base_url.starts_with("https://");
    return (secure ? "__Host-" : "") + std::string(name);
}

std::string Visit::here() const { return request.query.empty() ? request.path : request.path + "?" + request.query; }

Html Visit::open_form(std::string_view action) const {
    Html html;
    html.raw("<form method=\"post\" action=\"").text(action).raw("\">").append(proof());
    return html;
}

Html Visit::proof() const { return hidden("proof", desk_->oauth.browsers.form_token(holder())); }

bool Visit::is_ours() const {
    // Browsers say themselves where a request comes from, and scripts cannot change it.
    auto site = request.headers.find("Sec-Fetch-Site");
    if (site && *site != "same-origin" && *site != "none") return false;
    if (malformed_ || new_form_cookie_) return false;
    return equal_constant_time(form.get("proof"), desk_->oauth.browsers.form_token(holder()));
}

bool Visit::is_hasty(privacy::RateClass rate) const {
    return !desk_->oauth.limiter.take(rate, privacy::rate_key(request.client));
}

void Visit::add_cookies(http::Response& response) const {
    bool secure = desk_->oauth.options.base_url.starts_with("https://");
    std::string rest = std::string("; Path=/; HttpOnly; SameSite=Lax") + (secure ? "; Secure" : "");
    auto add = [&](std::string cookie_text) { response.headers.add("Set-Cookie", cookie_text + rest); };
    if (new_form_cookie_) add(cookie_name("peyk_form") + "=" + form_cookie_);
    if (new_session_) {
        std::string over = new_session_->empty() ? "; Max-Age=0" : "";
        add(cookie_name("peyk_session") + "=" + *new_session_ + over);
    }
    const auto& wanted = query.get("lang");
    if (wanted == "en" || wanted == "fa") add("peyk_lang=" + wanted + "; Max-Age=31536000");
}

http::Response Visit::page(const Words& title, const Html& body, PageOptions options) const {
    std::string link = options.here;
    if (link.empty()) {
        link = request.path;
        auto rest = without_language(request.query);
        if (!rest.empty()) link += "?" + rest;
    }
    link += link.contains('?') ? "&lang=" : "?lang=";
    Frame frame{.policy = {.form_targets = options.form_targets,
                           .scripts = !options.scripts.empty(),
                           .fetches = options.fetches,
                           .keeps_opener = options.keeps_opener},
                .scripts = options.scripts,
                .language_link = link,
                .narrow = true};
    Html whole;
    whole.append(notice()).append(body);
    auto response = page_response(options.status, desk_->facts, language, title, whole, frame);
    response.headers.set("Vary", "Accept-Language, Cookie");
    add_cookies(response);
    return response;
}

std::string date_text(std::uint32_t day) {
    std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

Html Visit::notice() const {
    Html html;
    if (!session) return html;
    auto shown = desk_->oauth.users.lifecycle.notice(session->number);
    if (!shown || !*shown || (*shown)->dismissed) return html;
    html.raw("<div class=\"complaint\" role=\"alert\"><p>").text(say(words::kResetNotice)).raw(" <bdi>");
    html.text(date_text((*shown)->day)).raw("</bdi>. ").text(say(words::kResetNoticeAsk)).raw("</p>");
    html.append(open_form("/_peyk/account/notice")).append(button(words::kDismiss, "class=\"quiet\""));
    html.raw("</form></div>");
    return html;
}

http::Response Visit::message(int status, const Words& title, const Words& text) const {
    Html body;
    body.element("h1", say(title)).raw("<p role=\"alert\">").text(say(text)).raw("</p>");
    return page(title, body, {.status = status, .here = request.path});
}

http::Response Visit::redirect(std::string_view to) const {
    http::Response response;
    response.status = 303;
    response.headers.set("Location", std::string(to));
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Referrer-Policy", "no-referrer");
    add_cookies(response);
    return response;
}

http::Response Visit::to_sign_in(std::string_view page) const {
    // What was posted is lost; back to a page that can be opened.
    bool posted = request.method == http::Method::post;
    auto next = !posted ? here() : request.path.starts_with("/_peyk/account/") ? "/_peyk/account" : request.path;
    return redirect(std::string(page) + "?next=" + http::percent_encode(next));
}

Html Visit::field(const Words& label, Literal attributes, std::string_view value) const {
    Html html;
    html.raw("<label>").text(say(label)).raw("<input ").raw(attributes);
    if (!value.empty()) html.raw(" value=\"").text(value).raw("\"");
    html.raw("></label>");
    return html;
}

Html Visit::button(const Words& label, Literal attributes) const {
    Html html;
    html.raw("<button ").raw(attributes).raw(">").text(say(label)).raw("</button>");
    return html;
}

Html Visit::complaint(const Words* words) const {
    Html html;
    if (words) html.raw("<p class=\"complaint\" role=\"alert\">").text(say(*words)).raw("</p>");
    return html;
}

Html Visit::hidden(Literal name, std::string_view value) {
    Html html;
    html.raw("<input type=\"hidden\" name=\"").raw(name).raw("\" value=\"").text(value).raw("\">");
    return html;
}

std::string Visit::next() const { return safe_next(form.has("next") ? form.get("next") : query.get("next")); }

std::string safe_next(std::string_view next) {
    constexpr std::string_view kHome = "/_peyk/account";
    constexpr std::string_view kPrefix = "/_peyk/";
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    bool good = next.starts_with(kPrefix) && next.size() <= kMaxNext;
    auto path = next.substr(0, next.find('?'));
    good = good && path.find_first_not_of(kPlain) == std::string_view::npos;
    good = good && std::ranges::all_of(next, [](char c) { return c > 0x20 && c < 0x7f && c != '\\' && c != '#'; });
    return std::string(good ? next : kHome);
}

}  // namespace peyk::pages
