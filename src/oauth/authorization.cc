#include "oauth/authorization.h"

#include "oauth/codes.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxState = 2048;
constexpr std::size_t kMaxHint = 300;

std::string answer(const AuthorizationRequest& request, std::vector<std::pair<std::string, std::string>> fields,
                   const std::string& issuer) {
    if (!request.state.empty()) fields.emplace_back("state", request.state);
    fields.emplace_back("iss", issuer);
    char mark = request.fragment ? '#' : request.redirect_uri.contains('?') ? '&' : '?';
    return request.redirect_uri + mark + encode_form(fields);
}

// "mxid:@ada:example.org" or a bare name.
std::string hint_of(const std::string& text) {
    std::string_view hint = text;
    if (hint.starts_with("mxid:")) hint.remove_prefix(5);
    return hint.size() > kMaxHint ? std::string() : std::string(hint);
}

// What may be wrong once the redirect URI is good.
Expected<void> read_rest(const Form& query, AuthorizationRequest& out) {
    const auto& mode = query.get("response_mode");
    out.fragment = mode == "fragment";
    if (query.get("state").size() > kMaxState) return refuse("invalid_request", "'state' is too long");
    out.state = query.get("state");
    if (!mode.empty() && mode != "fragment" && mode != "query")
        return refuse("invalid_request", "'response_mode' must be 'query' or 'fragment'");
    if (query.has("request") || query.has("request_uri"))
        return refuse("request_not_supported", "Request objects are not supported");
    if (query.get("response_type") != "code")
        return refuse("unsupported_response_type", "'response_type' must be 'code'");
    if (!out.client->metadata.may(kGrantCode))
        return refuse("unauthorized_client", "This client has not registered for authorisation codes");
    if (query.get("code_challenge_method") != "S256" || !is_challenge(query.get("code_challenge")))
        return refuse("invalid_request", "A 'code_challenge' of the method S256 is needed");
    out.challenge = query.get("code_challenge");
    if (query.get("prompt") == "none") return refuse("interaction_required", "This server always asks the user");
    auto scope = parse_scope(query.get("scope"));
    if (!scope) return refuse("invalid_scope", scope.error().detail);
    out.scope = *std::move(scope);
    out.create = query.get("prompt") == "create";
    out.login_hint = hint_of(query.get("login_hint"));
    return {};
}

}  // namespace

Result<std::variant<AuthorizationRequest, BadRequest>> read_request(const Clients& clients, const Form& query,
                                                                    const std::string& issuer) {
    PEYK_TRY(auto client, clients.find(query.get("client_id")));
    if (!client) return BadRequest{{"invalid_client", "unknown client_id"}, {}};
    if (!client->metadata.allows(query.get("redirect_uri")))
        return BadRequest{{"invalid_request", "redirect_uri is not registered"}, {}};
    AuthorizationRequest out{
        .client = std::move(client), .scope = {{}, DeviceId::trusted("-")}, .redirect_uri = query.get("redirect_uri")};
    if (auto good = read_rest(query, out); !good)
        return BadRequest{good.error(), answer_error(out, good.error(), issuer)};
    return out;
}

std::string answer_code(const AuthorizationRequest& request, const std::string& code, const std::string& issuer) {
    return answer(request, {{"code", code}}, issuer);
}

std::string answer_error(const AuthorizationRequest& request, const OauthError& error, const std::string& issuer) {
    return answer(request, {{"error", std::string(error.code)}, {"error_description", error.about}}, issuer);
}

}  // namespace peyk::oauth
