#include "core/ids.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace peyk {
namespace {

using namespace std::string_view_literals;

template <class T>
void expect_all(std::initializer_list<std::string_view> texts, bool accepted) {
    for (auto text : texts) {
        auto id = T::parse(text);
        EXPECT_EQ(id.has_value(), accepted) << text;
        if (id) {
            EXPECT_EQ(id->str(), text);
        } else {
            EXPECT_EQ(id.error().m_code, "M_INVALID_PARAM");
        }
    }
}

TEST(ServerNames, FollowTheGrammar) {
    expect_all<ServerName>(
        {"matrix.org", "matrix.org:8888", "1.2.3.4", "1.2.3.4:1234", "[1234:5678::abcd]", "[1234:5678::abcd]:5678",
         "localhost", "a", "xn--bcher-kva.example", "EXAMPLE.org", "a-b.c:1", "[::]", "[::1]:65535", "[::ffff:1.2.3.4]",
         "1.2.3", "1.2.3.4.5", "255.255.255.255", "hs1:0"},
        true);
    expect_all<ServerName>({"",
                            ":",
                            ":80",
                            "a:",
                            "a:b",
                            "a:123456",
                            "a:65536",
                            "a:-1",
                            "a:+1",
                            "a:1:2",
                            "a b",
                            "a/b",
                            "a_b",
                            "a@b",
                            "é.example",
                            "a\n",
                            "a\0"sv,
                            "[",
                            "[]",
                            "[::1",
                            "::1",
                            "[::1]x",
                            "[::1]:",
                            "[1.2.3.4]",
                            "[:::1]",
                            "[g::1]",
                            "[fe80::1%eth0]",
                            "[::1]:65536",
                            "256.1.1.1",
                            "1.2.3.999",
                            "1..3.4",
                            "1.2.3.",
                            "a:80 ",
                            " a"},
                           false);
}

TEST(UserIds, AcceptHistoricalLocalparts) {
    expect_all<UserId>({"@alice:example.org", "@a.b_c=d-e/f+g:example.org:8448", "@:example.org", "@UPPER:example.org",
                        "@sp ace:example.org", "@é日:example.org", "@\x01:example.org", "@a@b:example.org",
                        "@x:[::1]:80", "@a:1.2.3.4"},
                       true);
    expect_all<UserId>(
        {"", "@", "alice", "alice:example.org", "@alice", "@alice:", "@a\0b:example.org"sv, "@\xff:example.org",
         "@\xed\xa0\x80:example.org", "@a:exa mple.org", "@a:b:c", "#a:example.org", "@alice:example.org:"},
        false);
}

TEST(RoomIds, HaveAServerPartOrNone) {
    expect_all<RoomId>(
        {"!opaque:example.org", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM", "!x:domain", "!a b:domain"}, true);
    expect_all<RoomId>(
        {"", "!", "!:example.org", "!a:", "!a:b c", "a:example.org", "#a:example.org", "!a\0"sv, "!\xff"}, false);
    auto hashed = RoomId::parse("!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM");
    EXPECT_EQ(hashed->server(), "");
    EXPECT_EQ(hashed->localpart(), "31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM");
}

TEST(EventIds, AcceptEveryVersionsForm) {
    expect_all<EventId>(
        {"$opaque:example.org", "$CD66HAED5npg6074c6pDtLKalHjVfYb2q4Q3LZgrW6o",
         "$acR1l0raoZnm60CBwAVgqbZqoO/mYU81xysh1u7XcJk", "$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg"},
        true);
    expect_all<EventId>({"", "$", "$:a", "$a:", "abc", "!a:b", "$a\0b"sv, "$\xc0\x80"}, false);
}

TEST(RoomAliases, NeedALocalpartAndAServer) {
    expect_all<RoomAlias>({"#room:example.org", "#日本 語:example.org:80", "##a:b"}, true);
    expect_all<RoomAlias>({"", "#", "#room", "#:example.org", "#room:", "room:example.org", "#a\0:b"sv, "#\xff:b"},
                          false);
}

TEST(DeviceIds, ArePrintableText) {
    expect_all<DeviceId>({"ABCDEFGHIJ", "a device", "x", "é"}, true);
    expect_all<DeviceId>({"", "a\nb", "a\x7f", "\xff", "a\0"sv}, false);
}

TEST(RoomVersions, AreShortAndPlain) {
    expect_all<RoomVersion>({"1", "12", "org.example.v2-beta", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, true);
    expect_all<RoomVersion>({"", "A", "1 ", "1_0", "é", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, false);
}

TEST(Ids, AreAtMost255Bytes) {
    const std::string tail = ":example.org";
    EXPECT_TRUE(UserId::parse("@" + std::string(254 - tail.size(), 'a') + tail));
    EXPECT_FALSE(UserId::parse("@" + std::string(255 - tail.size(), 'a') + tail));
    // Bytes, not characters: 122 times two bytes is too much together with the rest.
    std::string accents;
    for (int i = 0; i < 122; ++i) accents += "é";
    EXPECT_FALSE(RoomAlias::parse("#" + accents + tail));
    EXPECT_TRUE(EventId::parse("$" + std::string(254, 'x')));
    EXPECT_FALSE(EventId::parse("$" + std::string(255, 'x')));
    EXPECT_TRUE(RoomId::parse("!" + std::string(254, 'x')));
    EXPECT_FALSE(RoomId::parse("!" + std::string(255, 'x')));
    EXPECT_TRUE(ServerName::parse(std::string(255, 'x')));
    EXPECT_FALSE(ServerName::parse(std::string(256, 'x')));
    EXPECT_TRUE(DeviceId::parse(std::string(255, 'x')));
    EXPECT_FALSE(DeviceId::parse(std::string(256, 'x')));
}

TEST(Ids, NameTheirPartsAndHash) {
    auto user = UserId::parse("@ada:example.org:8448");
    ASSERT_TRUE(user);
    EXPECT_EQ(user->localpart(), "ada");
    EXPECT_EQ(user->server(), "example.org:8448");
    std::unordered_set<UserId> set{*user, UserId::trusted("@ada:example.org:8448"), UserId::trusted("@b:c")};
    EXPECT_EQ(set.size(), 2u);
    EXPECT_LT(*user, UserId::trusted("@b:c"));
}

TEST(Localparts, OfNewAccountsAreOfASmallAlphabet) {
    for (auto text : {"a", "ada.lovelace_1=2-3/4+5", "0"}) EXPECT_TRUE(is_new_localpart(text)) << text;
    for (auto text : {"", "Ada", "a b", "a:b", "é", "a!"}) EXPECT_FALSE(is_new_localpart(text)) << text;
}

}  // namespace
}  // namespace peyk
