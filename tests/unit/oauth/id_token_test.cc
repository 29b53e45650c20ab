// ID tokens: what holds, and every way in which one does not.

#include "oauth/providers/id_token.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/hashing.h"
#include "signer.h"

namespace peyk::oauth {
namespace {

constexpr Millis kNow{1'700'000'000'000};
constexpr std::int64_t kSeconds = kNow.count() / 1000;

json::Object good_claims() {
    return {{"iss", "https://id.example.org"}, {"aud", "peyk"},       {"sub", "somebody"}, {"iat", kSeconds - 2},
            {"exp", kSeconds + 300},           {"nonce", "the nonce"}};
}

IdTokenRules rules() {
    return {.issuer = "https://id.example.org",
            .client_id = "peyk",
            .nonce = "the nonce",
            .access_token = "the access token",
            .now = kNow};
}

// Made once: RSA keys take a while.
const Signer& rsa() {
    static const Signer signer(Signing::rs256);
    return signer;
}

KeySet keys_of(const Signer& signer) { return *KeySet::parse(key_set({signer.jwk()})); }

// "": it holds.
std::string problem_of(const std::string& token, const KeySet& keys, const IdTokenRules& wanted) {
    auto claims = read_id_token(token, keys, wanted);
    return claims ? std::string() : std::string(claims.error().why);
}
std::string problem_of(const json::Object& claims, const IdTokenRules& wanted = rules()) {
    return problem_of(rsa().token(claims), keys_of(rsa()), wanted);
}
json::Object with(std::string name, json::Value value) {
    auto claims = good_claims();
    claims.set(std::move(name), std::move(value));
    return claims;
}
json::Object without(std::string_view name) {
    auto claims = good_claims();
    claims.erase(name);
    return claims;
}
std::string left_half(std::string_view digest) {
    return base64_encode(digest.substr(0, digest.size() / 2), Base64::url);
}

TEST(IdToken, HoldsWithEachAlgorithm) {
    for (auto signing : {Signing::rs256, Signing::ps256, Signing::es256, Signing::eddsa}) {
        Signer signer(signing);
        auto claims = read_id_token(signer.token(good_claims()), keys_of(signer), rules());
        ASSERT_TRUE(claims) << signer.name() << ": " << claims.error().why;
        EXPECT_EQ(*claims->find("sub")->string(), "somebody");
        auto token = signer.token(good_claims());
        token[token.size() - 8] = token[token.size() - 8] == 'A' ? 'B' : 'A';
        EXPECT_EQ(problem_of(token, keys_of(signer), rules()), "its signature is wrong") << signer.name();
    }
}

TEST(IdToken, ClaimsThatDoNotFitAreRefused) {
    struct Row {
        json::Object claims;
        std::string_view problem;
    };
    const std::vector<Row> rows{
        {good_claims(), ""},
        {with("iss", "https://id.example.org/"), "it is of another issuer"},
        {with("iss", 1), "it is of another issuer"},
        {without("iss"), "it is of another issuer"},
        {with("aud", "other"), "it is for somebody else"},
        {with("aud", json::Array{}), "it is for somebody else"},
        {with("aud", json::Object{{"peyk", "peyk"}}), "it is for somebody else"},
        {without("aud"), "it is for nobody"},
        {with("aud", json::Array{"peyk"}), ""},
        {with("aud", json::Array{"peyk", "other"}), "it is for several, and does not say who asked"},
        {with("azp", "peyk"), ""},
        {with("azp", "other"), "somebody else asked for it"},
        {with("azp", nullptr), "somebody else asked for it"},
        {with("nonce", "another nonce"), "it belongs to another sign-in"},
        {with("nonce", 7), "it belongs to another sign-in"},
        {without("nonce"), "it belongs to another sign-in"},
        {with("exp", kSeconds - 61), "it has expired"},
        {with("exp", kSeconds - 59), ""},
        {with("exp", "never"), "it does not say when it was made and until when it is good"},
        {without("exp"), "it does not say when it was made and until when it is good"},
        {without("iat"), "it does not say when it was made and until when it is good"},
        {with("iat", kSeconds + 61), "it is from the future: compare the clocks"},
        {with("iat", kSeconds + 59), ""},
        {with("iat", kSeconds - 601), "it is old: compare the clocks"},
        {with("iat", json::RawNumber{std::to_string(kSeconds) + ".25"}), ""},
        {with("iat", json::RawNumber{"1.7e9"}), "it does not say when it was made and until when it is good"},
        {with("nbf", kSeconds + 61), "it is not good yet: compare the clocks"},
        {with("nbf", kSeconds), ""},
        {without("sub"), "it names nobody"},
        {with("sub", ""), "it names nobody"},
        {with("sub", 17), "it names nobody"},
        {with("sub", std::string(256, 'x')), "it names nobody"},
        {with("at_hash", left_half(sha256("the access token").view())), ""},
        {with("at_hash", left_half(sha256("another token").view())), "the access token is not that of the ID token"},
        {with("at_hash", 1), "the access token is not that of the ID token"},
    };
    for (const auto& row : rows) EXPECT_EQ(problem_of(row.claims), row.problem) << json::write(row.claims);
    auto several = with("aud", json::Array{"other", "peyk"});
    several.set("azp", "peyk");
    EXPECT_EQ(problem_of(several), "");
}

TEST(IdToken, WhoWasAskedAnewHasProvenItSince) {
    auto wanted = rules();
    wanted.authenticated_since = kSeconds - 20;
    EXPECT_EQ(problem_of(good_claims(), wanted), "it does not say when the person signed in");
    EXPECT_EQ(problem_of(with("auth_time", kSeconds - 5), wanted), "");
    EXPECT_EQ(problem_of(with("auth_time", kSeconds - 81), wanted), "the person was not asked anew");
    EXPECT_EQ(problem_of(with("auth_time", "now"), wanted), "it does not say when the person signed in");
}

TEST(IdToken, HeadersThatTrickAreRefused) {
    auto header = [](std::string name, json::Value value) {
        auto out = rsa().header();
        out.set(std::move(name), std::move(value));
        return rsa().token(out, json::write(good_claims()));
    };
    auto keys = keys_of(rsa());
    auto problem = [&](const std::string& token) { return problem_of(token, keys, rules()); };
    constexpr std::string_view kAlgorithm = "its algorithm is not one of RS256, PS256, ES256, EdDSA";
    for (const auto* name : {"none", "None", "HS256", "HS512", "RS512", "rs256", ""})
        EXPECT_EQ(problem(header("alg", name)), kAlgorithm) << name;
    EXPECT_EQ(problem(header("alg", nullptr)), kAlgorithm);
    EXPECT_EQ(problem(header("crit", json::Array{"b64"})), "its header has extensions");
    EXPECT_EQ(problem(header("typ", "at+jwt")), "its header says that it is no JWT");
    EXPECT_EQ(problem(header("typ", "JWT")), "");
    EXPECT_EQ(problem(header("kid", 1)), "its key has no name");
    EXPECT_EQ(problem(header("kid", "unknown")), "its key is not among those of the provider");
    // A key in the header is the sender's word for itself.
    Signer thief(Signing::rs256, "thief");
    auto own = thief.header();
    own.set("jwk", thief.jwk());
    own.set("kid", "key-1");
    EXPECT_EQ(problem(thief.token(own, json::write(good_claims()))), "its signature is wrong");
    // The kind of key decides what it may sign, not the header.
    EXPECT_EQ(problem(header("alg", "ES256")), "its key is not among those of the provider");
    EXPECT_EQ(problem(header("alg", "PS256")), "its signature is wrong");
}

TEST(IdToken, ASharedSecretIsNoKey) {
    // HMAC with the public key as its secret, and with a key of the set that says that it is one.
    auto head = json::Object{{"alg", "HS256"}, {"kid", "key-1"}};
    auto first =
        base64_encode(json::write(head), Base64::url) + "." + base64_encode(json::write(good_claims()), Base64::url);
    unsigned char mac[32];
    unsigned size = 0;
    HMAC(EVP_sha256(), "secret", 6, reinterpret_cast<const unsigned char*>(first.data()), first.size(), mac, &size);
    auto token = first + "." + base64_encode({reinterpret_cast<const char*>(mac), size}, Base64::url);
    json::Object secret{
        {"kty", "oct"}, {"kid", "key-1"}, {"alg", "HS256"}, {"k", base64_encode("secret", Base64::url)}};
    auto keys = KeySet::parse(key_set({secret}));
    EXPECT_EQ(keys->size(), 0U);
    EXPECT_EQ(problem_of(token, *keys, rules()), "its algorithm is not one of RS256, PS256, ES256, EdDSA");
}

TEST(IdToken, WhatIsNoTokenIsRefused) {
    auto keys = keys_of(rsa());
    auto good = rsa().token(good_claims());
    auto problem = [&](const std::string& token) { return problem_of(token, keys, rules()); };
    for (const auto* text : {"", ".", "..", "a.b", "a.b.c.d"}) EXPECT_NE(problem(text), "") << text;
    EXPECT_EQ(problem(good + "."), "it is no signed token");
    EXPECT_EQ(problem(good + "="), "its signature is not base64url");
    EXPECT_EQ(problem(std::string(kMaxIdToken + 1, 'a')), "it is too large");
    // Without a signature: RFC 7519 section 6.
    auto unsigned_one = good.substr(0, good.rfind('.') + 1);
    EXPECT_EQ(problem(unsigned_one), "its signature is wrong");
    auto twice = json::write(good_claims());
    twice = twice.substr(0, twice.size() - 1) + R"(,"sub":"somebody else"})";
    EXPECT_EQ(problem(rsa().token(rsa().header(), twice)), "it holds no JSON object, or one with a member twice");
    EXPECT_EQ(problem(rsa().token(rsa().header(), "[]")), "it holds no JSON object, or one with a member twice");
    std::string deep(40, '[');
    EXPECT_NE(problem(rsa().token(rsa().header(), R"({"sub":)" + deep)), "");
}

TEST(Jwks, TwoKeysUnderOneNameAreNone) {
    Signer other(Signing::rs256, "key-1"), elliptic(Signing::es256, "key-1");
    auto token = rsa().token(good_claims());
    auto twice = KeySet::parse(key_set({rsa().jwk(), other.jwk()}));
    EXPECT_EQ(problem_of(token, *twice, rules()), "two keys of the provider may be meant");
    // Of another kind, or for another use, it is no rival.
    auto kinds = KeySet::parse(key_set({rsa().jwk(), elliptic.jwk()}));
    EXPECT_EQ(problem_of(token, *kinds, rules()), "");
    auto encrypting = other.jwk();
    encrypting.set("use", "enc");
    EXPECT_EQ(problem_of(token, *KeySet::parse(key_set({encrypting, rsa().jwk()})), rules()), "");
    auto other_algorithm = other.jwk();
    other_algorithm.set("alg", "PS256");
    EXPECT_EQ(problem_of(token, *KeySet::parse(key_set({other_algorithm, rsa().jwk()})), rules()), "");
}

TEST(Jwks, AHeaderWithoutAKeyNameMeansTheOnlyOne) {
    auto head = rsa().header();
    head.erase("kid");
    auto token = rsa().token(head, json::write(good_claims()));
    Signer other(Signing::rs256, "key-2");
    EXPECT_EQ(problem_of(token, keys_of(rsa()), rules()), "");
    auto two = KeySet::parse(key_set({rsa().jwk(), other.jwk()}));
    EXPECT_EQ(problem_of(token, *two, rules()), "two keys of the provider may be meant");
    // Its key may be newer than the set: worth another look.
    auto refused = read_id_token(token, keys_of(other), rules());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().key_unknown);
}

TEST(Jwks, WhatIsNoKeyIsLeftOut) {
    auto left = [](json::Object key) { return KeySet::parse(key_set({std::move(key)}))->size(); };
    auto changed = [](std::string name, json::Value value) {
        auto key = rsa().jwk();
        key.set(std::move(name), std::move(value));
        return key;
    };
    EXPECT_EQ(left(rsa().jwk()), 1U);
    EXPECT_EQ(left(changed("use", "enc")), 0U);
    EXPECT_EQ(left(changed("use", nullptr)), 0U);
    EXPECT_EQ(left(changed("key_ops", json::Array{"encrypt"})), 0U);
    EXPECT_EQ(left(changed("key_ops", json::Array{"verify"})), 1U);
    EXPECT_EQ(left(changed("kty", "oct")), 0U);
    EXPECT_EQ(left(changed("alg", "ES256")), 0U);
    EXPECT_EQ(left(changed("alg", "RSA-OAEP")), 0U);
    EXPECT_EQ(left(changed("n", "AQAB")), 0U);
    EXPECT_EQ(left(changed("n", "?")), 0U);
    EXPECT_EQ(left(changed("e", "AQ")), 0U);
    EXPECT_EQ(left(Signer(Signing::rs256, "weak", 1024).jwk()), 0U);
    auto off_the_curve = Signer(Signing::es256).jwk();
    off_the_curve.set("x", base64_encode(std::string(32, 'x'), Base64::url));
    EXPECT_EQ(left(off_the_curve), 0U);
}

TEST(Jwks, WhatIsNoSetIsRefused) {
    for (const auto* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[],"keys":[]})"})
        EXPECT_FALSE(KeySet::parse(text)) << text;
    json::Array many;
    for (std::size_t i = 0; i <= KeySet::kMaxKeys; ++i) many.emplace_back(json::Object{{"kty", "oct"}});
    EXPECT_FALSE(KeySet::parse(json::write(json::Object{{"keys", many}})));
    many.pop_back();
    EXPECT_TRUE(KeySet::parse(json::write(json::Object{{"keys", many}})));
}

}  // namespace
}  // namespace peyk::oauth
