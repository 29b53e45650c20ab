// What is made of a provider's claims.

#include "oauth/providers/claims.h"

#include <gtest/gtest.h>

namespace peyk::oauth {
namespace {

json::Object claims(std::string_view text) { return *json::parse_object(text); }

TEST(NameTemplate, ProposesUserNames) {
    struct Row {
        std::string_view format, claims, name;
    };
    const Row rows[] = {
        {"{preferred_username}", R"({"preferred_username":"ada"})", "ada"},
        {"{preferred_username}", R"({"preferred_username":"Ada.Lovelace"})", "ada.lovelace"},
        {"{preferred_username}", R"({"preferred_username":"ada@school.example"})", "ada"},
        {"{email}", R"({"email":"Ada.L+x@school.example"})", "ada.l+x"},
        {"{given_name}.{family_name}", R"({"given_name":"Zoë Ann","family_name":"Müller"})", "zoe.ann.muller"},
        {"{given_name}.{family_name}", R"({"given_name":"Zoë"})", ""},
        {"s{number}", R"({"number":1234})", "s1234"},
        {"{user.login}", R"({"user":{"login":"ada"}})", "ada"},
        {"{user.login}", R"({"user.login":"grace","user":{"login":"ada"}})", "grace"},
        {"{user.login}", R"({"user":"ada"})", ""},
        {"{name}", R"({"name":"..  "})", ""},
        {"{name}", R"({"name":"سارا"})", ""},
        {"{name}", R"({"name":"<script>alert(1)</script>"})", "scriptalert1/script"},
        {"{name}", R"({"name":"a\u0000b\nc"})", "abc"},
        {"{name}", R"({"name":["ada"]})", ""},
        {"{name}", R"({"name":null})", ""},
        {"{name}", R"({})", ""},
        {"{name}", R"({"name":"١٢٣"})", "123"},
    };
    for (const auto& row : rows) {
        auto format = NameTemplate::parse(row.format);
        ASSERT_TRUE(format) << row.format;
        EXPECT_EQ(format->of(claims(row.claims)), row.name) << row.format << " of " << row.claims;
    }
    json::Object endless{{"name", std::string(10'000, 'a')}};
    EXPECT_EQ(NameTemplate::parse("{name}")->of(endless), std::string(64, 'a'));
}

TEST(NameTemplate, RefusesWhatIsNone) {
    for (const auto* text : {"", "ada", "{", "}", "{}", "{a", "a}", "{a}}", "{{a}}", "{a} {b}", "{a}@x", "Ada{a}"})
        EXPECT_FALSE(NameTemplate::parse(text)) << text;
    EXPECT_EQ(NameTemplate::parse("{a}-{b.c}")->claims(), (std::vector<std::string>{"a", "b.c"}));
}

TEST(MayCome, ByTheDomainOfAConfirmedAddress) {
    ProviderOptions options;
    EXPECT_TRUE(may_come(options, claims("{}")));
    options.email_domains = {"School.example", "uni.example"};
    auto comes = [&](std::string_view text) { return may_come(options, claims(text)); };
    EXPECT_TRUE(comes(R"({"email":"ada@school.example","email_verified":true})"));
    EXPECT_TRUE(comes(R"({"email":"ada@UNI.example","email_verified":true})"));
    for (const auto* text :
         {R"({"email":"ada@school.example"})", R"({"email":"ada@school.example","email_verified":false})",
          R"({"email":"ada@school.example","email_verified":"true"})",
          R"({"email":"ada@school.example","email_verified":1})",
          R"({"email":"ada@evil.example","email_verified":true})",
          R"({"email":"ada@sub.school.example","email_verified":true})",
          R"({"email":"ada@school.example@evil.example","email_verified":true})",
          R"({"email":"school.example","email_verified":true})", R"({"email":7,"email_verified":true})",
          R"({"email_verified":true})", "{}"})
        EXPECT_FALSE(comes(text)) << text;
    EXPECT_EQ(claims_asked(options), (std::vector<std::string>{"email", "email_verified"}));
}

TEST(MayCome, ByClaims) {
    ProviderOptions options;
    options.required_claims = {{"groups", "teachers"}, {"realm_access.roles", "chat"}, {"active", "true"}};
    auto comes = [&](std::string_view text) { return may_come(options, claims(text)); };
    EXPECT_TRUE(comes(R"({"groups":["staff","teachers"],"realm_access":{"roles":["chat"]},"active":true})"));
    EXPECT_TRUE(comes(R"({"groups":"teachers","realm_access":{"roles":"chat"},"active":"true"})"));
    for (const auto* text : {R"({"groups":["staff"],"realm_access":{"roles":["chat"]},"active":true})",
                             R"({"groups":["teachers"],"realm_access":{"roles":["chat"]},"active":false})",
                             R"({"groups":["teachers"],"realm_access":{"roles":["chatter"]},"active":true})",
                             R"({"groups":{"teachers":true},"realm_access":{"roles":["chat"]},"active":true})",
                             R"({"groups":["teachers"],"active":true})", R"({"groups":null})", "{}"})
        EXPECT_FALSE(comes(text)) << text;
}

TEST(DisplayName, IsOneLineOrNone) {
    EXPECT_EQ(display_name(claims(R"({"name":"Ada Lovelace"})")), "Ada Lovelace");
    EXPECT_EQ(display_name(claims(R"({"name":"سارا"})")), "سارا");
    EXPECT_EQ(display_name(claims(R"({"name":"a\nb"})")), "");
    EXPECT_EQ(display_name(claims(R"({"name":["a"]})")), "");
    EXPECT_EQ(display_name(claims("{}")), "");
    EXPECT_EQ(display_name({{"name", std::string(201, 'a')}}), "");
}

}  // namespace
}  // namespace peyk::oauth
