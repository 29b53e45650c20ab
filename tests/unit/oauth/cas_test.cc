// What CAS servers answer, and small XML documents in general. The answers that must not sign anybody in are in
// tests/pages/cas.py; here is what is read of the good ones, and what is no XML.

#include <gtest/gtest.h>

#include "oauth/providers/cas_answer.h"
#include "oauth/providers/xml.h"

namespace peyk::oauth {
namespace {

std::string answer(std::string_view inside) {
    return "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'>" + std::string(inside) +
           "</cas:serviceResponse>";
}
std::string success(std::string_view inside) {
    return answer("<cas:authenticationSuccess>" + std::string(inside) + "</cas:authenticationSuccess>");
}
json::Object claims(std::string_view inside) {
    auto read = read_cas_answer(success(inside));
    EXPECT_TRUE(read) << inside;
    return read ? *std::move(read) : json::Object();
}

TEST(CasAnswer, AttributesBecomeClaims) {
    auto found = claims(
        "<cas:user> ada </cas:user><cas:attributes>\n<cas:displayName>Ada &lt;L&gt;</cas:displayName>"
        "<cas:group>a</cas:group><cas:group>b</cas:group><cas:group>c</cas:group><cas:empty/>"
        "<cas:nested><cas:x/>text</cas:nested></cas:attributes><cas:proxyGrantingTicket>x</cas:proxyGrantingTicket>");
    EXPECT_EQ(
        json::write(found),
        R"({"displayName":"Ada <L>","group":["a","b","c"],"name":"Ada <L>","preferred_username":"ada","user":"ada"})");
}

TEST(CasAnswer, AttributesAreOptionalAndCannotNameThePerson) {
    EXPECT_EQ(json::write(claims("<cas:user>ada</cas:user>")), R"({"preferred_username":"ada","user":"ada"})");
    auto found = claims(
        "<cas:attributes><cas:user>eve</cas:user><cas:name>Ada</cas:name><cas:cn>x</cas:cn></cas:attributes>"
        "<cas:user>ada</cas:user>");
    EXPECT_EQ(json::write(found), R"({"cn":"x","name":"Ada","preferred_username":"ada","user":"ada"})");
}

TEST(CasAnswer, AttributesAreBounded) {
    std::string many =
        "<cas:user>ada</cas:user><cas:attributes><cas:long>" + std::string(kMaxCasValue + 1, 'x') + "</cas:long>";
    for (std::size_t i = 0; i < 2 * kMaxCasValues; ++i) many += "<cas:g>x</cas:g>";
    auto found = claims(many + "</cas:attributes>");
    EXPECT_EQ(found.find("g")->array()->size(), kMaxCasValues);
    EXPECT_FALSE(found.contains("long"));
}

TEST(CasAnswer, FailuresBecomeFaults) {
    auto fault = [](std::string_view code) {
        auto read = read_cas_answer(
            answer("<cas:authenticationFailure code=\"" + std::string(code) + "\">x</cas:authenticationFailure>"));
        return read.error().fault;
    };
    EXPECT_EQ(fault("INVALID_TICKET"), Fault::over);
    EXPECT_EQ(fault("INVALID_TICKET_SPEC"), Fault::untrusted);
    EXPECT_EQ(fault("INVALID_SERVICE"), Fault::mismatch);
    EXPECT_EQ(fault("INTERNAL_ERROR"), Fault::unreachable);
    EXPECT_EQ(fault(""), Fault::mismatch);
    EXPECT_EQ(read_cas_answer(answer("")).error().fault, Fault::untrusted);
}

TEST(Xml, NamespacesAreResolvedWhereTheyAreDeclared) {
    auto root = parse_xml(R"(<a xmlns="one" xmlns:p="two"><p:b xmlns:p='three'/><p:b/><c xmlns=""/></a>)");
    ASSERT_TRUE(root);
    EXPECT_TRUE(root->is("one", "a"));
    ASSERT_EQ(root->children.size(), 3U);
    EXPECT_TRUE(root->children[0].is("three", "b"));
    EXPECT_TRUE(root->children[1].is("two", "b"));
    EXPECT_TRUE(root->children[2].is("", "c"));
}

TEST(Xml, TextIsWhatStandsThere) {
    auto root = parse_xml(
        "\xef\xbb\xbf<?xml version='1.0' encoding=\"UTF-8\" ?>\n<!-- a --><?b c?>\n"
        "<a b='1 &amp; 2' c=\"'\">x&#x6c;&#246;<![CDATA[<&]]>&quot;</a >\n<!-- d -->");
    ASSERT_TRUE(root);
    EXPECT_EQ(root->text, "xl\xc3\xb6<&\"");
    EXPECT_TRUE(root->plain);
    ASSERT_EQ(root->attributes.size(), 2U);
    EXPECT_EQ(root->attributes[0].value, "1 & 2");
    EXPECT_EQ(root->attributes[1].value, "'");
    EXPECT_FALSE(parse_xml("<a>x<!-- -->y</a>")->plain);
    EXPECT_FALSE(parse_xml("<a>x<?b?>y</a>")->plain);
}

TEST(Xml, WhatIsNotWellFormedIsNothing) {
    for (std::string_view bad : {
             "",
             " ",
             "a",
             "<",
             "<a",
             "<a>",
             "</a>",
             "<a></b>",
             "<a><b></a></b>",
             "<a/><b/>",
             "<a/>x",
             "x<a/>",
             "<a b/>",
             "<a b=c/>",
             "<a b='<'/>",
             "<a b='1' b='2'/>",
             "<a b='1'c='2'/>",
             "<a b='1/>",
             "<p:a/>",
             "<a><p:b/></a>",
             "<a xmlns:p=''/>",
             "<:a/>",
             "<a:/>",
             "<a:b:c xmlns:a='x'/>",
             "<1/>",
             "< a/>",
             "<a>&</a>",
             "<a>&x;</a>",
             "<a>&#0;</a>",
             "<a>&#xD800;</a>",
             "<a>&#x110000;</a>",
             "<a>&#;</a>",
             "<a>&#x;</a>",
             "<a>&#-1;</a>",
             "<a>]]></a>",
             "<a><![CDATA[</a>",
             "<a><!-- -- --></a>",
             "<a><!-- </a>",
             "<a><?b </a>",
             "<a>\x01</a>",
             "<a>\xff</a>",
             "<!DOCTYPE a><a/>",
             "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
             "<a><!DOCTYPE a></a>",
             "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
             "<?xml version='1.0'",
             "<a>&amp</a>",
             "<a/ >",
         })
        EXPECT_FALSE(parse_xml(bad)) << bad;
}

TEST(Xml, DepthAndNumberAreLimited) {
    auto nested = [](std::size_t n) {
        std::string out;
        for (std::size_t i = 0; i < n; ++i) out += "<a>";
        for (std::size_t i = 0; i < n; ++i) out += "</a>";
        return out;
    };
    EXPECT_TRUE(parse_xml(nested(kMaxXmlDepth)));
    EXPECT_FALSE(parse_xml(nested(kMaxXmlDepth + 1)));
    EXPECT_FALSE(parse_xml(nested(1'000'000)));
    auto wide = [](std::size_t n) {
        std::string out = "<a>";
        for (std::size_t i = 0; i < n; ++i) out += "<b/>";
        return out + "</a>";
    };
    EXPECT_TRUE(parse_xml(wide(kMaxXmlElements - 1)));
    EXPECT_FALSE(parse_xml(wide(kMaxXmlElements)));
}

// However it is cut, it is read or refused, and nothing is read behind its end.
TEST(Xml, EveryPrefixIsRefused) {
    std::string whole = "<?xml version='1.0'?><p:a xmlns:p='x' b='&lt;'><!-- c --><p:d>&#65;<![CDATA[e]]></p:d></p:a>";
    ASSERT_TRUE(parse_xml(whole));
    for (std::size_t n = 0; n < whole.size(); ++n)
        EXPECT_FALSE(parse_xml(std::string(whole.substr(0, n)))) << whole.substr(0, n);
}

}  // namespace
}  // namespace peyk::oauth
