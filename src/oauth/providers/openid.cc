#include "oauth/providers/openid.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "core/hashing.h"
#include "core/json_text.h"
#include "oauth/form.h"

namespace peyk::oauth {
namespace {

constexpr Millis kLife{60 * 60 * 1000};  // of metadata and keys
constexpr Millis kKeysLife{30'000};      // before which unknown keys are not looked for again
constexpr Millis kFailureLife{5'000};
constexpr std::size_t kMaxCode = 4096, kMaxAccessToken = 16 * 1024;
constexpr std::string_view kJson = "application/json";
constexpr std::uint64_t kMetadataLane = 1, kKeysLane = 2;

// The error code of RFC 6749, if it is one; what else the provider writes is not for a log.
std::string error_code(std::string_view body) {
    auto answer = json::parse_object(body, {.max_depth = 16});
    auto code = answer ? text_in(*answer, "error") : std::string();
    bool plain = !code.empty() && code.size() <= 40 &&
                 std::ranges::all_of(code, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    return plain ? code : std::string("no error code");
}

Trouble trouble_of_answer(const http::ClientResponse& answer) {
    if (auto plain = trouble_of_status(answer.status)) return *std::move(plain);
    auto code = error_code(answer.body);
    if (code == "invalid_grant") return {Fault::over, "it does not know the code"};
    return {Fault::mismatch, fmt::format("it answers {} ({})", answer.status, code)};
}

std::string padded_base64(std::string_view text) {
    auto out = base64_encode(text);
    while (out.size() % 4 != 0) out += '=';
    return out;
}

}  // namespace

OpenIdProvider::OpenIdProvider(ProviderOptions options, http::Outbound& outbound, const Clock& clock)
    : Provider(std::move(options), outbound), clock_(clock) {}

Task<Outcome<std::string>> OpenIdProvider::get(std::string address, std::string bearer) {
    http::ClientRequest request;
    auto url = http::Url::parse(address);
    if (!url) co_return stopped(Fault::mismatch, "one of its addresses cannot be used");
    request.url = *std::move(url);
    if (!bearer.empty()) request.headers.add("Authorization", "Bearer " + bearer);
    PEYK_CO_TRY(auto answer, co_await send(std::move(request), kJson));
    if (answer.status != 200) co_return std::unexpected(trouble_of_answer(answer));
    co_return std::move(answer.body);
}

Task<Outcome<OpenIdProvider::MetadataPtr>> OpenIdProvider::metadata() {
    auto lane = co_await lanes_.enter(kMetadataLane);
    if (metadata_.value && metadata_.good_until > clock_.monotonic()) co_return metadata_.value;
    if (metadata_.failed_until > clock_.monotonic()) co_return std::unexpected(metadata_.failure);
    auto text = co_await get(discovery_address(options().issuer), {});
    auto read = text ? read_metadata(*text, options().issuer, !options().client_secret.empty())
                     : Outcome<ProviderMetadata>(std::unexpected(std::move(text).error()));
    auto now = clock_.monotonic();
    if (!read) {
        metadata_.value = nullptr;
        metadata_.failure = read.error();
        metadata_.failed_until = now + kFailureLife;
        co_return std::unexpected(std::move(read).error());
    }
    metadata_.value = std::make_shared<const ProviderMetadata>(*std::move(read));
    metadata_.good_until = now + kLife;
    co_return metadata_.value;
}

Task<Outcome<OpenIdProvider::KeysPtr>> OpenIdProvider::keys(std::string address, KeysPtr newer) {
    auto lane = co_await lanes_.enter(kKeysLane);
    auto now = clock_.monotonic();
    bool good = keys_.value && keys_.good_until > now;
    // Whoever sends tokens with names of keys that do not exist makes no more calls than this.
    bool may_ask = newer == nullptr || (keys_.value == newer && keys_.fetched + kKeysLife <= now);
    if (good && (newer == nullptr || keys_.value != newer || !may_ask)) co_return keys_.value;
    if (keys_.failed_until > now) co_return std::unexpected(keys_.failure);
    auto text = co_await get(std::move(address), {});
    now = clock_.monotonic();
    auto read = text ? KeySet::parse(*text) : std::nullopt;
    if (!read) {
        keys_.failure = text ? Trouble{Fault::untrusted, "its keys are no set of keys"} : std::move(text).error();
        keys_.failed_until = now + kFailureLife;
        co_return std::unexpected(keys_.failure);
    }
    keys_.value = std::make_shared<const KeySet>(*std::move(read));
    keys_.fetched = now;
    keys_.good_until = now + kLife;
    co_return keys_.value;
}

Task<Outcome<std::string>> OpenIdProvider::address_for(Question question) {
    PEYK_CO_TRY(auto known, co_await metadata());
    std::string scopes;
    for (const auto& scope : options().scopes) scopes += (scopes.empty() ? "" : " ") + scope;
    auto challenge = base64_encode(sha256(question.verifier).view(), Base64::url);
    std::vector<std::pair<std::string, std::string>> fields{{"response_type", "code"},
                                                            {"client_id", options().client_id},
                                                            {"redirect_uri", question.redirect_uri},
                                                            {"scope", scopes},
                                                            {"state", question.state},
                                                            {"nonce", question.nonce},
                                                            {"code_challenge", challenge},
                                                            {"code_challenge_method", "S256"}};
    if (question.anew) {
        fields.emplace_back("prompt", "login");
        fields.emplace_back("max_age", "0");
    }
    if (!question.language.empty()) fields.emplace_back("ui_locales", question.language);
    const auto& address = known->authorization_endpoint;
    co_return address + (address.contains('?') ? "&" : "?") + encode_form(fields);
}

// RFC 6749 section 4.1.3; 2.3.1 for the client's own proof.
Task<Outcome<OpenIdProvider::Tokens>> OpenIdProvider::exchange(const ProviderMetadata& metadata, const Answer& answer) {
    if (answer.code.empty() || answer.code.size() > kMaxCode) co_return stopped(Fault::untrusted, "it sent no code");
    std::vector<std::pair<std::string, std::string>> fields{{"grant_type", "authorization_code"},
                                                            {"code", answer.code},
                                                            {"redirect_uri", answer.redirect_uri},
                                                            {"code_verifier", answer.verifier}};
    http::ClientRequest request;
    request.method = http::Method::post;
    auto url = http::Url::parse(metadata.token_endpoint);
    if (!url) co_return stopped(Fault::mismatch, "its token endpoint cannot be used");
    request.url = *std::move(url);
    bool secret = !options().client_secret.empty();
    if (secret && metadata.proof == ClientProof::basic) {
        auto pair =
            http::percent_encode(options().client_id) + ":" + http::percent_encode(options().client_secret.reveal());
        request.headers.add("Authorization", "Basic " + padded_base64(pair));
    } else {
        fields.emplace_back("client_id", options().client_id);
        if (secret) fields.emplace_back("client_secret", options().client_secret.reveal());
    }
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = encode_form(fields);
    PEYK_CO_TRY(auto got, co_await send(std::move(request), kJson));
    if (got.status != 200) co_return std::unexpected(trouble_of_answer(got));
    auto body = json::parse_object(got.body, {.max_depth = 16});
    if (!body) co_return stopped(Fault::untrusted, "its token endpoint answers no JSON object");
    Tokens tokens{text_in(*body, "id_token"), text_in(*body, "access_token")};
    if (tokens.id_token.empty()) co_return stopped(Fault::untrusted, "it sent no ID token");
    if (tokens.access_token.size() > kMaxAccessToken) tokens.access_token.clear();
    co_return tokens;
}

Task<Outcome<json::Object>> OpenIdProvider::verified(const ProviderMetadata& metadata, const Answer& answer,
                                                     const Tokens& tokens) {
    KeysPtr newer;
    for (int round = 0; round < 2; ++round) {
        PEYK_CO_TRY(auto now, co_await keys(metadata.jwks_uri, newer));
        IdTokenRules rules{.issuer = options().issuer,
                           .client_id = options().client_id,
                           .nonce = answer.nonce,
                           .access_token = tokens.access_token,
                           .now = clock_.now(),
                           .authenticated_since = answer.asked_anew};
        auto claims = read_id_token(tokens.id_token, *now, rules);
        if (claims) co_return *std::move(claims);
        if (round == 1 || !claims.error().key_unknown)
            co_return stopped(Fault::untrusted, fmt::format("its ID token is refused: {}", claims.error().why));
        newer = std::move(now);
    }
    co_return stopped(Fault::untrusted, "its ID token is refused");
}

// Core 5.3. What the ID token says counts more, and the person must be the same.
Task<Outcome<void>> OpenIdProvider::add_user_info(const ProviderMetadata& metadata, json::Object& claims,
                                                  std::string access_token, std::vector<std::string> wanted) {
    bool missing =
        std::ranges::any_of(wanted, [&](const std::string& name) { return find_claim(claims, name) == nullptr; });
    if (!missing || metadata.userinfo_endpoint.empty() || access_token.empty()) co_return Outcome<void>{};
    PEYK_CO_TRY(auto text, co_await get(metadata.userinfo_endpoint, std::move(access_token)));
    auto more = json::parse_object(text, {.max_depth = 16});
    if (!more) co_return stopped(Fault::untrusted, "its user information is no JSON object");
    const auto *theirs = more->find("sub"), *ours = claims.find("sub");
    if (!theirs || *theirs != *ours) co_return stopped(Fault::untrusted, "its user information is about somebody else");
    for (const auto& [name, value] : *more) {
        if (!claims.contains(name)) claims.set(name, value);
    }
    co_return Outcome<void>{};
}

Task<Outcome<Person>> OpenIdProvider::identify(Answer answer, IsKnown is_known) {
    PEYK_CO_TRY(auto known, co_await metadata());
    // RFC 9207 section 2.4: an answer of another provider that was made to look like this one's.
    if (answer.issuer ? *answer.issuer != options().issuer : known->names_itself)
        co_return stopped(Fault::untrusted, "the answer in the browser is of another issuer");
    PEYK_CO_TRY(auto tokens, co_await exchange(*known, answer));
    PEYK_CO_TRY(auto claims, co_await verified(*known, answer, tokens));
    Person person{.subject = *claims.find("sub")->string()};
    bool is_new = !is_known(person.subject);
    auto wanted = claims_asked(options());
    if (is_new) wanted.insert(wanted.end(), name().claims().begin(), name().claims().end());
    auto added = co_await add_user_info(*known, claims, std::move(tokens.access_token), std::move(wanted));
    if (!added) co_return std::unexpected(std::move(added).error());
    if (!may_come(options(), claims))
        co_return stopped(Fault::not_allowed, "the person is not among those who may come");
    if (!is_new) co_return person;
    person.localpart = name().of(claims);
    person.display_name = display_name(claims);
    co_return person;
}

Task<Outcome<void>> OpenIdProvider::check() {
    PEYK_CO_TRY(auto known, co_await metadata());
    PEYK_CO_TRY(auto set, co_await keys(known->jwks_uri, nullptr));
    if (set->size() == 0) co_return stopped(Fault::mismatch, "it has no key of the kinds that are understood here");
    co_return Outcome<void>{};
}

}  // namespace peyk::oauth
