// Codes in memory, PKCE, scopes, URIs: what can be said without a server.

#include "oauth/codes.h"

#include <gtest/gtest.h>

#include "oauth/client_metadata.h"
#include "oauth/form.h"
#include "oauth/scope.h"
#include "oauth/uri.h"

namespace peyk::oauth {
namespace {

Grant grant(std::string client = "one") {
    return {.client = std::move(client), .client_name = "One", .scope = {"s", DeviceId::trusted("DEVICE")}, .user = 7};
}

class CodesTest : public testing::Test {
protected:
    ManualClock clock;
    SeededRandom random{3};
    AuthorizationCodes codes{clock, random};
    DeviceCodes devices{clock, random};
};

TEST_F(CodesTest, ACodeIsTakenOnceAndItsReturnTellsWhatCameOfIt) {
    auto code = codes.issue(grant());
    EXPECT_TRUE(codes.take(code).grant);
    auto again = codes.take(code);
    EXPECT_FALSE(again.grant);
    EXPECT_FALSE(again.issued);
    EXPECT_FALSE(codes.remember(code, Issued{UserId::trusted("@a:b"), DeviceId::trusted("DEVICE"), 5}))
        << "it came again before its session was there, which must end now";
    auto third = codes.take(code);
    ASSERT_TRUE(third.issued);
    EXPECT_EQ(third.issued->session, 5U);
    EXPECT_FALSE(codes.take("pc_unknown").grant);
}

TEST_F(CodesTest, ASessionStaysWhenItsCodeDidNotComeAgain) {
    auto code = codes.issue(grant());
    EXPECT_TRUE(codes.take(code).grant);
    EXPECT_TRUE(codes.remember(code, Issued{UserId::trusted("@a:b"), DeviceId::trusted("DEVICE"), 5}));
}

TEST_F(CodesTest, ACodeIsOverAfterAMinute) {
    auto young = codes.issue(grant());
    clock.advance(Millis{60'000});
    EXPECT_TRUE(codes.take(young).grant);
    auto old = codes.issue(grant());
    clock.advance(Millis{60'001});
    EXPECT_FALSE(codes.take(old).grant);
}

TEST_F(CodesTest, DeviceCodesWaitForADecisionAndAreGoodOnce) {
    auto pair = devices.issue(grant());
    EXPECT_EQ(pair.user_code.size(), 9U);
    EXPECT_EQ(devices.poll(pair.device_code, "one").error().code, "authorization_pending");
    EXPECT_EQ(devices.poll(pair.device_code, "one").error().code, "slow_down");
    clock.advance(Millis{9'999});  // five seconds longer than at first
    EXPECT_EQ(devices.poll(pair.device_code, "one").error().code, "slow_down");
    clock.advance(Millis{15'000});
    EXPECT_EQ(devices.poll(pair.device_code, "one").error().code, "authorization_pending");
    EXPECT_TRUE(devices.decide(pair.user_code, true, 42, "stamp"));
    EXPECT_FALSE(devices.decide(pair.user_code, false, 43, "other"));
    EXPECT_EQ(devices.poll(pair.device_code, "two").error().code, "invalid_grant");
    auto got = devices.poll(pair.device_code, "one");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->user, 42U);
    EXPECT_EQ(got->stamp, "stamp");
    EXPECT_EQ(devices.poll(pair.device_code, "one").error().code, "invalid_grant");
}

TEST_F(CodesTest, AnExpiredDeviceCodeSaysSoAndCannotBeAllowed) {
    auto pair = devices.issue(grant());
    clock.advance(DeviceCodes::kLife);
    EXPECT_FALSE(devices.look_up(pair.user_code));
    EXPECT_FALSE(devices.decide(pair.user_code, true, 1, ""));
    EXPECT_EQ(devices.poll(pair.device_code, "one").error().code, "expired_token");
}

TEST(Pkce, FitsTheExampleOfRfc7636AndNothingElse) {
    constexpr std::string_view kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    constexpr std::string_view kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    EXPECT_TRUE(fits_challenge(kVerifier, kChallenge));
    EXPECT_FALSE(fits_challenge(kChallenge, kChallenge));  // "plain"
    EXPECT_FALSE(fits_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", kChallenge));
    EXPECT_FALSE(fits_challenge("", kChallenge));
    EXPECT_TRUE(is_challenge(kChallenge));
    EXPECT_FALSE(is_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw"));
}

TEST(Scopes, NeedAccessAndOneDevice) {
    auto both = parse_scope("urn:matrix:client:api:* urn:matrix:client:device:ABC~1");
    ASSERT_TRUE(both);
    EXPECT_EQ(both->device.view(), "ABC~1");
    auto older =
        parse_scope("openid urn:matrix:org.matrix.msc2967.client:api:* urn:matrix:org.matrix.msc2967.client:device:X");
    ASSERT_TRUE(older);
    EXPECT_EQ(older->granted,
              "urn:matrix:org.matrix.msc2967.client:api:* urn:matrix:org.matrix.msc2967.client:device:X");
    EXPECT_TRUE(
        parse_scope("urn:matrix:client:api:* urn:matrix:client:device:A "
                    "urn:matrix:org.matrix.msc2967.client:device:A"));
    for (const auto* bad :
         {"", "urn:matrix:client:api:*", "urn:matrix:client:device:A",
          "urn:matrix:client:api:* urn:matrix:client:device:A urn:matrix:client:device:B",
          "urn:matrix:client:api:* urn:matrix:client:device:", "urn:matrix:client:api:* urn:matrix:client:device:A\"B"})
        EXPECT_FALSE(parse_scope(bad)) << bad;
}

TEST(Uris, AreReadAsBrowsersReadThem) {
    auto uri = parse_uri("HTTPS://App.Example.com:8443/a?b=c#d");
    ASSERT_TRUE(uri);
    EXPECT_EQ(uri->scheme, "https");
    EXPECT_EQ(uri->host, "app.example.com");
    EXPECT_EQ(uri->port, 8443);
    EXPECT_TRUE(uri->has_fragment);
    EXPECT_TRUE(parse_uri("https://a@b@example.com/")->has_userinfo);
    EXPECT_EQ(parse_uri("https://evil.example\\@good.example/"), std::nullopt);
    for (const auto* bad : {"", "no-scheme", ":x", "https://", "https://exa mple.com", "https://example.com:x/",
                            "https://example.com:70000/", "https://[::1", "https://a..b/", "https://ex%61mple.com/",
                            "https://example.com/\n", "1http://x"})
        EXPECT_FALSE(parse_uri(bad)) << bad;
    EXPECT_TRUE(is_within("a.example.com", "example.com"));
    EXPECT_FALSE(is_within("aexample.com", "example.com"));
    EXPECT_FALSE(is_within("evil.com", "com"));
    EXPECT_FALSE(is_within("a.intranet", "intranet"));
    EXPECT_EQ(reversed("app.example.com"), "com.example.app");
}

TEST(RedirectUris, AreComparedByteByByteButForTheLoopbackPort) {
    auto client = ClientMetadata::parse(
        json::Object{{"client_uri", "https://example.com/"},
                     {"application_type", "native"},
                     {"redirect_uris", json::Array{"http://127.0.0.1/callback", "com.example.app:/callback"}}});
    ASSERT_TRUE(client);
    EXPECT_TRUE(client->allows("http://127.0.0.1:51234/callback"));
    EXPECT_TRUE(client->allows("com.example.app:/callback"));
    for (const auto* bad :
         {"http://127.0.0.1:51234/other", "http://localhost:51234/callback", "com.example.app:/Callback",
          "http://127.0.0.1:51234/callback#x", "http://x@127.0.0.1:51234/callback", "https://127.0.0.1:51234/callback",
          "http://127.0.0.1:51234/callback?x=y", ""})
        EXPECT_FALSE(client->allows(bad)) << bad;
    auto again = ClientMetadata::parse(client->encode());
    ASSERT_TRUE(again);
    EXPECT_EQ(json::write(again->encode()), json::write(client->encode()));
}

TEST(Forms, RefuseFieldsTwiceAndBadEscapes) {
    auto form = Form::parse("a=b+c&d=%C3%A9&e&=f");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->get("a"), "b c");
    EXPECT_EQ(form->get("d"), "é");
    EXPECT_TRUE(form->has("e"));
    EXPECT_EQ(form->get("missing"), "");
    EXPECT_FALSE(Form::parse("a=1&a=2"));
    EXPECT_FALSE(Form::parse("a=%zz"));
    EXPECT_FALSE(Form::parse("a=%00"));
    std::string many;
    for (int i = 0; i < 100; ++i) many += "f" + std::to_string(i) + "=x&";
    EXPECT_FALSE(Form::parse(many));
    EXPECT_EQ(encode_form({{"a", "b c"}, {"state", "x&y=z"}}), "a=b%20c&state=x%26y%3Dz");
}

}  // namespace
}  // namespace peyk::oauth
