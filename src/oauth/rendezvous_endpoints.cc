#include "oauth/rendezvous_endpoints.h"

#include <ctime>

#include "base/bytes.h"

namespace peyk::oauth {
namespace {

using Problem = Rendezvous::Problem;

// Of JSON: every character may be escaped.
constexpr std::size_t kMaxBody = 6 * Rendezvous::kMaxData + 1024;

void never_kept(http::Response& response) {
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Pragma", "no-cache");
}

http::Response answer(int status, const json::Object& body) {
    auto response = http::Response::json(status, json::write(body));
    never_kept(response);
    return response;
}

http::Response refusal(int status, std::string_view code, std::string_view text) {
    return answer(status, {{"errcode", code}, {"error", text}});
}

http::Response refusal(Problem problem, int conflict, std::string_view conflict_code) {
    switch (problem) {
        case Problem::gone: return refusal(404, "M_NOT_FOUND", "There is no such session, or it is over");
        case Problem::changed: return refusal(conflict, conflict_code, "The other device was faster");
        case Problem::too_large:
            return refusal(413, "M_TOO_LARGE", fmt::format("At most {} bytes", Rendezvous::kMaxData));
    }
    return refusal(500, "M_UNKNOWN", "");
}

// RFC 9110 section 5.6.7.
std::string http_date(Millis since_1970) {
    std::time_t seconds = since_1970.count() / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    auto size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text, size};
}

void add_headers(http::Response& response, const Rendezvous::View& view) {
    response.headers.set("ETag", "\"" + view.tag + "\"");
    response.headers.set("Expires", http_date(view.ends));
    response.headers.set("Last-Modified", http_date(view.changed));
    never_kept(response);
}

http::Response plain(int status, std::string body, const Rendezvous::View& view) {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    response.headers.set("Content-Type", "text/plain");
    // Whoever is led here by a link finds nothing that runs.
    response.headers.set("Content-Security-Policy", "sandbox; default-src 'none'");
    add_headers(response, view);
    return response;
}

// The tag inside of its quotation marks; empty: there is none.
std::string tag_in(const http::Request& request, std::string_view header) {
    auto text = request.headers.find(header).value_or("");
    if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return {};
    return std::string(text.substr(1, text.size() - 2));
}

std::string id_of(const http::Request& request) { return std::string(request.capture("id")); }

std::optional<http::Response> check_plain(const http::Request& request) {
    auto type = request.headers.find("Content-Type");
    if (!type) return refusal(400, "M_MISSING_PARAM", "The header Content-Type is missing");
    if (type->substr(0, type->find(';')) != "text/plain")
        return refusal(400, "M_INVALID_PARAM", "The body must be text/plain");
    if (!is_utf8(request.body)) return refusal(400, "M_INVALID_PARAM", "The body must be UTF-8");
    return std::nullopt;
}

json::Object described(const Rendezvous::View& view) {
    // Both names of the end, of earlier and later drafts.
    return {{"sequence_token", view.tag}, {"expires_ts", view.ends.count()}, {"expires_in_ms", view.left.count()}};
}

// Text members of a JSON body.
std::expected<std::string, http::Response> member(const http::Request& request, std::string_view name) {
    auto body = json::parse(request.body, {.max_depth = 16});
    if (!body) return std::unexpected(refusal(400, "M_NOT_JSON", "The body must be JSON"));
    if (!body->object()) return std::unexpected(refusal(400, "M_BAD_JSON", "The body must be a JSON object"));
    const auto* value = body->get(name);
    if (!value) return std::unexpected(refusal(400, "M_MISSING_PARAM", fmt::format("'{}' is missing", name)));
    if (!value->string())
        return std::unexpected(refusal(400, "M_BAD_JSON", fmt::format("'{}' must be a string", name)));
    return *value->string();
}

constexpr std::string_view kNewerConflict = "IO_ELEMENT_MSC4388_CONCURRENT_WRITE";

}  // namespace

void RendezvousEndpoints::add_routes(http::Router& router) {
    using http::Method;
    if (!oauth_.options.enabled) return;
    auto add = [&](Method method, std::string pattern, Answer (RendezvousEndpoints::*handler)(http::Request)) {
        http::Route route{.method = method, .pattern = std::move(pattern)};
        route.handler = [this, handler](http::Request request) { return (this->*handler)(std::move(request)); };
        route.max_body = kMaxBody;
        router.add(std::move(route));
    };
    std::string old(kRendezvousPath), newer(kNewerRendezvousPath);
    add(Method::post, old, &RendezvousEndpoints::make);
    add(Method::get, old + "/{id}", &RendezvousEndpoints::look);
    add(Method::put, old + "/{id}", &RendezvousEndpoints::replace);
    add(Method::del, old + "/{id}", &RendezvousEndpoints::end);
    add(Method::get, newer, &RendezvousEndpoints::newer_about);
    add(Method::post, newer, &RendezvousEndpoints::newer_make);
    add(Method::get, newer + "/{id}", &RendezvousEndpoints::newer_look);
    add(Method::put, newer + "/{id}", &RendezvousEndpoints::newer_replace);
    add(Method::put, newer + "/{id}/{transaction}", &RendezvousEndpoints::newer_replace);
    add(Method::del, newer + "/{id}", &RendezvousEndpoints::newer_end);
}

std::optional<http::Response> RendezvousEndpoints::refuse_in_general(const http::Request& request,
                                                                     privacy::RateClass rate) const {
    // MSC4388, Unsafe content: anybody may put text here, and nobody is to read it as a page of this server.
    if (request.headers.find("Sec-Fetch-Mode").value_or("") == "navigate")
        return refusal(403, "M_FORBIDDEN", "This is no page");
    auto taken = oauth_.limiter.take(rate, privacy::rate_key(request.client));
    if (taken) return std::nullopt;
    auto response = refusal(429, "M_LIMIT_EXCEEDED", "Too many requests");
    if (taken.error().retry_after)
        response.headers.add("Retry-After", std::to_string((taken.error().retry_after->count() + 999) / 1000));
    return response;
}

// ---- MSC4108
// ---------------------------------------------------------------------------------------------------------

RendezvousEndpoints::Answer RendezvousEndpoints::make(http::Request request) {
    if (auto no = refuse_in_general(request, privacy::RateClass::login)) co_return *std::move(no);
    if (auto no = check_plain(request)) co_return *std::move(no);
    auto made = meetings_.make(std::move(request.body));
    if (!made) co_return refusal(made.error(), 412, "M_CONCURRENT_WRITE");
    auto url = oauth_.options.base_url + std::string(kRendezvousPath) + "/" + made->id;
    auto response = answer(201, {{"url", url}});
    add_headers(response, made->view);
    co_return response;
}

RendezvousEndpoints::Answer RendezvousEndpoints::look(http::Request request) {
    if (auto no = refuse_in_general(request, privacy::RateClass::none)) co_return *std::move(no);
    auto seen = meetings_.look(id_of(request));
    if (!seen) co_return refusal(seen.error(), 412, "M_CONCURRENT_WRITE");
    if (tag_in(request, "If-None-Match") == seen->tag) co_return plain(304, {}, *seen);
    auto data = seen->data;
    co_return plain(200, std::move(data), *seen);
}

RendezvousEndpoints::Answer RendezvousEndpoints::replace(http::Request request) {
    if (auto no = refuse_in_general(request, privacy::RateClass::general)) co_return *std::move(no);
    if (auto no = check_plain(request)) co_return *std::move(no);
    if (!request.headers.find("If-Match")) co_return refusal(400, "M_MISSING_PARAM", "The header If-Match is missing");
    auto seen = meetings_.replace(id_of(request), tag_in(request, "If-Match"), std::move(request.body));
    if (!seen) co_return refusal(seen.error(), 412, "M_CONCURRENT_WRITE");
    auto response = answer(202, {});
    add_headers(response, *seen);
    co_return response;
}

RendezvousEndpoints::Answer RendezvousEndpoints::end(http::Request request) {
    if (auto no = refuse_in_general(request, privacy::RateClass::general)) co_return *std::move(no);
    if (!meetings_.end(id_of(request))) co_return refusal(Problem::gone, 412, "M_CONCURRENT_WRITE");
    http::Response response;
    response.status = 204;
    never_kept(response);
    co_return response;
}

// ---- MSC4388
// ---------------------------------------------------------------------------------------------------------

RendezvousEndpoints::Answer RendezvousEndpoints::newer_about(http::Request) {
    co_return answer(200, {{"create_available", true}});
}

RendezvousEndpoints::Answer RendezvousEndpoints::newer_make(http::Request request) {
    if (auto no = refuse_in_general(request, privacy::RateClass::login)) co_return *std::move(no);
    auto data = member(request, "data");
    if (!data) co_return std::move(data).error();
    auto made = meetings_.make(*std::move(data));
    if (!made) co_return refusal(made.error(), 409, kNewerConflict);
    auto out = described(made->view);
    out.set("id", made->id);
    co_return answer(200, out);
}

RendezvousEndpoints::Answer RendezvousEndpoints::newer_look(http::Request request) {
    if (auto no = refuse_in_general(request, privacy::RateClass::none)) co_return *std::move(no);
    auto seen = meetings_.look(id_of(request));
    if (!seen) co_return refusal(seen.error(), 409, kNewerConflict);
    auto out = described(*seen);
    out.set("data", seen->data);
    co_return answer(200, out);
}

RendezvousEndpoints::Answer RendezvousEndpoints::newer_replace(http::Request request) {
    if (auto no = refuse_in_general(request, privacy::RateClass::general)) co_return *std::move(no);
    auto data = member(request, "data");
    if (!data) co_return std::move(data).error();
    auto token = member(request, "sequence_token");
    if (!token) co_return std::move(token).error();
    auto seen = meetings_.replace(id_of(request), *token, *std::move(data), request.capture("transaction"));
    if (!seen) co_return refusal(seen.error(), 409, kNewerConflict);
    co_return answer(200, {{"sequence_token", seen->tag}});
}

RendezvousEndpoints::Answer RendezvousEndpoints::newer_end(http::Request request) {
    if (auto no = refuse_in_general(request, privacy::RateClass::general)) co_return *std::move(no);
    if (!meetings_.end(id_of(request))) co_return refusal(Problem::gone, 409, kNewerConflict);
    co_return answer(200, {});
}

}  // namespace peyk::oauth
