#include "unit/keys/fixture.h"

namespace peyk::keys::testing {
namespace {

class CrossSigningTest : public KeysTest {
protected:
    struct Identity {
        UserId user;
        SigningKey master, self_signing, user_signing;

        json::Object key(Usage usage) const {
            const auto& own = usage == Usage::master         ? master
                              : usage == Usage::self_signing ? self_signing
                                                             : user_signing;
            auto text = own.public_key_base64();
            json::Object object{{"user_id", user.str()},
                                {"usage", json::Array{usage_name(usage)}},
                                {"keys", json::Object{{"ed25519:" + text, text}}}};
            if (usage != Usage::master) sign(object, user, master);
            return object;
        }
        json::Object upload() const {
            return {{"master_key", key(Usage::master)},
                    {"self_signing_key", key(Usage::self_signing)},
                    {"user_signing_key", key(Usage::user_signing)}};
        }
    };
    Identity identity(std::string_view user) { return {user_id(user), new_key(), new_key(), new_key()}; }

    Answer upload_keys(std::string_view token, json::Object body) {
        return post("/keys/device_signing/upload", token, json::write(body));
    }
    // A user with one device and all keys.
    std::pair<Device, Identity> person(std::string_view user, std::string_view device) {
        auto made = with_keys(user, device);
        auto own = identity(user);
        EXPECT_EQ(upload_keys(made.token(), own.upload()).status, 200);
        return {made, own};
    }
    Answer upload_signature(const Device& by, const UserId& user, std::string key_id, json::Object signed_object) {
        json::Object body{{user.str(), json::Object{{std::move(key_id), std::move(signed_object)}}}};
        return post("/keys/signatures/upload", by.token(), json::write(body));
    }
    static bool accepted(const Answer& answer) {
        return answer.status == 200 && at(answer.body, {"failures"}).object()->empty();
    }
    static std::string failure(const Answer& answer, const UserId& user, std::string_view key_id) {
        auto code = at(answer.body, {"failures", user.view(), key_id, "errcode"});
        return code.string() ? *code.string() : "";
    }
    json::Object query(std::string_view token, const UserId& user) {
        auto body = json::Object{{"device_keys", json::Object{{user.str(), json::Array{}}}}};
        return post("/keys/query", token, json::write(body)).body;
    }
    std::string text(const SigningKey& key) { return key.public_key_base64(); }
};

TEST_F(CrossSigningTest, TheFirstKeysNeedNoProofAndAreShown) {
    auto [alice, own] = person("alice", "A");
    EXPECT_EQ(interactive_.asked, 0);
    auto answer = query("bob|B", alice.user);
    EXPECT_EQ(at(answer, {"master_keys", "@alice:here"}), json::Value(own.key(Usage::master)));
    EXPECT_EQ(at(answer, {"self_signing_keys", "@alice:here"}), json::Value(own.key(Usage::self_signing)));
    EXPECT_TRUE(at(answer, {"user_signing_keys"}).object()->empty());
    auto to_owner = query("alice|A", alice.user);
    EXPECT_EQ(at(to_owner, {"user_signing_keys", "@alice:here"}), json::Value(own.key(Usage::user_signing)));
    EXPECT_EQ(observer_.count(alice.user), 2);
}

TEST_F(CrossSigningTest, TheSameKeysAgainNeedNoProof) {
    auto [alice, own] = person("alice", "A");
    auto changes = observer_.count(alice.user);
    EXPECT_EQ(upload_keys("alice|A", own.upload()).status, 200);
    EXPECT_EQ(upload_keys("alice|A", {{"master_key", own.key(Usage::master)}}).status, 200);
    EXPECT_EQ(interactive_.asked, 0);
    EXPECT_EQ(observer_.count(alice.user), changes);
}

TEST_F(CrossSigningTest, OtherKeysNeedProof) {
    auto [alice, own] = person("alice", "A");
    auto other = identity("alice");
    auto refused = upload_keys("alice|A", other.upload());
    EXPECT_EQ(refused.status, 401);
    EXPECT_TRUE(at(refused.body, {"flows"}).is_array());
    EXPECT_EQ(interactive_.asked, 1);
    EXPECT_EQ(at(query("bob|B", alice.user), {"master_keys", "@alice:here"}), json::Value(own.key(Usage::master)));

    auto with_auth = other.upload();
    with_auth.set("auth", json::Object{{"type", "m.login.password"}});
    EXPECT_EQ(upload_keys("alice|A", with_auth).status, 200);
    EXPECT_EQ(at(query("bob|B", alice.user), {"master_keys", "@alice:here"}), json::Value(other.key(Usage::master)));
}

TEST_F(CrossSigningTest, OneNewKeyBesideTheSameMasterNeedsProof) {
    auto [alice, own] = person("alice", "A");
    auto changed = own;
    changed.self_signing = new_key();
    EXPECT_EQ(upload_keys("alice|A", changed.upload()).status, 401);
    EXPECT_EQ(upload_keys("alice|A", {{"self_signing_key", changed.key(Usage::self_signing)}}).status, 401);
    EXPECT_EQ(at(query("bob|B", alice.user), {"self_signing_keys", "@alice:here"}),
              json::Value(own.key(Usage::self_signing)));
}

TEST_F(CrossSigningTest, TwoFirstUploadsAtOnceDoNotReplaceEachOther) {
    with_keys("alice", "A");
    std::vector<Answer> answers(8);
    {
        std::vector<std::jthread> clients;
        for (auto& answer : answers) {
            auto body = identity("alice").upload();
            clients.emplace_back([this, &answer, body] { answer = upload_keys("alice|A", body); });
        }
    }
    EXPECT_EQ(std::ranges::count(answers, 200, &Answer::status), 1);
    EXPECT_EQ(std::ranges::count(answers, 401, &Answer::status), 7);
}

TEST_F(CrossSigningTest, WithoutAMasterKeyTheOthersAreRefused) {
    with_keys("alice", "A");
    auto own = identity("alice");
    EXPECT_EQ(upload_keys("alice|A", {{"self_signing_key", own.key(Usage::self_signing)}}).errcode(),
              "M_MISSING_PARAM");
    EXPECT_EQ(upload_keys("alice|A", {}).errcode(), "M_MISSING_PARAM");
}

TEST_F(CrossSigningTest, KeysThatTheMasterKeyDidNotSignAreRefused) {
    with_keys("alice", "A");
    auto own = identity("alice");
    auto stranger = own;
    stranger.master = new_key();
    for (auto [member, usage] :
         {std::pair{"self_signing_key", Usage::self_signing}, std::pair{"user_signing_key", Usage::user_signing}}) {
        json::Object body{{"master_key", own.key(Usage::master)}, {member, stranger.key(usage)}};
        EXPECT_EQ(upload_keys("alice|A", body).errcode(), "M_INVALID_SIGNATURE");
        auto forged = own.key(usage);
        forged.set("extra", "changed after signing");
        EXPECT_EQ(upload_keys("alice|A", {{"master_key", own.key(Usage::master)}, {member, forged}}).errcode(),
                  "M_INVALID_SIGNATURE");
    }
    EXPECT_TRUE(at(query("bob|B", user_id("alice")), {"master_keys"}).object()->empty());
}

TEST_F(CrossSigningTest, AKeyThatIsTheIdOfADeviceIsRefusedAndTheOtherWayRound) {
    auto own = identity("alice");
    auto alice = with_keys("alice", "A");
    accounts_.add(alice.user, device_id(text(own.self_signing)));
    auto refused = upload_keys("alice|A", own.upload());
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.errcode(), "M_FORBIDDEN");
    accounts_.remove(alice.user, device_id(text(own.self_signing)));
    EXPECT_EQ(upload_keys("alice|A", own.upload()).status, 200);
    EXPECT_TRUE(keys_->is_reserved(number(alice.user), device_id(text(own.user_signing))).value());
    EXPECT_FALSE(keys_->is_reserved(number(alice.user), alice.id).value());
}

TEST_F(CrossSigningTest, KeysOfAnotherUserOrForAnotherUseAreRefused) {
    with_keys("alice", "A");
    auto own = identity("alice");
    EXPECT_EQ(upload_keys("alice|A", {{"master_key", identity("bob").key(Usage::master)}}).errcode(),
              "M_INVALID_PARAM");
    EXPECT_EQ(upload_keys("alice|A", {{"master_key", own.key(Usage::self_signing)}}).errcode(), "M_INVALID_PARAM");
}

TEST_F(CrossSigningTest, PoisonKeysAreRefused) {
    with_keys("alice", "A");
    auto good = identity("alice").key(Usage::master);
    for (auto [member, value] : {std::pair{"user_id", "null"}, std::pair{"usage", "null"}, std::pair{"usage", "[]"},
                                 std::pair{"usage", R"(["master","self_signing"])"}, std::pair{"keys", "null"},
                                 std::pair{"keys", "{}"}, std::pair{"keys", R"({"ed25519:a":null})"},
                                 std::pair{"keys", R"({"ed25519:a":"a"})"}, std::pair{"keys", R"({"a":"b","c":"d"})"},
                                 std::pair{"signatures", "null"}, std::pair{"signatures", R"({"@alice:here":1})"}}) {
        auto bad = good;
        bad.set(member, json::parse(value).value());
        EXPECT_EQ(upload_keys("alice|A", {{"master_key", bad}}).status, 400) << member << value;
    }
    EXPECT_EQ(upload_keys("alice|A", {{"master_key", nullptr}}).errcode(), "M_BAD_JSON");
    auto huge = good;
    huge.set("filler", std::string(limits_.cross_signing_bytes, 'x'));
    EXPECT_EQ(upload_keys("alice|A", {{"master_key", huge}}).errcode(), "M_TOO_LARGE");
    EXPECT_TRUE(at(query("bob|B", user_id("alice")), {"master_keys"}).object()->empty());
}

// ---- Signatures

TEST_F(CrossSigningTest, ADeviceSignedByItsOwnerIsShownSoToAll) {
    auto [alice, own] = person("alice", "A");
    auto before = observer_.count(alice.user);
    auto object = alice.keys();
    sign(object, alice.user, own.self_signing);
    EXPECT_TRUE(accepted(upload_signature(alice, alice.user, "A", object)));
    EXPECT_EQ(at(query("bob|B", alice.user), {"device_keys", "@alice:here", "A"}), json::Value(object));
    EXPECT_EQ(observer_.count(alice.user), before + 1);
    // Again: fine, and no news.
    EXPECT_TRUE(accepted(upload_signature(alice, alice.user, "A", object)));
    EXPECT_EQ(observer_.count(alice.user), before + 1);
}

TEST_F(CrossSigningTest, AMasterKeySignedByADeviceIsShownSoToAll) {
    auto [alice, own] = person("alice", "A");
    auto master = own.key(Usage::master);
    sign(master, alice);
    EXPECT_TRUE(accepted(upload_signature(alice, alice.user, text(own.master), master)));
    EXPECT_EQ(at(query("bob|B", alice.user), {"master_keys", "@alice:here"}), json::Value(master));
}

TEST_F(CrossSigningTest, SignaturesOfTheUserSigningKeyAreSeenByItsOwnerOnly) {
    auto [alice, alices] = person("alice", "A");
    auto [bob, bobs] = person("bob", "B");
    auto [carol, carols] = person("carol", "C");
    auto announced = observer_.changes.size();
    auto from = db().visible();
    auto master = bobs.key(Usage::master);
    sign(master, alice.user, alices.user_signing);
    EXPECT_TRUE(accepted(upload_signature(alice, bob.user, text(bobs.master), master)));
    EXPECT_EQ(at(query("alice|A", bob.user), {"master_keys", "@bob:here"}), json::Value(master));
    EXPECT_EQ(at(query("bob|B", bob.user), {"master_keys", "@bob:here"}), json::Value(bobs.key(Usage::master)));
    EXPECT_EQ(at(query("carol|C", bob.user), {"master_keys", "@bob:here"}), json::Value(bobs.key(Usage::master)));
    // Another server sees it as little.
    auto remote = keys_->query().local(std::nullopt, {{bob.user, {}}}).value();
    EXPECT_EQ(at(remote.master_keys, {"@bob:here"}), json::Value(bobs.key(Usage::master)));
    EXPECT_TRUE(remote.user_signing_keys.empty());
    // Nobody is told but Alice's own devices.
    EXPECT_EQ(observer_.changes.size(), announced);
    auto news = keys_->signed_since(number(alice.user), from, db().visible()).value();
    EXPECT_EQ(news, std::vector{bob.user});
    EXPECT_TRUE(keys_->signed_since(number(alice.user), db().visible(), db().visible() + 5).value().empty());
    EXPECT_TRUE(keys_->signed_since(number(bob.user), 0, db().visible()).value().empty());
}

TEST_F(CrossSigningTest, ANewUserSigningKeyForgetsWhomTheOldOneHadSigned) {
    auto [alice, alices] = person("alice", "A");
    auto [bob, bobs] = person("bob", "B");
    auto master = bobs.key(Usage::master);
    sign(master, alice.user, alices.user_signing);
    upload_signature(alice, bob.user, text(bobs.master), master);
    auto other = alices;
    other.user_signing = new_key();
    auto body = other.upload();
    body.set("auth", json::Object{});
    ASSERT_EQ(upload_keys("alice|A", body).status, 200);
    EXPECT_EQ(at(query("alice|A", bob.user), {"master_keys", "@bob:here"}), json::Value(bobs.key(Usage::master)));
    EXPECT_TRUE(db().scan_prefix(kGivenSignatures, number(alice.user), {}, 1).value().empty());
}

TEST_F(CrossSigningTest, ANewMasterKeyAloneTakesTheOthersAway) {
    auto [alice, own] = person("alice", "A");
    auto object = alice.keys();
    sign(object, alice.user, own.self_signing);
    upload_signature(alice, alice.user, "A", object);
    json::Object body{{"master_key", identity("alice").key(Usage::master)}, {"auth", json::Object{}}};
    ASSERT_EQ(upload_keys("alice|A", body).status, 200);
    auto answer = query("alice|A", alice.user);
    EXPECT_TRUE(at(answer, {"self_signing_keys"}).object()->empty());
    EXPECT_TRUE(at(answer, {"user_signing_keys"}).object()->empty());
    auto plain = alice.keys();
    plain.set("unsigned", json::Object{});
    EXPECT_EQ(at(answer, {"device_keys", "@alice:here", "A"}), json::Value(plain));
}

TEST_F(CrossSigningTest, NewDeviceKeysLoseTheSignatureOnTheOldOnes) {
    auto [alice, own] = person("alice", "A");
    auto object = alice.keys();
    sign(object, alice.user, own.self_signing);
    upload_signature(alice, alice.user, "A", object);
    upload(alice, {{"device_keys", alice.keys("another")}});
    EXPECT_EQ(at(query("bob|B", alice.user), {"device_keys", "@alice:here", "A"}), json::Value(alice.keys("another")));
}

TEST_F(CrossSigningTest, ADeviceThatSignedOutNoLongerSignsTheMasterKey) {
    auto [alice, own] = person("alice", "A");
    auto second = with_keys("alice", "A2");
    auto master = own.key(Usage::master);
    sign(master, second);
    EXPECT_TRUE(accepted(upload_signature(alice, alice.user, text(own.master), master)));
    sign_out(second);
    EXPECT_EQ(at(query("bob|B", alice.user), {"master_keys", "@alice:here"}), json::Value(own.key(Usage::master)));
}

TEST_F(CrossSigningTest, BadSignaturesAreReportedOneByOneBesideGoodOnes) {
    auto [alice, alices] = person("alice", "A");
    auto [bob, bobs] = person("bob", "B");
    auto second = with_keys("alice", "A2");

    auto good = alice.keys();
    sign(good, alice.user, alices.self_signing);
    auto forged = second.keys();  // signed by a key that is not the self-signing key, under its name
    auto impostor = new_key();
    add_signature(forged, "@alice:here", "ed25519:" + text(alices.self_signing),
                  impostor.sign_base64(signed_text(forged)));
    auto changed = bobs.key(Usage::master);
    changed.set("extra", 1);
    sign(changed, alice.user, alices.user_signing);

    json::Object body{
        {"@alice:here",
         json::Object{{"A", good}, {"A2", forged}, {"NONE", good}, {text(alices.master), alices.key(Usage::master)}}},
        {"@bob:here",
         json::Object{{text(bobs.master), changed}, {text(bobs.self_signing), bobs.key(Usage::self_signing)}}},
        {"@nobody:here", json::Object{{"key", json::Object{}}}}};
    auto answer = post("/keys/signatures/upload", alice.token(), json::write(body));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(failure(answer, alice.user, "A"), "");
    EXPECT_EQ(failure(answer, alice.user, "A2"), "M_INVALID_SIGNATURE");
    EXPECT_EQ(failure(answer, alice.user, "NONE"), "M_NOT_FOUND");
    EXPECT_EQ(failure(answer, alice.user, text(alices.master)), "M_INVALID_SIGNATURE");
    EXPECT_EQ(failure(answer, bob.user, text(bobs.master)), "M_INVALID_PARAM");
    EXPECT_EQ(failure(answer, bob.user, text(bobs.self_signing)), "M_NOT_FOUND");
    EXPECT_EQ(failure(answer, user_id("nobody"), "key"), "M_NOT_FOUND");
    EXPECT_EQ(at(query("bob|B", alice.user), {"device_keys", "@alice:here", "A"}), json::Value(good));
    EXPECT_EQ(at(query("bob|B", alice.user), {"device_keys", "@alice:here", "A2"}), json::Value(second.keys()));
}

TEST_F(CrossSigningTest, OneCannotSignForAnother) {
    auto [alice, alices] = person("alice", "A");
    auto [bob, bobs] = person("bob", "B");
    // Bob offers a signature on his own master key in Alice's name.
    auto master = bobs.key(Usage::master);
    sign(master, alice.user, alices.user_signing);
    EXPECT_EQ(failure(upload_signature(bob, bob.user, text(bobs.master), master), bob.user, text(bobs.master)),
              "M_INVALID_SIGNATURE");
    // And one on Alice's device, which is not his to sign.
    auto device = alice.keys();
    sign(device, bob.user, bobs.user_signing);
    EXPECT_EQ(failure(upload_signature(bob, alice.user, "A", device), alice.user, "A"), "M_NOT_FOUND");
    EXPECT_EQ(at(query("bob|B", alice.user), {"device_keys", "@alice:here", "A"}), json::Value(alice.keys()));
}

TEST_F(CrossSigningTest, PoisonSignaturesAreRefused) {
    person("alice", "A");
    for (const char* body : {R"({"@alice:here":null})", R"({"@alice:here":{"A":null}})", R"({"@alice:here":{"A":[]}})",
                             R"({"nobody":{}})"})
        EXPECT_EQ(post("/keys/signatures/upload", "alice|A", body).status, 400) << body;
    auto odd = post("/keys/signatures/upload", "alice|A",
                    R"({"@alice:here":{"A":{"signatures":null},"":{},"x":{"signatures":{"@alice:here":[]}}}})");
    EXPECT_EQ(odd.status, 200);
    EXPECT_EQ(at(odd.body, {"failures", "@alice:here"}).object()->size(), 3);
}

}  // namespace
}  // namespace peyk::keys::testing
