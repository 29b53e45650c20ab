#include "base/bytes.h"
#include "core/signing.h"
#include "room_fixture.h"

namespace peyk::rooms {
namespace {

constexpr std::string_view kMemberships[] = {"leave", "invite", "join", "knock", "ban"};
constexpr std::string_view kChanges[] = {"leave", "invite", "join", "knock", "ban", "dance"};
constexpr std::string_view kJoinRules[] = {"",           "invite",           "public", "knock",
                                           "restricted", "knock_restricted", "private"};
constexpr int kInvite = 25, kKick = 50, kBan = 75;

struct Situation {
    int version;
    std::string_view join_rule;  // empty: the room has no such event
    bool on_self;
    std::string_view sender_was, target_was;
    int sender_level, target_level;
    std::string_view change;
};

bool is_in(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// The rules told the other way round: not what rejects, but all that is possible. Nobody vouches for restricted joins.
bool is_possible(const Situation& s) {
    const bool inside = s.sender_was == "join";
    if (s.change == "join") {
        const bool invited = is_in(s.sender_was, {"invite", "join"});
        const bool rule_takes_invited =
            is_in(s.join_rule, {"", "invite"}) || (s.join_rule == "knock" && s.version >= 7) ||
            (s.join_rule == "restricted" && s.version >= 8) || (s.join_rule == "knock_restricted" && s.version >= 10);
        return s.on_self && s.sender_was != "ban" && (s.join_rule == "public" || (invited && rule_takes_invited));
    }
    if (s.change == "invite")
        return inside && is_in(s.target_was, {"leave", "invite", "knock"}) && s.sender_level >= kInvite;
    if (s.change == "leave" && s.on_self) {
        return is_in(s.sender_was, {"invite", "join"}) || (s.sender_was == "knock" && s.version >= 7);
    }
    if (s.change == "leave") {
        const int needed = s.target_was == "ban" ? std::max(kKick, kBan) : kKick;
        return inside && s.sender_level >= needed && s.sender_level > s.target_level;
    }
    if (s.change == "ban") return inside && !s.on_self && s.sender_level >= kBan && s.sender_level > s.target_level;
    if (s.change == "knock") {
        const bool takes_knocks =
            (s.join_rule == "knock" && s.version >= 7) || (s.join_rule == "knock_restricted" && s.version >= 10);
        return takes_knocks && s.on_self && is_in(s.sender_was, {"leave", "knock"});
    }
    return false;
}

class MembershipRules : public testing::TestWithParam<int> {};

TEST_P(MembershipRules, EveryCombinationIsDecidedAsThePageSays) {
    const RoomRules& rules = kRoomRules[static_cast<std::size_t>(GetParam()) - 1];
    Room room(rules);
    int possible = 0, all = 0;
    auto check = [&](const Situation& s, const Event& change) {
        const Verdict verdict = room.judge(change);
        ++all;
        possible += verdict.allowed;
        ASSERT_EQ(verdict.allowed, is_possible(s))
            << describe(verdict, rules) << ": " << s.sender_was << "(" << s.sender_level << ") makes "
            << (s.on_self ? "itself" : s.target_was) << "(" << s.target_level << ") " << s.change << ", rule "
            << s.join_rule;
    };
    for (auto join_rule : kJoinRules) {
        join_rule.empty() ? room.remove("m.room.join_rules", "") : room.join_rule(join_rule);
        for (int sender_level : {0, 25, 50, 75, 100}) {
            for (int target_level : {0, 50, 75}) {
                room.levels(
                    fmt::format(R"({{"invite":{},"kick":{},"ban":{},"users":{{"@s:b.example":{},"@t:c.example":{}}}}})",
                                kInvite, kKick, kBan, sender_level, target_level));
                for (auto change : kChanges) {
                    const Event on_self = room.membership("@s:b.example", "@s:b.example", change);
                    const Event on_other = room.membership("@s:b.example", "@t:c.example", change);
                    for (auto sender_was : kMemberships) {
                        room.member("@s:b.example", sender_was);
                        check({GetParam(), join_rule, true, sender_was, sender_was, sender_level, sender_level, change},
                              on_self);
                        for (auto target_was : kMemberships) {
                            room.member("@t:c.example", target_was);
                            check({GetParam(), join_rule, false, sender_was, target_was, sender_level, target_level,
                                   change},
                                  on_other);
                        }
                    }
                }
            }
        }
    }
    EXPECT_GT(possible, 500);
    EXPECT_GT(all - possible, 10'000);
}

INSTANTIATE_TEST_SUITE_P(Versions, MembershipRules, testing::Range(1, 13));

template <class Test>
void in_every_version(Test test) {
    for (const RoomRules& rules : kRoomRules) {
        SCOPED_TRACE(fmt::format("version {}", rules.version));
        Room room(rules);
        test(room, number_of(rules));
    }
}

TEST(MemberEvents, NeedAStateKeyAndAMembership) {
    in_every_version([](Room& room, int) {
        room.join_rule("public");
        EXPECT_REJECTED(room, room.event("m.room.member", std::nullopt, "@x:b", R"({"membership":"join"})"),
                        Rule::member_incomplete);
        EXPECT_REJECTED(room, room.event("m.room.member", "@x:b", "@x:b", "{}"), Rule::member_incomplete);
        EXPECT_REJECTED(room, room.event("m.room.member", "@x:b", "@x:b", R"({"membership":1})"),
                        Rule::member_incomplete);
        EXPECT_REJECTED(room, room.event("m.room.member", "@x:b", "@x:b", R"({"membership":"JOIN"})"),
                        Rule::membership_unknown);
        EXPECT_ALLOWED(room, room.membership("@x:b", "@x:b", "join"), Rule::join_public);
        auto knock = room.membership("@x:b", "@x:b", "knock");
        EXPECT_EQ(room.judge(knock).rule, room.rules().knocking ? Rule::knock_join_rule : Rule::membership_unknown);
    });
}

TEST(Joins, TheCreatorIsTheFirst) {
    in_every_version([](Room& room, int) {
        room.remove("m.room.member", "@creator:a.example");
        auto join = room.membership("@creator:a.example", "@creator:a.example", "join");
        EXPECT_REJECTED(room, join, Rule::join_refused);  // nobody invited the creator
        join.pdu->prev_events = {EventId::trusted("$create")};
        EXPECT_ALLOWED(room, join, Rule::join_first);
        join.pdu->prev_events.push_back(EventId::trusted("$another"));
        EXPECT_REJECTED(room, join, Rule::join_refused);
        auto stranger = room.membership("@x:b.example", "@x:b.example", "join");
        stranger.pdu->prev_events = {EventId::trusted("$create")};
        EXPECT_REJECTED(room, stranger, Rule::join_refused);
    });
}

TEST(Joins, WhoTheCreatorIsDependsOnTheVersion) {
    in_every_version([](Room& room, int version) {
        // The create event is sent by @creator, its content names somebody else.
        room.set_create(R"({"creator":"@named:a.example","additional_creators":["@other:a.example"]})");
        for (auto user : {"@creator:a.example", "@named:a.example", "@other:a.example"}) {
            auto join = room.membership(user, user, "join");
            join.pdu->prev_events = {EventId::trusted("$create")};
            const bool first = version >= 11 ? user == std::string_view("@creator:a.example")
                                             : user == std::string_view("@named:a.example");
            room.remove("m.room.member", user);
            EXPECT_EQ(room.judge(join).rule, first ? Rule::join_first : Rule::join_refused) << user;
        }
    });
}

TEST(Joins, SayWhyTheyAreRefused) {
    in_every_version([](Room& room, int) {
        room.join_rule("public");
        room.member("@b:b", "ban");
        EXPECT_REJECTED(room, room.membership("@creator:a.example", "@x:b", "join"), Rule::join_for_another);
        EXPECT_REJECTED(room, room.membership("@b:b", "@b:b", "join"), Rule::join_banned);
        room.join_rule("invite");
        room.member("@i:b", "invite");
        EXPECT_ALLOWED(room, room.membership("@i:b", "@i:b", "join"), Rule::join_invited);
        EXPECT_REJECTED(room, room.membership("@x:b", "@x:b", "join"), Rule::join_refused);
    });
}

TEST(RestrictedJoins, NeedAMemberWithThePowerToInvite) {
    in_every_version([](Room& room, int version) {
        room.levels(R"({"invite":50,"users":{"@mod:m":50,"@out:m":50}})");
        room.member("@mod:m", "join");
        room.member("@weak:m", "join");
        room.member("@out:m", "leave");
        auto join_via = [&room](json::Value via) {
            return room.event(
                "m.room.member", "@x:b", "@x:b",
                json::Object{{"membership", "join"}, {"join_authorised_via_users_server", std::move(via)}});
        };
        for (std::string_view join_rule : {"restricted", "knock_restricted"}) {
            room.join_rule(join_rule);
            const bool known = version >= (join_rule == "restricted" ? 8 : 10);
            if (known) {
                EXPECT_ALLOWED(room, join_via("@mod:m"), Rule::join_restricted_allowed);
                EXPECT_REJECTED(room, join_via("@weak:m"), Rule::join_restricted_authoriser);
                EXPECT_REJECTED(room, join_via("@out:m"), Rule::join_restricted_authoriser);
                EXPECT_REJECTED(room, join_via("@nobody:m"), Rule::join_restricted_authoriser);
                EXPECT_REJECTED(room, room.membership("@x:b", "@x:b", "join"), Rule::join_restricted_authoriser);
                room.member("@x:b", "invite");
                EXPECT_ALLOWED(room, room.membership("@x:b", "@x:b", "join"), Rule::join_restricted_inside);
                room.member("@x:b", "ban");
                EXPECT_REJECTED(room, join_via("@mod:m"), Rule::join_banned);
            } else {
                EXPECT_REJECTED(room, join_via("@mod:m"), Rule::join_refused);
            }
            room.remove("m.room.member", "@x:b");
        }
        room.join_rule("public");
        for (const json::Value& via : {json::Value(1), json::Value("mod"), json::Value()}) {
            EXPECT_EQ(room.judge(join_via(via)).rule, version >= 8 ? Rule::member_authoriser : Rule::join_public);
        }
    });
}

TEST(RestrictedJoins, ACreatorOfVersion12MayVouchAtAnyInviteLevel) {
    Room room(*find_room_rules("12"));
    room.levels(R"({"invite":9007199254740991})");
    room.join_rule("restricted");
    auto join = room.event("m.room.member", "@x:b", "@x:b",
                           R"({"membership":"join","join_authorised_via_users_server":"@creator:a.example"})");
    EXPECT_ALLOWED(room, join, Rule::join_restricted_allowed);
}

TEST(Invites, SayWhyTheyAreRefused) {
    in_every_version([](Room& room, int) {
        room.levels(R"({"invite":50,"users":{"@mod:m":50}})");
        room.member("@mod:m", "join");
        room.member("@weak:m", "join");
        room.member("@in:b", "join");
        room.member("@banned:b", "ban");
        EXPECT_ALLOWED(room, room.membership("@mod:m", "@x:b", "invite"), Rule::invite_allowed);
        EXPECT_REJECTED(room, room.membership("@weak:m", "@x:b", "invite"), Rule::invite_level);
        EXPECT_REJECTED(room, room.membership("@out:m", "@x:b", "invite"), Rule::invite_from_outside);
        EXPECT_REJECTED(room, room.membership("@mod:m", "@in:b", "invite"), Rule::invite_of_member);
        EXPECT_REJECTED(room, room.membership("@mod:m", "@banned:b", "invite"), Rule::invite_of_member);
    });
}

TEST(KicksAndBans, SayWhyTheyAreDecided) {
    in_every_version([](Room& room, int) {
        room.levels(R"({"kick":50,"ban":75,"users":{"@mod:m":50,"@admin:m":75,"@equal:m":50}})");
        for (auto user : {"@mod:m", "@admin:m", "@equal:m", "@u:b"}) room.member(user, "join");
        room.member("@banned:b", "ban");
        EXPECT_ALLOWED(room, room.membership("@u:b", "@u:b", "leave"), Rule::leave_self);
        EXPECT_REJECTED(room, room.membership("@gone:b", "@gone:b", "leave"), Rule::leave_self);
        EXPECT_REJECTED(room, room.membership("@banned:b", "@banned:b", "leave"), Rule::leave_self);
        EXPECT_ALLOWED(room, room.membership("@mod:m", "@u:b", "leave"), Rule::kick_allowed);
        EXPECT_REJECTED(room, room.membership("@mod:m", "@equal:m", "leave"), Rule::kick_refused);
        EXPECT_REJECTED(room, room.membership("@u:b", "@gone:b", "leave"), Rule::kick_refused);
        EXPECT_REJECTED(room, room.membership("@gone:b", "@u:b", "leave"), Rule::leave_from_outside);
        EXPECT_REJECTED(room, room.membership("@mod:m", "@banned:b", "leave"), Rule::unban_level);
        EXPECT_ALLOWED(room, room.membership("@admin:m", "@banned:b", "leave"), Rule::kick_allowed);
        EXPECT_ALLOWED(room, room.membership("@admin:m", "@mod:m", "ban"), Rule::ban_allowed);
        EXPECT_ALLOWED(room, room.membership("@admin:m", "@gone:b", "ban"), Rule::ban_allowed);
        EXPECT_REJECTED(room, room.membership("@mod:m", "@u:b", "ban"), Rule::ban_refused);
        EXPECT_REJECTED(room, room.membership("@gone:b", "@u:b", "ban"), Rule::ban_from_outside);
    });
}

TEST(KicksAndBans, LiftingABanTakesTheKickLevelToo) {
    in_every_version([](Room& room, int) {
        room.levels(R"({"kick":75,"ban":50,"users":{"@mod:m":50,"@admin:m":75}})");
        room.member("@mod:m", "join");
        room.member("@admin:m", "join");
        room.member("@banned:b", "ban");
        EXPECT_REJECTED(room, room.membership("@mod:m", "@banned:b", "leave"), Rule::kick_refused);
        EXPECT_ALLOWED(room, room.membership("@admin:m", "@banned:b", "leave"), Rule::kick_allowed);
    });
}

TEST(KicksAndBans, NobodyStandsAboveACreatorOfVersion12) {
    in_every_version([](Room& room, int version) {
        room.set_create(R"({"creator":"@creator:a.example","additional_creators":["@second:a.example"]})");
        room.levels(R"({"users":{"@admin:m":9007199254740991}})");
        room.member("@admin:m", "join");
        room.member("@second:a.example", "join");
        for (auto target : {"@creator:a.example", "@second:a.example"}) {
            const auto kick = room.membership("@admin:m", target, "leave");
            const auto ban = room.membership("@admin:m", target, "ban");
            if (version < 12) {
                EXPECT_ALLOWED(room, kick, Rule::kick_allowed);
                EXPECT_ALLOWED(room, ban, Rule::ban_allowed);
            } else {
                EXPECT_REJECTED(room, kick, Rule::kick_refused);
                EXPECT_REJECTED(room, ban, Rule::ban_refused);
            }
        }
        // Creators are equals.
        if (version >= 12) {
            EXPECT_REJECTED(room, room.membership("@second:a.example", "@creator:a.example", "ban"), Rule::ban_refused);
            EXPECT_ALLOWED(room, room.membership("@second:a.example", "@admin:m", "ban"), Rule::ban_allowed);
        }
    });
}

TEST(Knocks, SayWhyTheyAreRefused) {
    in_every_version([](Room& room, int version) {
        if (version < 7) return;
        room.join_rule("knock");
        room.member("@in:b", "join");
        room.member("@banned:b", "ban");
        room.member("@invited:b", "invite");
        EXPECT_ALLOWED(room, room.membership("@x:b", "@x:b", "knock"), Rule::knock_allowed);
        EXPECT_REJECTED(room, room.membership("@in:b", "@x:b", "knock"), Rule::knock_for_another);
        for (auto user : {"@in:b", "@banned:b", "@invited:b"}) {
            EXPECT_REJECTED(room, room.membership(user, user, "knock"), Rule::knock_refused);
        }
        room.join_rule("public");
        EXPECT_REJECTED(room, room.membership("@x:b", "@x:b", "knock"), Rule::knock_join_rule);
    });
}

class ThirdParty {
public:
    explicit ThirdParty(Room& room) : room_(room), key_(SigningKey::generate(random_, "ed25519:0")) {
        room.member("@host:h", "join");
        invite(fmt::format(R"({{"display_name":"x","public_key":"{}"}})", key_.public_key_base64()));
    }
    void invite(std::string_view content) {
        room_.put(room_.event("m.room.third_party_invite", "token1", "@host:h", content));
    }
    json::Object proof(std::string_view mxid = "@new:b", std::string_view token = "token1") {
        json::Object proof{{"mxid", mxid}, {"token", token}};
        sign_json(proof, "id.example", key_);
        return proof;
    }
    Event with(json::Value third_party, std::string_view sender = "@host:h") {
        return room_.event("m.room.member", "@new:b", sender,
                           json::Object{{"membership", "invite"}, {"third_party_invite", std::move(third_party)}});
    }
    Event with_proof(json::Object proof, std::string_view sender = "@host:h") {
        return with(json::Object{{"display_name", "x"}, {"signed", std::move(proof)}}, sender);
    }
    const SigningKey& key() const { return key_; }

private:
    Room& room_;
    SeededRandom random_{77};
    SigningKey key_;
};

TEST(ThirdPartyInvites, AreProvedByASignature) {
    in_every_version([](Room& room, int) {
        ThirdParty third(room);
        EXPECT_ALLOWED(room, third.with_proof(third.proof()), Rule::third_party_allowed);
        EXPECT_REJECTED(room, third.with(json::Object{}), Rule::third_party_unsigned);
        EXPECT_REJECTED(room, third.with(json::Value(1)), Rule::third_party_unsigned);
        EXPECT_REJECTED(room, third.with(json::Object{{"signed", 1}}), Rule::third_party_unsigned);
        for (auto key : {"mxid", "token"}) {
            auto proof = third.proof();
            proof.erase(key);
            EXPECT_REJECTED(room, third.with_proof(proof), Rule::third_party_incomplete);
        }
        EXPECT_REJECTED(room, third.with_proof(third.proof("@else:b")), Rule::third_party_other_user);
        EXPECT_REJECTED(room, third.with_proof(third.proof("@new:b", "token2")), Rule::third_party_no_event);
        EXPECT_REJECTED(room, third.with_proof(third.proof(), "@else:h"), Rule::third_party_other_sender);
        auto changed = third.proof();
        changed.set("extra", 1);
        EXPECT_REJECTED(room, third.with_proof(changed), Rule::third_party_bad_signature);
        auto unsigned_proof = third.proof();
        unsigned_proof.erase("signatures");
        EXPECT_REJECTED(room, third.with_proof(unsigned_proof), Rule::third_party_bad_signature);
        room.member("@new:b", "ban");
        EXPECT_REJECTED(room, third.with_proof(third.proof()), Rule::third_party_banned);
    });
}

TEST(ThirdPartyInvites, TakeKeysFromBothPlacesAndBothAlphabets) {
    in_every_version([](Room& room, int) {
        ThirdParty third(room);
        const std::string standard = third.key().public_key_base64();
        const std::string url = base64_encode(third.key().public_key(), Base64::url);
        const std::string wrong(43, 'A');
        for (const std::string& key : {standard, url}) {
            third.invite(
                fmt::format(R"({{"public_key":"{}","public_keys":[{{"public_key":"{}"}},{{"public_key":"{}"}}]}})",
                            wrong, wrong, key));
            EXPECT_ALLOWED(room, third.with_proof(third.proof()), Rule::third_party_allowed);
            third.invite(fmt::format(R"({{"public_key":"{}"}})", key));
            EXPECT_ALLOWED(room, third.with_proof(third.proof()), Rule::third_party_allowed);
        }
        for (auto content : {"{}", R"({"public_key":"AAAA"})", R"({"public_key":1,"public_keys":{}})",
                             R"({"public_keys":[1,{"public_key":"###"}]})"}) {
            third.invite(content);
            EXPECT_REJECTED(room, third.with_proof(third.proof()), Rule::third_party_bad_signature);
        }
    });
}

TEST(ThirdPartyInvites, AFloodOfSignaturesIsNotTried) {
    Room room(*find_room_rules("11"));
    ThirdParty third(room);
    auto proof = third.proof();
    for (int i = 0; i < 500; ++i) add_signature(proof, "a.example", fmt::format("ed25519:{}", i), std::string(86, 'A'));
    EXPECT_REJECTED(room, third.with_proof(proof), Rule::third_party_bad_signature);
}

}  // namespace
}  // namespace peyk::rooms
