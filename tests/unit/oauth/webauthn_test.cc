// Passkeys of all three kinds against an authenticator of our own, which lies in every way that matters.

#include "oauth/webauthn.h"

#include <gtest/gtest.h>

#include "authenticator.h"

namespace peyk::oauth {
namespace {

const RelyingParty kParty{"chat.example.org", "https://chat.example.org"};

class PasskeyTest : public testing::TestWithParam<int> {
protected:
    TestAuthenticator key{GetParam()};
};

TEST_P(PasskeyTest, RegistersAndSignsIn) {
    auto made = check_registration(kParty, "challenge", key.create("challenge"));
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_EQ(made->id, key.id);
    EXPECT_EQ(made->public_key, key.cose_key());
    key.counter = 7;
    auto used = check_assertion(kParty, "other", made->public_key, key.get("other"));
    ASSERT_TRUE(used) << used.error().detail;
    EXPECT_EQ(used->counter, 7U);
    EXPECT_TRUE(used->verified);
    key.flags = 1;
    EXPECT_FALSE(check_assertion(kParty, "other", made->public_key, key.get("other"))->verified);
}

TEST_P(PasskeyTest, RefusesAnythingThatWasNotSigned) {
    auto made = check_registration(kParty, "c", key.create("c"));
    ASSERT_TRUE(made);
    auto good = key.get("c");
    ASSERT_TRUE(check_assertion(kParty, "c", made->public_key, good));
    auto changed = good;
    changed.signature.back() ^= 1;
    EXPECT_FALSE(check_assertion(kParty, "c", made->public_key, changed));
    changed = good;
    changed.signature.clear();
    EXPECT_FALSE(check_assertion(kParty, "c", made->public_key, changed));
    changed = good;
    changed.authenticator_data[36] = static_cast<char>(changed.authenticator_data[36] + 1);  // the counter
    EXPECT_FALSE(check_assertion(kParty, "c", made->public_key, changed));
    changed = good;
    changed.client_data += " ";
    EXPECT_FALSE(check_assertion(kParty, "c", made->public_key, changed));
    TestAuthenticator other{GetParam()};
    EXPECT_FALSE(check_assertion(kParty, "c", made->public_key, other.get("c")));
    EXPECT_FALSE(check_assertion(kParty, "c", "", good));
}

TEST_P(PasskeyTest, RefusesOtherSitesChallengesAndCeremonies) {
    auto made = check_registration(kParty, "c", key.create("c"));
    ASSERT_TRUE(made);
    EXPECT_FALSE(check_registration(kParty, "d", key.create("c")));
    EXPECT_FALSE(check_assertion(kParty, "d", made->public_key, key.get("c")));
    EXPECT_FALSE(check_assertion(kParty, "", made->public_key, key.get("")));
    auto lying = [&](auto change) {
        auto saved = std::tuple(key.origin, key.party, key.flags, key.type);
        change();
        bool taken = check_registration(kParty, "c", key.create("c")) ||
                     check_assertion(kParty, "c", made->public_key, key.get("c"));
        std::tie(key.origin, key.party, key.flags, key.type) = saved;
        return taken;
    };
    EXPECT_FALSE(lying([&] { key.origin = "https://chat.example.org.evil.example"; }));
    EXPECT_FALSE(lying([&] { key.origin = "http://chat.example.org"; }));
    EXPECT_FALSE(lying([&] { key.party = "evil.example"; }));
    EXPECT_FALSE(lying([&] { key.flags = 4; }));  // nobody was there
    EXPECT_FALSE(lying([&] { key.type = "payment.get"; }));
    EXPECT_TRUE(check_assertion(kParty, "c", made->public_key, key.get("c")));
}

INSTANTIATE_TEST_SUITE_P(Kinds, PasskeyTest, testing::Values(kEs256, kEdDsa, kRs256));

TEST(Passkeys, AreRefusedWhenAnyByteIsCutOff) {
    TestAuthenticator key{kEs256};
    auto good = key.create("c");
    for (std::size_t size = 0; size < good.attestation.size(); ++size) {
        auto cut = good;
        cut.attestation.resize(size);
        EXPECT_FALSE(check_registration(kParty, "c", cut)) << size;
    }
    auto longer = good;
    longer.attestation += '\0';
    EXPECT_FALSE(check_registration(kParty, "c", longer));
}

TEST(CoseKeys, MustBeOnTheirCurveAndOfAFairSize) {
    TestAuthenticator ec{kEs256};
    auto key = ec.cose_key();
    EXPECT_TRUE(is_cose_key(key));
    auto off = key;
    off.back() ^= 1;
    EXPECT_FALSE(is_cose_key(off));
    EXPECT_FALSE(is_cose_key(key + "x"));
    auto rsa = [](std::size_t bytes) {
        return cbor_head(5, 4) + cbor_int(1) + cbor_int(3) + cbor_int(3) + cbor_int(kRs256) + cbor_int(-1) +
               cbor_bytes(std::string(bytes, '\xff')) + cbor_int(-2) + cbor_bytes("\x01\x01");
    };
    EXPECT_FALSE(is_cose_key(rsa(128)));   // 1,024 bits
    EXPECT_FALSE(is_cose_key(rsa(1024)));  // 8,192 bits: work for us, and nobody has them
    EXPECT_FALSE(is_cose_key(cbor_head(5, 2) + cbor_int(1) + cbor_int(4) + cbor_int(3) + cbor_int(5)));  // symmetric
}

TEST(Cbor, ReadsWithinLimits) {
    EXPECT_EQ(read_cbor(std::string("\x18\x64"))->first.integer(), 100);
    EXPECT_EQ(read_cbor(std::string("\x39\x01\x00", 3))->first.integer(), -257);
    EXPECT_EQ(*read_cbor(std::string("\x63"
                                     "abc"))
                   ->first.text(),
              "abc");
    EXPECT_EQ(read_cbor(std::string("\x01\x02"))->second, "\x02");
    std::string deep(20, '\x81');
    EXPECT_FALSE(read_cbor(deep + "\x01"));
    EXPECT_FALSE(read_cbor(cbor_head(4, 250) + std::string(250, '\x01')));
    EXPECT_FALSE(read_cbor(std::string("\xa2\x01\x01\x01\x02", 5)));                  // a key twice
    EXPECT_FALSE(read_cbor(std::string("\x5b\xff\xff\xff\xff\xff\xff\xff\xff", 9)));  // longer than all
    EXPECT_FALSE(read_cbor(std::string("\x1b\xff\xff\xff\xff\xff\xff\xff\xff", 9)));  // beyond 63 bits
    for (const auto* bad : {"", "\x18", "\x62\xff\xff", "\x5f", "\xc1\x01", "\xf9\x3c", "\x1c", "\x41"})
        EXPECT_FALSE(read_cbor(bad)) << bad;
}

TEST(RelyingParties, AreNamesWithHttpsOrThisMachine) {
    auto party = RelyingParty::of("https://Chat.Example.org");
    EXPECT_EQ(party.id, "chat.example.org");
    EXPECT_EQ(party.origin, "https://chat.example.org");
    EXPECT_EQ(RelyingParty::of("https://chat.example.org:8448").origin, "https://chat.example.org:8448");
    EXPECT_EQ(RelyingParty::of("http://localhost:8008").origin, "http://localhost:8008");
    for (const auto* none : {"http://chat.example.org", "https://192.168.1.5", "https://[::1]:8448", ""})
        EXPECT_TRUE(RelyingParty::of(none).id.empty()) << none;
}

}  // namespace
}  // namespace peyk::oauth
