#include "base/bytes.h"
#include "keys/migrations.h"
#include "keys/tables.h"
#include "unit/keys/fixture.h"

namespace peyk::keys::testing {
namespace {

// ---- Which of two keys for one session is kept

struct Replacement {
    KeyRank held;
    KeyRank offered;
    bool replaced;
};
class ReplacementRule : public ::testing::TestWithParam<Replacement> {};

TEST_P(ReplacementRule, KeepsTheBetterKey) {
    const auto& [held, offered, replaced] = GetParam();
    EXPECT_EQ(replaces(held, offered), replaced);
    // Of two different keys, one is better, whichever was first.
    if (held != offered) EXPECT_EQ(replaces(offered, held), !replaced);
}
INSTANTIATE_TEST_SUITE_P(
    Spec, ReplacementRule,
    ::testing::Values(Replacement{{false, 5, 5}, {true, 9, 9}, true},    // verified wins over all else
                      Replacement{{true, 9, 9}, {false, 0, 0}, false},   //
                      Replacement{{false, 5, 0}, {false, 4, 9}, true},   // then the lower index
                      Replacement{{true, 5, 0}, {true, 4, 9}, true},     //
                      Replacement{{false, 4, 9}, {false, 5, 0}, false},  //
                      Replacement{{false, 4, 3}, {false, 4, 2}, true},   // then the lower count
                      Replacement{{true, 4, 2}, {true, 4, 3}, false},    //
                      Replacement{{false, 4, 2}, {false, 4, 2}, false},  // the same: nothing to do
                      Replacement{{true, 0, 0}, {true, 0, 0}, false}));

// ---- The routes

class BackupTest : public KeysTest {
protected:
    static constexpr std::string_view kAlice = "alice|A";
    std::string create() {
        auto answer = post("/room_keys/version", kAlice, R"({"algorithm":"m.megolm_backup.v1.curve25519-aes-sha2",
            "auth_data":{"public_key":"abcdefg"}})");
        EXPECT_EQ(answer.status, 200);
        auto version = at(answer.body, {"version"});
        return version.string() ? *version.string() : "";
    }
    static json::Object session(int index = 0, bool verified = false, int forwarded = 0) {
        return {{"first_message_index", index},
                {"forwarded_count", forwarded},
                {"is_verified", verified},
                {"session_data", json::Object{{"ciphertext", fmt::format("secret {}", index)}}}};
    }
    Answer put_session(std::string_view room, std::string_view id, std::string_view version, json::Object data) {
        return put(fmt::format("/room_keys/keys/{}/{}?version={}", room, id, version), kAlice, json::write(data));
    }
    std::int64_t count(std::string_view version) {
        return at(get(fmt::format("/room_keys/version/{}", version), kAlice).body, {"count"}).integer().value_or(-1);
    }
    std::string etag(std::string_view version) {
        auto value = at(get(fmt::format("/room_keys/version/{}", version), kAlice).body, {"etag"});
        return value.string() ? *value.string() : "";
    }
};

TEST_F(BackupTest, WithoutABackupThereIsNone) {
    for (const char* path : {"/room_keys/version", "/room_keys/version/1", "/room_keys/keys?version=1",
                             "/room_keys/keys/!r:here?version=1", "/room_keys/keys/!r:here/s?version=1"}) {
        auto answer = get(path, kAlice);
        EXPECT_EQ(answer.status, 404) << path;
        EXPECT_EQ(answer.errcode(), "M_NOT_FOUND") << path;
    }
    EXPECT_EQ(put_session("!r:here", "s", "1", session()).status, 404);
    EXPECT_EQ(del("/room_keys/keys?version=1", kAlice).status, 404);
    EXPECT_EQ(del("/room_keys/version/1", kAlice).status, 404);
}

TEST_F(BackupTest, VersionsAreCreatedReadUpdatedAndDeleted) {
    auto first = create();
    auto second = create();
    EXPECT_NE(first, second);
    auto latest = get("/room_keys/version", kAlice);
    EXPECT_EQ(latest.body, object(fmt::format(R"({{"algorithm":"m.megolm_backup.v1.curve25519-aes-sha2",
        "auth_data":{{"public_key":"abcdefg"}},"count":0,"etag":"0","version":"{}"}})",
                                              second)));

    auto target = fmt::format("/room_keys/version/{}", first);
    auto same = R"({"algorithm":"m.megolm_backup.v1.curve25519-aes-sha2","auth_data":{"public_key":"new"}})";
    EXPECT_EQ(put(target, kAlice, same).status, 200);
    EXPECT_EQ(at(get(target, kAlice).body, {"auth_data", "public_key"}), json::Value("new"));
    EXPECT_EQ(put(target, kAlice, R"({"algorithm":"m.other","auth_data":{}})").errcode(), "M_INVALID_PARAM");
    auto wrong = R"({"algorithm":"m.megolm_backup.v1.curve25519-aes-sha2","auth_data":{},"version":"77"})";
    EXPECT_EQ(put(target, kAlice, wrong).errcode(), "M_INVALID_PARAM");
    EXPECT_EQ(put("/room_keys/version/99", kAlice, same).errcode(), "M_NOT_FOUND");

    EXPECT_EQ(del(fmt::format("/room_keys/version/{}", second), kAlice).status, 200);
    EXPECT_EQ(del(fmt::format("/room_keys/version/{}", second), kAlice).status, 200);  // deleted before
    EXPECT_EQ(get(fmt::format("/room_keys/version/{}", second), kAlice).status, 404);
    EXPECT_EQ(at(get("/room_keys/version", kAlice).body, {"version"}), json::Value(first));
    // A number is never given twice.
    auto third = create();
    EXPECT_NE(third, second);
}

TEST_F(BackupTest, OneSessionIsStoredReadAndDeleted) {
    auto version = create();
    auto stored = put_session("!r:here", "s1", version, session(3));
    EXPECT_EQ(stored.status, 200);
    EXPECT_EQ(at(stored.body, {"count"}).integer(), 1);
    auto path = fmt::format("/room_keys/keys/!r:here/s1?version={}", version);
    EXPECT_EQ(get(path, kAlice).body, session(3));
    EXPECT_EQ(get(fmt::format("/room_keys/keys/!r:here/none?version={}", version), kAlice).errcode(), "M_NOT_FOUND");
    EXPECT_EQ(at(del(path, kAlice).body, {"count"}).integer(), 0);
    EXPECT_EQ(get(path, kAlice).status, 404);
    EXPECT_EQ(del(path, kAlice).status, 200);
}

TEST_F(BackupTest, ARoomsSessionsAreStoredReadAndDeleted) {
    auto version = create();
    auto path = fmt::format("/room_keys/keys/!r:here?version={}", version);
    EXPECT_EQ(get(path, kAlice).body, object(R"({"sessions":{}})"));
    json::Object sessions{{"s1", session(1)}, {"s2", session(2)}};
    EXPECT_EQ(at(put(path, kAlice, json::write(json::Object{{"sessions", sessions}})).body, {"count"}).integer(), 2);
    put_session("!other:here", "s1", version, session());
    EXPECT_EQ(get(path, kAlice).body, (json::Object{{"sessions", sessions}}));
    EXPECT_EQ(at(del(path, kAlice).body, {"count"}).integer(), 1);
    EXPECT_EQ(get(path, kAlice).body, object(R"({"sessions":{}})"));
}

TEST_F(BackupTest, AllSessionsAreStoredReadAndDeleted) {
    auto version = create();
    auto path = fmt::format("/room_keys/keys?version={}", version);
    EXPECT_EQ(get(path, kAlice).body, object(R"({"rooms":{}})"));
    json::Object rooms;
    for (const char* room : {"!a:here", "!b:here", "!c"})
        rooms.set(room, json::Object{{"sessions", json::Object{{"s1", session(1)}, {"s2", session(2)}}}});
    EXPECT_EQ(at(put(path, kAlice, json::write(json::Object{{"rooms", rooms}})).body, {"count"}).integer(), 6);
    EXPECT_EQ(get(path, kAlice).body, (json::Object{{"rooms", rooms}}));
    EXPECT_EQ(at(del(path, kAlice).body, {"count"}).integer(), 0);
    EXPECT_EQ(get(path, kAlice).body, object(R"({"rooms":{}})"));
}

TEST_F(BackupTest, TheEtagChangesWithTheContentOnly) {
    auto version = create();
    auto empty = etag(version);
    put_session("!r:here", "s", version, session(5));
    auto one = etag(version);
    EXPECT_NE(one, empty);
    auto worse = put_session("!r:here", "s", version, session(7));
    EXPECT_EQ(at(worse.body, {"etag"}), json::Value(one));
    EXPECT_EQ(etag(version), one);
    auto better = put_session("!r:here", "s", version, session(2));
    EXPECT_NE(etag(version), one);
    EXPECT_EQ(at(better.body, {"etag"}), json::Value(etag(version)));
    EXPECT_EQ(count(version), 1);
    auto path = fmt::format("/room_keys/keys/!r:here/s?version={}", version);
    EXPECT_EQ(at(get(path, kAlice).body, {"first_message_index"}).integer(), 2);
    del(fmt::format("/room_keys/keys/!none:here?version={}", version), kAlice);
    EXPECT_EQ(at(better.body, {"etag"}), json::Value(etag(version)));
    del(path, kAlice);
    EXPECT_NE(at(better.body, {"etag"}), json::Value(etag(version)));
}

TEST_F(BackupTest, OnlyTheLatestVersionIsWrittenTo) {
    auto first = create();
    put_session("!r:here", "s", first, session());
    auto second = create();
    auto refused = put_session("!r:here", "s2", first, session());
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.errcode(), "M_WRONG_ROOM_KEYS_VERSION");
    EXPECT_EQ(at(refused.body, {"current_version"}), json::Value(second));
    EXPECT_EQ(put_session("!r:here", "s", "12345", session()).errcode(), "M_NOT_FOUND");
    EXPECT_EQ(put("/room_keys/keys/!r:here/s", kAlice, json::write(session())).errcode(), "M_MISSING_PARAM");
    // The old one can still be read.
    EXPECT_EQ(get(fmt::format("/room_keys/keys/!r:here/s?version={}", first), kAlice).status, 200);
    EXPECT_EQ(count(first), 1);
    EXPECT_EQ(count(second), 0);
}

TEST_F(BackupTest, ThousandsOfSessionsAreStoredAndReadBack) {
    constexpr int kRooms = 30, kSessions = 100;
    auto version = create();
    json::Object rooms;
    for (int r = 0; r < kRooms; ++r) {
        json::Object sessions;
        for (int s = 0; s < kSessions; ++s) {
            auto data = session(s);
            // Not compressible, as ciphertext is not: more than one change is needed.
            data.set("session_data", json::Object{{"ciphertext", random_.alphanumeric(800)}});
            sessions.set(fmt::format("s{}", s), std::move(data));
        }
        rooms.set(fmt::format("!{}:here", r), json::Object{{"sessions", std::move(sessions)}});
    }
    auto body = json::Object{{"rooms", rooms}};
    auto path = fmt::format("/room_keys/keys?version={}", version);
    auto answer = put(path, kAlice, json::write(body));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(at(answer.body, {"count"}).integer(), kRooms * kSessions);
    EXPECT_EQ(get(path, kAlice).body, body);
    EXPECT_EQ(count(version), kRooms * kSessions);
    EXPECT_EQ(at(del(path, kAlice).body, {"count"}).integer(), 0);
    EXPECT_EQ(get(path, kAlice).body, object(R"({"rooms":{}})"));
}

TEST_F(BackupTest, AnUploadThatFailsHalfWayLeavesATrueCount) {
    auto version = create();
    std::vector<BackupSession> sessions;
    for (int i = 0; i < 3000; ++i)
        sessions.push_back({"!r:here", fmt::format("s{}", i), {}, fmt::format("\"{}\"", random_.alphanumeric(900))});
    store_.fail_after(1);
    ASSERT_FALSE(run(keys_->backup().put(number(user_id("alice")), version, sessions)).has_value());
    store_.heal();

    std::int64_t stored = 0;
    auto each = [&](const BackupSession&) { ++stored; };
    ASSERT_TRUE(keys_->backup().read(number(user_id("alice")), version, {}, each).has_value());
    EXPECT_GT(stored, 0);
    EXPECT_LT(stored, 3000);
    EXPECT_EQ(count(version), stored);
    // And the repetition completes it.
    auto again = run(keys_->backup().put(number(user_id("alice")), version, std::move(sessions)));
    EXPECT_EQ(again.value().count, 3000);
}

TEST_F(BackupTest, ADeletionThatACrashCutShortIsFinishedAtTheStart) {
    auto version = create();
    put_session("!r:here", "s", version, session());
    store_.fail_after(1);  // the mark is durable, the rest is not
    EXPECT_GE(del(fmt::format("/room_keys/version/{}", version), kAlice).status, 500);
    store_.heal();
    restart();
    EXPECT_EQ(get("/room_keys/version", kAlice).status, 404);
    auto user = number(user_id("alice"));
    EXPECT_FALSE(db().scan_prefix(kBackupSessions, user, {}, 10).value().empty());
    ASSERT_TRUE(run(keys_->recover()).has_value());
    EXPECT_TRUE(db().scan_prefix(kBackupSessions, user, {}, 10).value().empty());
    EXPECT_EQ(del(fmt::format("/room_keys/version/{}", version), kAlice).status, 200);
}

TEST_F(BackupTest, UsersDoNotSeeEachOthersBackups) {
    auto version = create();
    put_session("!r:here", "s", version, session());
    EXPECT_EQ(get("/room_keys/version", "bob|B").status, 404);
    EXPECT_EQ(get(fmt::format("/room_keys/keys?version={}", version), "bob|B").status, 404);
}

TEST_F(BackupTest, RoomIdsAndSecretsDoNotStandInTheStoreInClear) {
    auto version = create();
    put_session("!canary:here", "sessioncanary", version, session());
    for (std::uint16_t shard = 0; shard < storage::Shard::kCount; ++shard) {
        for (const auto& row : store_.scan({shard}, {}, {}, 1000).value()) {
            EXPECT_EQ((row.key + row.value).find("canary"), std::string::npos);
            EXPECT_EQ((row.key + row.value).find("secret"), std::string::npos);
        }
    }
}

class PoisonSessions : public BackupTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(PoisonSessions, AreRefused) {
    auto version = create();
    auto answer = put(fmt::format("/room_keys/keys/!r:here/s?version={}", version), kAlice, GetParam());
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.errcode(), "M_BAD_JSON");
    auto room = put(fmt::format("/room_keys/keys/!r:here?version={}", version), kAlice,
                    fmt::format(R"({{"sessions":{{"good":{},"s":{}}}}})", json::write(session()), GetParam()));
    EXPECT_EQ(room.status, 400);
    EXPECT_EQ(count(version), 0);
}
INSTANTIATE_TEST_SUITE_P(
    Shapes, PoisonSessions,
    ::testing::Values(R"({})",
                      R"({"first_message_index":null,"forwarded_count":0,"is_verified":true,"session_data":{}})",
                      R"({"first_message_index":-1,"forwarded_count":0,"is_verified":true,"session_data":{}})",
                      R"({"first_message_index":1.5,"forwarded_count":0,"is_verified":true,"session_data":{}})",
                      R"({"first_message_index":0,"forwarded_count":"0","is_verified":true,"session_data":{}})",
                      R"({"first_message_index":0,"forwarded_count":0,"is_verified":1,"session_data":{}})",
                      R"({"first_message_index":0,"forwarded_count":0,"is_verified":true,"session_data":null})",
                      R"({"first_message_index":0,"forwarded_count":0,"is_verified":true})"));

TEST_F(BackupTest, WrongShapesOfLargerUploadsAreRefused) {
    auto version = create();
    auto all = fmt::format("/room_keys/keys?version={}", version);
    for (const char* body :
         {R"({})", R"({"rooms":null})", R"({"rooms":{"!r:here":null}})", R"({"rooms":{"noroom":{}}})",
          R"({"rooms":{"!r:here":{}}})", R"({"rooms":{"!r:here":{"sessions":{"s":null}}}})"})
        EXPECT_EQ(put(all, kAlice, body).status, 400) << body;
    auto huge = session();
    huge.set("session_data", json::Object{{"ciphertext", std::string(limits_.backup_session_bytes, 'x')}});
    EXPECT_EQ(put_session("!r:here", "s", version, huge).status, 413);
    for (const char* body : {R"({})", R"({"algorithm":1,"auth_data":{}})", R"({"algorithm":"m.x","auth_data":null})"})
        EXPECT_EQ(post("/room_keys/version", kAlice, body).status, 400) << body;
}

// ---- What an account may keep

class BackupQuota : public BackupTest {
protected:
    BackupQuota() {
        limits_.backup_bytes = 10'000;
        restart();
    }
    static json::Object large(int index, std::size_t bytes = 2000) {
        auto data = session(index);
        data.set("session_data", json::Object{{"ciphertext", std::string(bytes, 'x')}});
        return data;
    }
    // How many sessions of two thousand bytes go in; the one that does not says why.
    int fill(std::string_view version, int from = 0) {
        for (int i = from;; ++i) {
            auto answer = put_session("!r:here", fmt::format("s{}", i), version, large(0));
            if (answer.status == 200) continue;
            EXPECT_EQ(answer.status, 403);
            EXPECT_EQ(answer.errcode(), "M_RESOURCE_LIMIT_EXCEEDED");
            EXPECT_NE(at(answer.body, {"error"}).string()->find("key backup is full"), std::string::npos);
            return i - from;
        }
    }
};

TEST_F(BackupQuota, IsOfTheAccountWithAllItsVersions) {
    auto first = create();
    EXPECT_EQ(fill(first), 4);
    EXPECT_EQ(count(first), 4);
    auto second = create();
    EXPECT_EQ(put_session("!r:here", "new", second, large(0)).status, 403) << "an old version counts too";
    EXPECT_EQ(put_session("!r:here", "small", second, session()).status, 200) << "a small key fits still";
    EXPECT_EQ(del("/room_keys/version/" + first, kAlice).status, 200);
    EXPECT_EQ(fill(second), 4) << "what was deleted is free again";
    restart();
    EXPECT_EQ(fill(second, 4), 0) << "the count lasts";
    EXPECT_EQ(del(fmt::format("/room_keys/keys/!r:here/s0?version={}", second), kAlice).status, 200);
    EXPECT_EQ(fill(second, 10), 1);
    // Others have their own.
    EXPECT_EQ(post("/room_keys/version", "bob|B", R"({"algorithm":"m.x","auth_data":{}})").status, 200);
    EXPECT_EQ(put("/room_keys/keys/!r:here/s?version=1", "bob|B", json::write(large(0))).status, 200);
}

TEST_F(BackupQuota, AKeyThatTakesAnothersPlaceCountsForTheDifference) {
    auto version = create();
    EXPECT_EQ(fill(version), 4);
    // Better keys for the same sessions, of the same size and smaller.
    for (int i = 0; i < 4; ++i) {
        auto better = large(0);
        better.set("is_verified", true);
        EXPECT_EQ(put_session("!r:here", fmt::format("s{}", i), version, better).status, 200) << i;
    }
    EXPECT_EQ(fill(version, 4), 0);
}

TEST_F(BackupQuota, VersionsOfBeforeAreCountedByTheMigration) {
    auto version = create();
    EXPECT_EQ(fill(version), 4);
    // As rows were: without the mark, and without the bytes in the body.
    auto alice = number(user_id("alice"));
    auto row = db().scan_prefix(kBackupVersions, alice, {}, 1)->front();
    auto held = BackupVersion::decode(row).value();
    std::string body;
    put_varint(body, held.count);
    put_varint(body, held.etag);
    put_bytes(body, held.algorithm);
    body += held.auth_data;
    storage::Change change(db(), storage::Owner::user, alice, db().epoch(storage::Owner::user, alice));
    change.put(kBackupVersions, alice, row.rest, body, std::string(1, '\0'));
    ASSERT_TRUE(run(db().commit(std::move(change))));
    restart();
    EXPECT_EQ(count(version), 4) << "it is read as it was";
    for (int again = 0; again < 2; ++again) ASSERT_TRUE(run(count_backup_bytes(db())));
    EXPECT_EQ(fill(version, 4), 0);
    EXPECT_EQ(count(version), 4);
    EXPECT_EQ(BackupVersion::decode(db().scan_prefix(kBackupVersions, alice, {}, 1)->front())->bytes, held.bytes);
}

TEST_F(BackupQuota, VersionsAreFewAndTheAnswerSaysSo) {
    for (std::size_t i = 0; i < limits_.backup_versions; ++i) EXPECT_FALSE(create().empty());
    auto more = post("/room_keys/version", kAlice, R"({"algorithm":"m.x","auth_data":{}})");
    EXPECT_EQ(more.status, 403);
    EXPECT_EQ(more.errcode(), "M_RESOURCE_LIMIT_EXCEEDED");
    EXPECT_EQ(del("/room_keys/version/1", kAlice).status, 200);
    EXPECT_FALSE(create().empty());
}

}  // namespace
}  // namespace peyk::keys::testing
