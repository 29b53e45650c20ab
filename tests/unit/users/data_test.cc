#include "support.h"

#include <algorithm>

#include "base/bytes.h"
#include "users/push_rules.h"

namespace peyk::users {
namespace {

class Data : public World {
protected:
    Data() { ada = token_of("ada"); }
    static std::string path(std::string rest) { return "/_matrix/client/v3/user/@ada:test.example/" + rest; }
    storage::Position now() { return store.db.visible(Owner::user, number("ada")); }
    std::vector<std::string> changed(storage::Position from, storage::Position to) {
        std::vector<std::string> types;
        for (const auto& item : *server->users.account_data.changes(number("ada"), from, to))
            types.push_back((item.room ? item.room->str() + " " : "") + item.type + " " + item.content);
        return types;
    }
    using Strings = std::vector<std::string>;
    std::string ada;
};

TEST_F(Data, IsStoredGloballyAndByRoom) {
    EXPECT_EQ(get(path("account_data/org.example"), ada).errcode(), "M_NOT_FOUND");
    EXPECT_EQ(put(path("account_data/org.example"), R"({"a":1})", ada).status, 200);
    EXPECT_EQ(put(path("rooms/!r:test.example/account_data/org.example"), R"({"b":2})", ada).status, 200);
    EXPECT_EQ(get(path("account_data/org.example"), ada).text, R"({"a":1})");
    EXPECT_EQ(get(path("rooms/!r:test.example/account_data/org.example"), ada).text, R"({"b":2})");
    EXPECT_EQ(get(path("rooms/!other:test.example/account_data/org.example"), ada).status, 404);
    EXPECT_EQ(get(path("rooms/nonsense/account_data/org.example"), ada).errcode(), "M_INVALID_PARAM");
    EXPECT_EQ(put(path("account_data/org.example"), "[]", ada).errcode(), "M_BAD_JSON");
    EXPECT_EQ(put(path("account_data/org.example"), "{", ada).errcode(), "M_NOT_JSON");
    EXPECT_EQ(put(path("account_data/big"), R"({"a":")" + std::string(70'000, 'x') + "\"}", ada).status, 413);
}

TEST_F(Data, BelongsToItsOwnerAlone) {
    auto eve = token_of("eve");
    put(path("account_data/org.example"), R"({"a":1})", ada);
    EXPECT_EQ(get(path("account_data/org.example"), eve).errcode(), "M_FORBIDDEN");
    EXPECT_EQ(put(path("account_data/org.example"), "{}", eve).status, 403);
    EXPECT_EQ(get(path("rooms/!r:x/tags"), eve).status, 403);
    EXPECT_EQ(put(path("rooms/!r:x/tags/u.t"), "{}", eve).status, 403);
    EXPECT_EQ(post(path("filter"), "{}", eve).status, 403);
}

TEST_F(Data, OfTheServersTypesIsReadOnly) {
    for (const char* type : {"m.fully_read", "m.push_rules"}) {
        for (std::string where : {"", "rooms/!r:test.example/"}) {
            auto answer = put(path(where + "account_data/" + type), "{}", ada);
            EXPECT_EQ(answer.status, 405) << type;
            EXPECT_EQ(answer.errcode(), "M_BAD_JSON");
        }
    }
    EXPECT_EQ(get(path("account_data/m.push_rules"), ada).status, 200);
    auto room = RoomId::trusted("!r:test.example");
    ASSERT_TRUE(
        wait(server->users.account_data.put_managed(number("ada"), room, "m.fully_read", {{"event_id", "$e"}})));
    EXPECT_EQ(get(path("rooms/!r:test.example/account_data/m.fully_read"), ada).text, R"({"event_id":"$e"})");
}

TEST_F(Data, StreamsWhatChangedBetweenPositions) {
    auto zero = now();
    put(path("account_data/one"), R"({"v":1})", ada);
    auto first = now();
    put(path("rooms/!r:test.example/account_data/two"), R"({"v":1})", ada);
    auto second = now();
    EXPECT_EQ(changed(zero, second), (Strings{R"(one {"v":1})", R"(!r:test.example two {"v":1})"}));
    EXPECT_EQ(changed(zero, first), Strings{R"(one {"v":1})"});
    EXPECT_EQ(changed(first, second), Strings{R"(!r:test.example two {"v":1})"});
    EXPECT_EQ(changed(second, second), Strings{});
    put(path("account_data/one"), R"({"v":2})", ada);
    EXPECT_EQ(changed(second, now()), Strings{R"(one {"v":2})"});
    EXPECT_EQ(changed(zero, first), Strings{}) << "it changed again later";
    EXPECT_EQ(rows(kAccountDataStream, number("ada")), 2U) << "old stream rows stay";
    auto before = now();
    put(path("account_data/one"), R"({"v":2})", ada);
    EXPECT_EQ(now(), before) << "the same content was written again";
}

TEST_F(Data, SnapshotHasEverythingAndThePushRules) {
    put(path("account_data/one"), R"({"v":1})", ada);
    put(path("rooms/!r:test.example/tags/u.x"), R"({"order":0.5})", ada);
    Strings types;
    for (const auto& item : *server->users.account_data.snapshot(number("ada"))) types.push_back(item.type);
    std::ranges::sort(types);
    EXPECT_EQ(types, (Strings{"m.push_rules", "m.tag", "one"}));
    put("/_matrix/client/v3/pushrules/global/override/.m.rule.master/enabled", R"({"enabled":true})", ada);
    EXPECT_EQ(server->users.account_data.snapshot(number("ada"))->size(), 3U);
}

TEST_F(Data, IsLimitedInNumber) {
    auto options = test_options();
    options.max_data_rows = 3;
    start(options);
    for (const char* type : {"a", "b", "c"}) EXPECT_EQ(put(path("account_data/") + type, "{}", ada).status, 200);
    EXPECT_EQ(put(path("account_data/d"), "{}", ada).status, 403);
    EXPECT_EQ(put(path("account_data/a"), R"({"new":1})", ada).status, 200);
}

TEST_F(Data, IsLimitedInBytesOfAllItemsTogether) {
    auto options = test_options();
    options.max_data_bytes = 10'000;
    start(options);
    auto text = [](std::size_t bytes) { return R"({"a":")" + std::string(bytes, 'x') + "\"}"; };
    EXPECT_EQ(put(path("account_data/a"), text(4000), ada).status, 200);
    EXPECT_EQ(put(path("rooms/!r:test.example/account_data/b"), text(4000), ada).status, 200);
    auto refused = put(path("account_data/c"), text(4000), ada);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.errcode(), "M_RESOURCE_LIMIT_EXCEEDED");
    EXPECT_NE(refused.text.find("account data is full"), std::string::npos) << refused.text;
    EXPECT_EQ(get(path("account_data/c"), ada).status, 404);
    EXPECT_EQ(put(path("account_data/a"), text(8000), ada).status, 403) << "larger in place of smaller";
    EXPECT_EQ(put(path("account_data/a"), text(10), ada).status, 200);
    EXPECT_EQ(put(path("account_data/c"), text(4000), ada).status, 200) << "what was made smaller is free again";
    EXPECT_EQ(put(path("account_data/d"), text(4000), ada).status, 403);
    start(options);
    EXPECT_EQ(put(path("account_data/d"), text(4000), ada).status, 403) << "the count lasts";
    EXPECT_EQ(put(path("rooms/!r:test.example/tags/u.x"), "{}", ada).status, 200) << "a little is left";
}

TEST_F(Data, OfBeforeBytesWereCountedIsCountedThen) {
    auto options = test_options();
    options.max_data_bytes = 10'000;
    start(options);
    auto text = R"({"a":")" + std::string(6000, 'x') + "\"}";
    EXPECT_EQ(put(path("account_data/a"), text, ada).status, 200);
    storage::Change change(store.db, Owner::user, number("ada"), store.db.epoch(Owner::user, number("ada")));
    std::string rows;
    put_varint(rows, 1);
    change.put(kUserCounters, number("ada"), "data", rows);
    ASSERT_TRUE(wait(store.db.commit(std::move(change))));
    EXPECT_EQ(put(path("account_data/b"), text, ada).errcode(), "M_RESOURCE_LIMIT_EXCEEDED");
    EXPECT_EQ(put(path("account_data/b"), "{}", ada).status, 200);
}

TEST_F(Data, OfFiltersIsLimitedInBytes) {
    auto options = test_options();
    options.max_filter_bytes = 5000;
    start(options);
    auto filter = [](char letter) { return R"({"event_fields":[")" + std::string(2000, letter) + "\"]}"; };
    EXPECT_EQ(post(path("filter"), filter('a'), ada).status, 200);
    EXPECT_EQ(post(path("filter"), filter('b'), ada).status, 200);
    auto refused = post(path("filter"), filter('c'), ada);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.errcode(), "M_RESOURCE_LIMIT_EXCEEDED");
    EXPECT_EQ(post(path("filter"), filter('a'), ada).status, 200) << "it is there already";
}

TEST_F(Data, WakesTheSyncsOfTheUser) {
    std::vector<FeedEntry> woken;
    server->feed.listen([&](const FeedEntry& entry) { woken.push_back(entry); });
    put(path("account_data/one"), "{}", ada);
    ASSERT_EQ(woken.size(), 1U);
    EXPECT_EQ(woken[0].kind, FeedEntry::Kind::user);
    EXPECT_EQ(woken[0].number, number("ada"));
    EXPECT_EQ(woken[0].position, now());
}

TEST_F(Data, TagsComeAndGo) {
    constexpr const char* tags = "rooms/!r:test.example/tags";
    EXPECT_EQ(get(path(tags), ada).text, R"({"tags":{}})");
    EXPECT_EQ(put(path(std::string(tags) + "/m.favourite"), R"({"order":0.25})", ada).status, 200);
    EXPECT_EQ(put(path(std::string(tags) + "/u.work"), "{}", ada).status, 200);
    EXPECT_EQ(get(path(tags), ada).text, R"({"tags":{"m.favourite":{"order":0.25},"u.work":{}}})");
    EXPECT_EQ(get(path("rooms/!r:test.example/account_data/m.tag"), ada).text,
              R"({"tags":{"m.favourite":{"order":0.25},"u.work":{}}})");
    EXPECT_EQ(del(path(std::string(tags) + "/m.favourite"), "", ada).status, 200);
    EXPECT_EQ(del(path(std::string(tags) + "/m.favourite"), "", ada).status, 200);
    EXPECT_EQ(get(path(tags), ada).text, R"({"tags":{"u.work":{}}})");
    EXPECT_EQ(put(path(std::string(tags) + "/" + std::string(256, 'x')), "{}", ada).errcode(), "M_INVALID_PARAM");
}

TEST_F(Data, FiltersAreKeptOnce) {
    auto first = post(path("filter"), R"({"room":{"timeline":{"limit":10}}})", ada);
    ASSERT_EQ(first.status, 200) << first.text;
    auto other = post(path("filter"), R"({"room":{"timeline":{"limit":20}}})", ada);
    EXPECT_NE(first.string("filter_id"), other.string("filter_id"));
    EXPECT_EQ(post(path("filter"), R"({ "room" : {"timeline":{"limit":10}}})", ada).string("filter_id"),
              first.string("filter_id"));
    EXPECT_EQ(get(path("filter/" + first.string("filter_id")), ada).text, R"({"room":{"timeline":{"limit":10}}})");
    for (const char* id : {"99", "x", "-1", "{}"})
        EXPECT_EQ(get(path("filter/") + id, ada).errcode(), "M_NOT_FOUND") << id;
}

TEST_F(Data, FiltersAreChecked) {
    for (const char* filter :
         {R"({"presence":"no"})", R"({"room":{"timeline":"no"}})", R"({"room":{"state":{"types":"no"}}})",
          R"({"presence":{"senders":["meep"]}})", R"({"room":{"rooms":["not a room"]}})", R"({"event_format":"x"})",
          R"({"room":{"state":{"lazy_load_members":"true"}}})", R"({"room":{"timeline":{"limit":-1}}})",
          R"({"event_fields":[1]})", R"({"room":{"include_leave":1}})"}) {
        EXPECT_EQ(post(path("filter"), filter, ada).errcode(), "M_BAD_JSON") << filter;
    }
    EXPECT_EQ(post(path("filter"), R"({"org.example":{"later":true}})", ada).status, 200);
}

class Profile : public Data {
protected:
    Answer set(std::string key, std::string value) {
        return put("/_matrix/client/v3/profile/@ada:test.example/" + key, "{\"" + key + "\":" + value + "}", ada);
    }
    Answer read(std::string key = {}) {
        return get("/_matrix/client/v3/profile/@ada:test.example" + (key.empty() ? "" : "/" + key));
    }
};

TEST_F(Profile, HasAnyField) {
    EXPECT_EQ(read().text, R"({"displayname":"ada"})");
    EXPECT_EQ(set("displayname", R"("Ada L.")").status, 200);
    EXPECT_EQ(set("avatar_url", R"("mxc://test.example/abc")").status, 200);
    EXPECT_EQ(set("org.example.job", R"({"title":"x"})").status, 200);
    EXPECT_EQ(read("displayname").text, R"({"displayname":"Ada L."})");
    EXPECT_EQ(read().text,
              R"({"avatar_url":"mxc://test.example/abc","displayname":"Ada L.","org.example.job":{"title":"x"}})");
    EXPECT_EQ(del("/_matrix/client/v3/profile/@ada:test.example/org.example.job", "", ada).status, 200);
    EXPECT_EQ(del("/_matrix/client/v3/profile/@ada:test.example/org.example.job", "", ada).status, 200);
    EXPECT_EQ(read("org.example.job").errcode(), "M_NOT_FOUND");
    EXPECT_EQ(set("displayname", "null").status, 200);
    EXPECT_EQ(read("displayname").status, 404);
    EXPECT_EQ(get("/_matrix/client/v3/profile/@nobody:test.example").status, 404);
    EXPECT_EQ(get("/_matrix/client/v3/profile/@ada:elsewhere.example").status, 404);
}

TEST_F(Profile, FieldsAreChecked) {
    EXPECT_EQ(set("displayname", "7").errcode(), "M_BAD_JSON");
    EXPECT_EQ(set("displayname", "\"" + std::string(257, 'x') + "\"").errcode(), "M_INVALID_PARAM");
    EXPECT_EQ(set("avatar_url", R"("https://example.org/a.png")").errcode(), "M_INVALID_PARAM");
    EXPECT_EQ(set("avatar_url", R"("mxc://test.example/../x")").errcode(), "M_INVALID_PARAM");
    EXPECT_EQ(set("a" + std::string(255, 'b'), "1").errcode(), "M_KEY_TOO_LARGE");
    EXPECT_EQ(set("Upper", "1").errcode(), "M_INVALID_PARAM");
    EXPECT_EQ(put("/_matrix/client/v3/profile/@ada:test.example/m.tz", "{}", ada).errcode(), "M_MISSING_PARAM");
    EXPECT_EQ(put("/_matrix/client/v3/profile/@ada:test.example/displayname", R"({"displayname":"x"})", token_of("eve"))
                  .status,
              403);
}

TEST_F(Profile, IsUnder64KiBInAll) {
    auto half = "\"" + std::string(32 * 1024, 'x') + "\"";
    EXPECT_EQ(set("org.example.one", half).status, 200);
    auto refused = set("org.example.two", half);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.errcode(), "M_PROFILE_TOO_LARGE");
    EXPECT_EQ(read("org.example.two").status, 404);
    std::size_t rest = 64 * 1024 - 1 - read().text.size() - std::string(R"(,"org.example.two":"")").size();
    EXPECT_EQ(set("org.example.two", "\"" + std::string(rest + 1, 'x') + "\"").status, 400);
    EXPECT_EQ(set("org.example.two", "\"" + std::string(rest, 'x') + "\"").status, 200);
}

TEST_F(Profile, ChangesOfNameAndAvatarAreToldOnce) {
    struct Witness final : ProfileObserver {
        Task<void> profile_changed(Caller caller, std::optional<std::string> name,
                                   std::optional<std::string> avatar) override {
            heard.push_back(caller.user.str() + "/" + name.value_or("-") + "/" + avatar.value_or("-"));
            co_return;
        }
        std::vector<std::string> heard;
    } witness;
    start(test_options(), {nullptr, &witness, nullptr});
    set("displayname", R"("A")");
    set("displayname", R"("A")");
    set("org.example.job", "1");
    set("avatar_url", R"("mxc://test.example/abc")");
    set("displayname", "null");
    EXPECT_EQ(witness.heard, (Strings{"@ada:test.example/A/-", "@ada:test.example/A/mxc://test.example/abc",
                                      "@ada:test.example/-/mxc://test.example/abc"}));
    start(test_options());
}

TEST_F(Profile, IsFoundInTheDirectoryByItsWholeNameOnly) {
    auto search = [&](std::string term) {
        auto answer = post("/_matrix/client/v3/user_directory/search", R"({"search_term":")" + term + "\"}", ada);
        return json::write(*answer.body.get("results"));
    };
    token_of("bertha");
    EXPECT_EQ(search("@bertha:test.example"), R"([{"display_name":"bertha","user_id":"@bertha:test.example"}])");
    EXPECT_EQ(search("bertha"), R"([{"display_name":"bertha","user_id":"@bertha:test.example"}])");
    EXPECT_EQ(search("berth"), "[]");
    EXPECT_EQ(search(""), "[]");
}

class Rules : public Data {
protected:
    static std::string rule(std::string rest) { return "/_matrix/client/v3/pushrules/global/" + rest; }
    Strings ids(std::string kind) {
        auto all = get("/_matrix/client/v3/pushrules/", ada);
        Strings out;
        for (const auto& each : *all.body.get_path({"global", kind})->array())
            out.push_back(std::string(*each.get_string("rule_id")));
        return out;
    }
};

TEST_F(Rules, BeginWithTheDefaults) {
    EXPECT_EQ(ids("override"),
              (Strings{".m.rule.master", ".m.rule.suppress_notices", ".m.rule.invite_for_me", ".m.rule.member_event",
                       ".m.rule.is_user_mention", ".m.rule.is_room_mention", ".m.rule.tombstone", ".m.rule.reaction",
                       ".m.rule.room.server_acl", ".m.rule.poll_response", ".org.matrix.msc3930.rule.poll_response",
                       ".m.rule.suppress_edits"}));
    EXPECT_EQ(ids("underride"),
              (Strings{".m.rule.call", ".m.rule.encrypted_room_one_to_one", ".m.rule.room_one_to_one",
                       ".m.rule.message", ".m.rule.encrypted", ".m.rule.poll_start_one_to_one", ".m.rule.poll_start",
                       ".m.rule.poll_end_one_to_one", ".m.rule.poll_end",
                       ".org.matrix.msc3930.rule.poll_start_one_to_one", ".org.matrix.msc3930.rule.poll_start",
                       ".org.matrix.msc3930.rule.poll_end_one_to_one", ".org.matrix.msc3930.rule.poll_end"}));
    for (const char* kind : {"content", "room", "sender"}) EXPECT_EQ(ids(kind), Strings{});
    auto invite = get(rule("override/.m.rule.invite_for_me"), ada);
    EXPECT_EQ(invite.body.get_array("conditions")->at(2).get_string("pattern"), "@ada:test.example");
    auto mention = get(rule("override/.m.rule.is_user_mention"), ada);
    EXPECT_EQ(mention.body.get_array("conditions")->at(0).get_string("value"), "@ada:test.example");
    EXPECT_EQ(mention.body.get_array("conditions")->at(0).get_string("key"), "content.m\\.mentions.user_ids");
    EXPECT_EQ(get("/_matrix/client/v3/pushrules/global/", ada).body.get_array("override")->size(), 12U);
    EXPECT_EQ(get("/_matrix/client/r0/pushrules/", ada).status, 200);
    EXPECT_EQ(get(rule("override/"), ada).body.array()->size(), 12U);
}

TEST_F(Rules, AreOnlyWhereTheSpecificationHasThem) {
    const std::string base = "/_matrix/client/v3/pushrules";
    EXPECT_EQ(get(base, ada).status, 404);
    for (const char* path : {"/global", "/global/room", "/other/", "/global/nokind/", "/other/room/x",
                             "/global/override/.m.rule.master/color"}) {
        EXPECT_EQ(get(base + path, ada).status, 400) << path;
        EXPECT_EQ(put(base + path, R"({"actions":[]})", ada).status, 400) << path;
    }
    EXPECT_EQ(put(base + "/", "{}", ada).status, 400);
    EXPECT_EQ(del(base + "/global/room", "", ada).status, 400);
    EXPECT_EQ(get(base + "/global").status, 401);
}

TEST_F(Rules, OfTheUserStandBehindTheMasterAndBeforeTheDefaults) {
    EXPECT_EQ(put(rule("override/one"), R"({"actions":["notify"],"conditions":[]})", ada).status, 200);
    EXPECT_EQ(put(rule("override/two"), R"({"actions":[]})", ada).status, 200);
    auto order = ids("override");
    EXPECT_EQ(Strings(order.begin(), order.begin() + 4),
              (Strings{".m.rule.master", "two", "one", ".m.rule.suppress_notices"}));
    auto one = get(rule("override/one"), ada);
    EXPECT_EQ(one.body.get_bool("default"), false);
    EXPECT_EQ(one.body.get_bool("enabled"), true);
}

TEST_F(Rules, CanBePlacedByEachOther) {
    auto add = [&](std::string id, std::string query = {}) {
        return put(rule("content/" + id + query), R"({"actions":["notify"],"pattern":"x"})", ada).status;
    };
    add("a");
    add("b");
    EXPECT_EQ(ids("content"), (Strings{"b", "a"}));
    EXPECT_EQ(add("c", "?after=b"), 200);
    EXPECT_EQ(ids("content"), (Strings{"b", "c", "a"}));
    EXPECT_EQ(add("a", "?before=b"), 200);
    EXPECT_EQ(ids("content"), (Strings{"a", "b", "c"}));
    EXPECT_EQ(add("d", "?before=c&after=a"), 200);
    EXPECT_EQ(ids("content"), (Strings{"a", "b", "d", "c"}));
    EXPECT_EQ(add("e", "?before=missing"), 404);
    EXPECT_EQ(add("e", "?before=.m.rule.master"), 400);
    EXPECT_EQ(ids("content").size(), 4U);
    EXPECT_EQ(del(rule("content/b"), "", ada).status, 200);
    EXPECT_EQ(del(rule("content/b"), "", ada).status, 404);
    EXPECT_EQ(ids("content"), (Strings{"a", "d", "c"}));
}

TEST_F(Rules, CanBeSwitchedAndGivenActions) {
    EXPECT_EQ(get(rule("override/.m.rule.master/enabled"), ada).body.get_bool("enabled"), false);
    EXPECT_EQ(put(rule("override/.m.rule.master/enabled"), R"({"enabled":true})", ada).status, 200);
    EXPECT_EQ(get(rule("override/.m.rule.master/enabled"), ada).body.get_bool("enabled"), true);
    EXPECT_EQ(put(rule("underride/.m.rule.message/actions"), R"({"actions":["notify",{"set_tweak":"highlight"}]})", ada)
                  .status,
              200);
    EXPECT_EQ(get(rule("underride/.m.rule.message/actions"), ada).text,
              R"({"actions":["notify",{"set_tweak":"highlight"}]})");
    EXPECT_EQ(del(rule("underride/.m.rule.message"), "", ada).status, 400);
    put(rule("room/!r:test.example"), R"({"actions":[]})", ada);
    put(rule("room/!r:test.example/enabled"), R"({"enabled":false})", ada);
    put(rule("room/!r:test.example"), R"({"actions":["notify"]})", ada);
    auto kept = get(rule("room/!r:test.example"), ada);
    EXPECT_EQ(kept.body.get_bool("enabled"), false) << "an update must not switch a rule on";
    EXPECT_EQ(kept.body.get_array("actions")->size(), 1U);
}

TEST_F(Rules, AreChecked) {
    auto code = [&](std::string where, std::string body) { return put(rule(where), body, ada).errcode(); };
    EXPECT_EQ(code("nokind/x", R"({"actions":[]})"), "M_INVALID_PARAM");
    EXPECT_EQ(code("override/.mine", R"({"actions":[]})"), "M_INVALID_PARAM");
    EXPECT_EQ(code("override/x", "{}"), "M_MISSING_PARAM");
    EXPECT_EQ(code("override/x", R"({"actions":"notify"})"), "M_BAD_JSON");
    EXPECT_EQ(code("override/x", R"({"actions":["stuff"]})"), "M_INVALID_PARAM");
    EXPECT_EQ(code("override/x", R"({"actions":[{"no":"tweak"}]})"), "M_INVALID_PARAM");
    EXPECT_EQ(code("override/x", R"({"actions":[],"conditions":[{}]})"), "M_MISSING_PARAM");
    auto condition = [&](std::string text) {
        return code("override/x", R"({"actions":[],"conditions":[)" + text + "]}");
    };
    EXPECT_EQ(condition(R"({"kind":"event_match","key":5,"pattern":"x"})"), "M_BAD_JSON");
    EXPECT_EQ(condition(R"({"kind":"event_match","key":"type"})"), "M_MISSING_PARAM");
    EXPECT_EQ(condition(R"({"kind":"event_property_is","key":"type","value":[]})"), "M_BAD_JSON");
    EXPECT_EQ(condition(R"({"kind":"room_member_count","is":2})"), "M_BAD_JSON");
    EXPECT_EQ(code("content/x", R"({"actions":[]})"), "M_MISSING_PARAM");
    EXPECT_EQ(code("room/no%5Croom", R"({"actions":[]})"), "M_INVALID_PARAM");
    EXPECT_EQ(code("room/%23no:room", R"({"actions":[]})"), "<none>");
    EXPECT_EQ(del(rule("room/%23no:room"), "", ada).status, 200);
    EXPECT_EQ(get(rule("override/missing"), ada).errcode(), "M_NOT_FOUND");
    EXPECT_EQ(put(rule("override/missing/enabled"), R"({"enabled":true})", ada).status, 404);
    EXPECT_EQ(put(rule("override/missing/actions"), R"({"actions":[]})", ada).status, 404);
    auto options = test_options();
    options.max_push_rules = 1;
    start(options);
    EXPECT_EQ(code("override/x", R"({"actions":[]})"), "<none>");
    EXPECT_EQ(code("content/y", R"({"actions":[],"pattern":"y"})"), "M_TOO_LARGE");
}

TEST_F(Rules, ChangesReachTheStreamAsTheWholeRuleset) {
    auto before = now();
    put(rule("override/one"), R"({"actions":[]})", ada);
    auto changes = *server->users.account_data.changes(number("ada"), before, now());
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].type, "m.push_rules");
    auto content = *json::parse(changes[0].content);
    EXPECT_EQ(content.get_path({"global", "override"})->array()->size(), 13U);
}

class PusherList : public Data {
protected:
    static std::string body(std::string more = {}) {
        return R"({"kind":"http","app_id":"org.app","pushkey":"key","app_display_name":"a","device_display_name":"d","lang":"en","data":{"url":"https://push.example/_matrix/push/v1/notify","format":"event_id_only","x":1})" +
               more + "}";
    }
    std::size_t count(const std::string& token) {
        return get("/_matrix/client/v3/pushers", token).body.get_array("pushers")->size();
    }
};

TEST_F(PusherList, HoldsWhatWasSet) {
    EXPECT_EQ(post("/_matrix/client/v3/pushers/set", body(), ada).status, 200);
    auto all = get("/_matrix/client/v3/pushers", ada);
    ASSERT_EQ(all.body.get_array("pushers")->size(), 1U);
    EXPECT_EQ(all.body.get_array("pushers")->at(0).get_path({"data", "x"})->integer(), 1);
    EXPECT_EQ(post("/_matrix/client/v3/pushers/set", R"({"kind":null,"app_id":"org.app","pushkey":"key"})", ada).status,
              200);
    EXPECT_EQ(count(ada), 0U);
}

TEST_F(PusherList, MovesToWhoeverSetsItLast) {
    auto eve = token_of("eve");
    auto bob = token_of("bob");
    post("/_matrix/client/v3/pushers/set", body(), ada);
    post("/_matrix/client/v3/pushers/set", body(R"(,"append":true)"), eve);
    EXPECT_EQ(count(ada) + count(eve), 2U);
    post("/_matrix/client/v3/pushers/set", body(), bob);
    EXPECT_EQ(count(ada) + count(eve), 0U);
    EXPECT_EQ(count(bob), 1U);
}

TEST_F(PusherList, IsChecked) {
    auto code = [&](std::string text) { return post("/_matrix/client/v3/pushers/set", text, ada).errcode(); };
    EXPECT_EQ(code(R"({"kind":"http"})"), "M_MISSING_PARAM");
    EXPECT_EQ(code(R"({"kind":"http","app_id":"a","pushkey":"k"})"), "M_MISSING_PARAM");
    auto with = [&](std::string from, std::string to) {
        auto text = body();
        text.replace(text.find(from), from.size(), to);
        return code(text);
    };
    EXPECT_EQ(with("\"http\"", "\"email\""), "M_INVALID_PARAM");
    EXPECT_EQ(code(body(R"(,"append":"yes")")), "M_BAD_JSON")
        << "read as false, it would take the pushers of others away";
    EXPECT_EQ(with("https://push.example/_matrix/push/v1/notify", "https://push.example/other"), "M_INVALID_PARAM");
    EXPECT_EQ(with("\"key\"", "\"" + std::string(513, 'k') + "\""), "M_INVALID_PARAM");
    EXPECT_EQ(count(ada), 0U);
}

}  // namespace
}  // namespace peyk::users
