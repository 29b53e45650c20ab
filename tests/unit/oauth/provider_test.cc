// A provider as the server sees it: what is asked of it, what is believed, what is kept.

#include "oauth/providers/providers.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "async/executor.h"
#include "async/task.h"
#include "core/hashing.h"
#include "oauth/form.h"
#include "signer.h"

namespace peyk::oauth {
namespace {

constexpr std::string_view kIssuer = "https://id.example.org/realm";

// The other side: answers by path, and remembers what it was asked.
class FakeOutbound final : public http::Outbound {
public:
    using Answer = std::function<Result<http::ClientResponse>(const http::ClientRequest&)>;
    Task<Result<http::ClientResponse>> send(http::ClientRequest request, std::stop_token) override {
        auto path = request.url.target;
        requests.push_back(request);
        auto found = answers.find(path);
        if (found == answers.end()) co_return json_of(404, "{}");
        co_return found->second(request);
    }
    static http::ClientResponse json_of(int status, std::string body) {
        http::ClientResponse out;
        out.status = status;
        out.body = std::move(body);
        return out;
    }
    void say(const std::string& path, std::string body, int status = 200) {
        answers[path] = [body, status](const http::ClientRequest&) { return json_of(status, body); };
    }
    void fail_with(const std::string& path, Errc code) {
        answers[path] = [code](const http::ClientRequest&) -> Result<http::ClientResponse> { return fail(code); };
    }
    std::size_t count(std::string_view path) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(requests, [&](const auto& one) { return one.url.target == path; }));
    }

    std::map<std::string, Answer> answers;
    std::deque<http::ClientRequest> requests;
};

const Signer& rsa() {
    static const Signer signer(Signing::rs256);
    return signer;
}
const Signer& next_rsa() {
    static const Signer signer(Signing::rs256, "key-2");
    return signer;
}

class ProviderTest : public testing::Test {
protected:
    ProviderTest() {
        options.id = "school";
        options.name = "School";
        options.issuer = kIssuer;
        options.client_id = "peyk client";
        options.client_secret = Secret("s:e&cret");
        outbound.say(kDiscovery, json::write(metadata()));
        outbound.say(kJwks, key_set({rsa().jwk()}));
        outbound.answers[kToken] = [this](const http::ClientRequest& request) {
            sent = *Form::parse(request.body);
            json::Object answer{{"access_token", "access"}, {"token_type", "Bearer"}, {"id_token", id_token}};
            return FakeOutbound::json_of(200, json::write(answer));
        };
        make();
    }
    static json::Object metadata() {
        auto at = [](std::string_view path) { return std::string(kIssuer) + std::string(path); };
        return {{"issuer", kIssuer},
                {"authorization_endpoint", at("/authorize?kc=1")},
                {"token_endpoint", at("/token")},
                {"jwks_uri", at("/jwks")},
                {"userinfo_endpoint", at("/userinfo")}};
    }
    void make() { provider = make_provider(options, outbound, clock); }
    json::Object claims() const {
        auto now = clock.now().count() / 1000;
        return {{"iss", kIssuer},   {"aud", "peyk client"}, {"sub", "somebody"},           {"iat", now},
                {"exp", now + 300}, {"nonce", "nonce"},     {"preferred_username", "ada"}, {"name", "Ada Lovelace"}};
    }
    template <class T>
    T wait(Task<T> task) {
        return run_blocking(pool, std::move(task));
    }
    Provider::Answer answer() const {
        return {.code = "the code",
                .issuer = std::nullopt,
                .nonce = "nonce",
                .verifier = "verifier",
                .redirect_uri = "https://chat.example.org/_peyk/provider/school/callback"};
    }
    Outcome<Person> identify(bool known = false) { return identify(answer(), known); }
    Outcome<Person> identify(Provider::Answer with, bool known = false) {
        if (id_token.empty()) id_token = rsa().token(claims());
        return wait(provider->identify(std::move(with), [known](const std::string&) { return known; }));
    }
    Outcome<std::string> address() {
        return wait(provider->address_for({.state = "state",
                                           .nonce = "nonce",
                                           .verifier = "verifier",
                                           .redirect_uri = "https://chat.example.org/callback"}));
    }
    std::string why(const Outcome<Person>& outcome) { return outcome ? "" : outcome.error().why; }

    const std::string kDiscovery = "/realm/.well-known/openid-configuration", kJwks = "/realm/jwks",
                      kToken = "/realm/token", kUserinfo = "/realm/userinfo";
    ManualClock clock;
    SeededRandom random{5};
    WorkerPool pool{"test", 2};
    FakeOutbound outbound;
    ProviderOptions options;
    std::unique_ptr<Provider> provider;
    std::string id_token;
    Form sent;
};

TEST_F(ProviderTest, SendsABrowserWithAllThatTheCodeFlowNeeds) {
    auto url = address();
    ASSERT_TRUE(url) << url.error().why;
    EXPECT_TRUE(url->starts_with("https://id.example.org/realm/authorize?kc=1&")) << *url;
    auto query = *Form::parse(url->substr(url->find('?') + 1));
    EXPECT_EQ(query.get("response_type"), "code");
    EXPECT_EQ(query.get("client_id"), "peyk client");
    EXPECT_EQ(query.get("scope"), "openid profile");
    EXPECT_EQ(query.get("state"), "state");
    EXPECT_EQ(query.get("nonce"), "nonce");
    EXPECT_EQ(query.get("code_challenge_method"), "S256");
    EXPECT_EQ(query.get("code_challenge"), base64_encode(sha256("verifier").view(), Base64::url));
    EXPECT_FALSE(query.has("prompt"));
    auto anew = wait(provider->address_for(
        {.state = "s", .nonce = "n", .verifier = "v", .redirect_uri = "u", .anew = true, .language = "fa"}));
    EXPECT_TRUE(anew->ends_with("&prompt=login&max_age=0&ui_locales=fa")) << *anew;
}

TEST_F(ProviderTest, ExchangesTheCodeAndSaysWhoItIs) {
    auto person = identify();
    ASSERT_TRUE(person) << person.error().why;
    EXPECT_EQ(person->subject, "somebody");
    EXPECT_EQ(person->localpart, "ada");
    EXPECT_EQ(person->display_name, "Ada Lovelace");
    EXPECT_EQ(sent.get("grant_type"), "authorization_code");
    EXPECT_EQ(sent.get("code"), "the code");
    EXPECT_EQ(sent.get("code_verifier"), "verifier");
    EXPECT_EQ(sent.get("redirect_uri"), answer().redirect_uri);
    EXPECT_FALSE(sent.has("client_secret"));
    auto request = std::ranges::find_if(outbound.requests, [&](const auto& one) { return one.url.target == kToken; });
    // RFC 6749 section 2.3.1: both halves as in a form, then base64.
    EXPECT_EQ(
        request->headers.find("Authorization"), "Basic " + [] {
            auto text = base64_encode("peyk%20client:s%3Ae%26cret");
            while (text.size() % 4 != 0) text += '=';
            return text;
        }());
    EXPECT_EQ(outbound.count(kUserinfo), 0U);
    // Who is known is asked for nothing more.
    auto known = identify(true);
    ASSERT_TRUE(known);
    EXPECT_TRUE(known->localpart.empty() && known->display_name.empty());
}

TEST_F(ProviderTest, ProvesItselfAsTheProviderWants) {
    auto with_methods = [this](json::Value methods) {
        auto body = metadata();
        body.set("token_endpoint_auth_methods_supported", std::move(methods));
        outbound.say(kDiscovery, json::write(body));
        make();
        return identify();
    };
    ASSERT_TRUE(with_methods(json::Array{"client_secret_post", "private_key_jwt"}));
    EXPECT_EQ(sent.get("client_secret"), "s:e&cret");
    EXPECT_EQ(sent.get("client_id"), "peyk client");
    auto refused = with_methods(json::Array{"private_key_jwt"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::mismatch);
    // Without a secret the verifier is all there is.
    options.client_secret = Secret();
    ASSERT_TRUE(with_methods(json::Array{"none"}));
    EXPECT_EQ(sent.get("client_id"), "peyk client");
    EXPECT_FALSE(sent.has("client_secret"));
    EXPECT_FALSE(outbound.requests.back().headers.find("Authorization"));
}

TEST_F(ProviderTest, MetadataThatDoesNotFitIsRefused) {
    struct Row {
        std::string name;
        json::Value value;
    };
    const std::vector<Row> rows{{"issuer", "https://id.example.org/realm/"},
                                {"issuer", "https://evil.example"},
                                {"issuer", nullptr},
                                {"authorization_endpoint", "http://id.example.org/authorize"},
                                {"authorization_endpoint", "javascript:alert(1)"},
                                {"authorization_endpoint", "https://user@id.example.org/authorize"},
                                {"authorization_endpoint", "https://id.example.org/authorize#x"},
                                {"token_endpoint", "http://127.0.0.1/token"},
                                {"token_endpoint", nullptr},
                                {"jwks_uri", ""},
                                {"response_types_supported", json::Array{"id_token"}},
                                {"id_token_signing_alg_values_supported", json::Array{"HS256", "none"}}};
    for (const auto& row : rows) {
        auto body = metadata();
        body.set(row.name, row.value);
        outbound.say(kDiscovery, json::write(body));
        make();
        auto url = address();
        ASSERT_FALSE(url) << row.name << " " << json::write(row.value);
        EXPECT_EQ(url.error().fault, Fault::mismatch) << row.name;
    }
    EXPECT_EQ(outbound.count(kToken), 0U);
}

TEST_F(ProviderTest, AnIssuerOnThisMachineMayBeWithoutTls) {
    options.issuer = "http://127.0.0.1:8080/";
    outbound.say("/.well-known/openid-configuration", R"({"issuer":"http://127.0.0.1:8080/",
        "authorization_endpoint":"http://127.0.0.1:8080/authorize","token_endpoint":"http://localhost:8080/token",
        "jwks_uri":"http://127.0.0.1:8080/jwks"})");
    make();
    EXPECT_TRUE(address());
}

TEST_F(ProviderTest, OnlyTheOriginOfTheIssuerMayBeInside) {
    auto body = metadata();
    body.set("jwks_uri", "https://keys.example.net/jwks");
    outbound.say(kDiscovery, json::write(body));
    outbound.say("/jwks", key_set({rsa().jwk()}));
    ASSERT_TRUE(identify());
    for (const auto& request : outbound.requests) {
        bool home = request.url.host == "id.example.org";
        EXPECT_EQ(request.reach, home ? http::Reach::operator_named : http::Reach::strangers) << request.url.str();
        EXPECT_EQ(request.redirects, 0);
        EXPECT_LE(request.time, Millis{10'000});
        EXPECT_LE(request.max_body, std::size_t{128 * 1024});
    }
}

TEST_F(ProviderTest, WhatItAnswersInsteadIsSaidInItsKind) {
    struct Row {
        std::string path;
        int status;
        std::string body;
        Fault fault;
    };
    const std::vector<Row> rows{
        {kDiscovery, 503, "", Fault::unreachable},
        {kDiscovery, 404, "", Fault::mismatch},
        {kDiscovery, 302, "", Fault::mismatch},
        {kDiscovery, 200, "<html>", Fault::untrusted},
        {kJwks, 500, "", Fault::unreachable},
        {kJwks, 200, "{}", Fault::untrusted},
        {kToken, 400, R"({"error":"invalid_grant"})", Fault::over},
        {kToken, 401, R"({"error":"invalid_client","error_description":"ada's secret"})", Fault::mismatch},
        {kToken, 400, R"({"error":"ada@school.example"})", Fault::mismatch},
        {kToken, 429, "", Fault::unreachable},
        {kToken, 307, "", Fault::mismatch},
        {kToken, 200, "{}", Fault::untrusted},
        {kToken, 200, R"({"id_token":7})", Fault::untrusted},
        {kToken, 200, "null", Fault::untrusted},
    };
    for (const auto& row : rows) {
        auto before = outbound.answers;
        outbound.say(row.path, row.body, row.status);
        make();
        auto person = identify();
        ASSERT_FALSE(person) << row.path << row.status << row.body;
        EXPECT_EQ(person.error().fault, row.fault) << row.path << row.status << row.body;
        EXPECT_FALSE(person.error().why.contains("ada@") || person.error().why.contains("ada's")) << person.error().why;
        outbound.answers = before;
    }
    const std::pair<Errc, Fault> failures[] = {{Errc::timeout, Fault::unreachable},
                                               {Errc::unavailable, Fault::unreachable},
                                               {Errc::io, Fault::unreachable},
                                               {Errc::too_large, Fault::untrusted},
                                               {Errc::forbidden, Fault::mismatch}};
    for (auto [code, fault] : failures) {
        make();
        outbound.fail_with(kDiscovery, code);
        EXPECT_EQ(identify().error().fault, fault) << errc_name(code);
    }
}

TEST_F(ProviderTest, KeepsMetadataAndKeysForAnHour) {
    ASSERT_TRUE(identify());
    ASSERT_TRUE(identify());
    EXPECT_EQ(outbound.count(kDiscovery), 1U);
    EXPECT_EQ(outbound.count(kJwks), 1U);
    clock.advance(Millis{60 * 60 * 1000});
    id_token.clear();
    ASSERT_TRUE(identify());
    EXPECT_EQ(outbound.count(kDiscovery), 2U);
    EXPECT_EQ(outbound.count(kJwks), 2U);
}

TEST_F(ProviderTest, AFailureIsKeptForAMoment) {
    outbound.fail_with(kDiscovery, Errc::timeout);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(address());
    EXPECT_EQ(outbound.count(kDiscovery), 1U);
    clock.advance(Millis{5'000});
    outbound.say(kDiscovery, json::write(metadata()));
    EXPECT_TRUE(address());
}

TEST_F(ProviderTest, LooksForANewKeyOnceAndNotAgainAtOnce) {
    ASSERT_TRUE(identify());
    outbound.say(kJwks, key_set({rsa().jwk(), next_rsa().jwk()}));
    clock.advance(Millis{30'000});
    id_token = next_rsa().token(claims());
    ASSERT_TRUE(identify()) << "the key was changed";
    EXPECT_EQ(outbound.count(kJwks), 2U);
    // Names that do not exist: no call for each of them.
    Signer thief(Signing::es256, "thief");
    id_token = thief.token(claims());
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(identify());
    EXPECT_EQ(outbound.count(kJwks), 2U);
    clock.advance(Millis{30'000});
    id_token = thief.token(claims());
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(why(identify()), "its ID token is refused: its key is not among those of the provider");
    EXPECT_EQ(outbound.count(kJwks), 3U);
    // A wrong signature under a known name is no reason to ask.
    clock.advance(Millis{30'000});
    auto forged = rsa().token(claims());
    forged[forged.size() - 8] = forged[forged.size() - 8] == 'A' ? 'B' : 'A';
    id_token = forged;
    EXPECT_EQ(why(identify()), "its ID token is refused: its signature is wrong");
    EXPECT_EQ(outbound.count(kJwks), 3U);
}

TEST_F(ProviderTest, AnswersOfAnotherIssuerAreRefused) {
    auto mixed_up = answer();
    mixed_up.issuer = "https://evil.example";
    EXPECT_EQ(why(identify(mixed_up)), "the answer in the browser is of another issuer");
    EXPECT_EQ(outbound.count(kToken), 0U);
    auto right = answer();
    right.issuer = kIssuer;
    EXPECT_TRUE(identify(right));
    // A provider that always names itself, and now did not.
    auto body = metadata();
    body.set("authorization_response_iss_parameter_supported", true);
    outbound.say(kDiscovery, json::write(body));
    make();
    EXPECT_EQ(why(identify()), "the answer in the browser is of another issuer");
    EXPECT_TRUE(identify(right));
}

TEST_F(ProviderTest, ACodeThatCannotBeOneIsNotSent) {
    auto with = answer();
    with.code = "";
    EXPECT_FALSE(identify(with));
    with.code = std::string(5000, 'x');
    EXPECT_FALSE(identify(with));
    EXPECT_EQ(outbound.count(kToken), 0U);
}

TEST_F(ProviderTest, AsksForUserInformationWhereSomethingIsMissing) {
    auto bare = claims();
    bare.erase("preferred_username");
    bare.erase("name");
    id_token = rsa().token(bare);
    outbound.answers[kUserinfo] = [](const http::ClientRequest& request) {
        EXPECT_EQ(request.headers.find("Authorization"), "Bearer access");
        return FakeOutbound::json_of(200,
                                     R"({"sub":"somebody","preferred_username":"grace","name":"Grace","iss":"x"})");
    };
    auto person = identify();
    ASSERT_TRUE(person) << person.error().why;
    EXPECT_EQ(person->localpart, "grace");
    EXPECT_EQ(person->display_name, "Grace");
    EXPECT_TRUE(identify(true));
    EXPECT_EQ(outbound.count(kUserinfo), 1U) << "who is known needs no proposal";
    outbound.say(kUserinfo, R"({"sub":"somebody else","preferred_username":"eve"})");
    EXPECT_EQ(why(identify()), "its user information is about somebody else");
    outbound.say(kUserinfo, R"({"preferred_username":"eve"})");
    EXPECT_EQ(why(identify()), "its user information is about somebody else");
    outbound.say(kUserinfo, "eyJ");
    EXPECT_EQ(why(identify()), "its user information is no JSON object");
}

TEST_F(ProviderTest, WhoMayNotComeIsRefusedAlsoWhenKnown) {
    options.required_claims = {{"groups", "teachers"}};
    make();
    outbound.say(kUserinfo, R"({"sub":"somebody"})");
    EXPECT_EQ(identify(true).error().fault, Fault::not_allowed);
    auto teacher = claims();
    teacher.set("groups", json::Array{"teachers"});
    id_token = rsa().token(teacher);
    EXPECT_TRUE(identify(true));
    // In the user information, if the ID token says nothing of it.
    id_token = rsa().token(claims());
    outbound.say(kUserinfo, R"({"sub":"somebody","groups":["teachers"]})");
    EXPECT_TRUE(identify(true));
}

TEST_F(ProviderTest, TheDoctorSeesWhetherAnybodyCouldSignIn) {
    EXPECT_TRUE(wait(provider->check()));
    outbound.say(kJwks, key_set({json::Object{{"kty", "oct"}}}));
    make();
    EXPECT_EQ(wait(provider->check()).error().fault, Fault::mismatch);
    outbound.fail_with(kDiscovery, Errc::unavailable);
    make();
    EXPECT_EQ(wait(provider->check()).error().fault, Fault::unreachable);
}

TEST_F(ProviderTest, AnAttemptIsForOneBrowserOneProviderAndOneAnswer) {
    auto other = options;
    other.id = "other";
    other.issuer = "https://other.example";
    Providers providers({options, other}, "https://chat.example.org", outbound, clock, random);
    auto begin = [&] {
        Attempt attempt{.provider = "school", .browser = "a browser", .next = "/_peyk/account"};
        auto url = wait(providers.begin(std::move(attempt), "en"));
        return Form::parse(url->substr(url->find('?') + 1))->get("state");
    };
    auto state = begin();
    auto attempt = providers.take(state, "school", "a browser");
    ASSERT_TRUE(attempt);
    EXPECT_EQ(attempt->next, "/_peyk/account");
    auto asked = providers.answer_of(*attempt, "state", "code", std::nullopt);
    EXPECT_EQ(asked.redirect_uri, "https://chat.example.org/_peyk/provider/school/callback");
    EXPECT_FALSE(asked.asked_anew);
    EXPECT_FALSE(providers.take(state, "school", "a browser")) << "once";
    EXPECT_FALSE(providers.take(begin(), "school", "another browser"));
    EXPECT_FALSE(providers.take(begin(), "other", "a browser"));
    EXPECT_FALSE(providers.take("", "school", "a browser"));
    state = begin();
    clock.advance(Millis{10 * 60 * 1000});
    EXPECT_FALSE(providers.take(state, "school", "a browser")) << "over";
    Attempt unknown{.provider = "nobody", .browser = "b", .next = "n"};
    EXPECT_FALSE(wait(providers.begin(std::move(unknown), "en")));
}

struct Thing {
    std::string text;
    std::size_t bytes() const { return text.size(); }
};

TEST(Tray, IsBoundedInNumberAndSize) {
    ManualClock clock;
    SeededRandom random{1};
    Tray<Thing> tray(clock, random, {3, 100, Millis{1000}});
    auto first = tray.put({"1"}), second = tray.put({"2"}), third = tray.put({"3"});
    EXPECT_EQ(tray.look(first)->text, "1");
    auto fourth = tray.put({"4"});
    EXPECT_FALSE(tray.look(first));
    EXPECT_TRUE(tray.look(second));
    auto large = tray.put({std::string(99, 'x')});
    EXPECT_FALSE(tray.look(second) || tray.look(third));
    EXPECT_TRUE(tray.look(fourth) && tray.look(large));
    EXPECT_TRUE(tray.take(large));
    EXPECT_FALSE(tray.take(large));
    clock.advance(Millis{1000});
    EXPECT_FALSE(tray.look(fourth) || tray.take(fourth));
}

}  // namespace
}  // namespace peyk::oauth
