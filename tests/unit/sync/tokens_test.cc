#include "sync/tokens.h"

#include <gtest/gtest.h>

#include "rooms/tables.h"
#include "storage/testing.h"

namespace peyk::sync {
namespace {

const DeviceId kPhone = DeviceId::trusted("PHONE");

TEST(SyncTokens, round_trip_for_the_device_they_were_made_for_and_no_other) {
    storage::TestDb test(rooms::kTables);
    Tokens tokens(test.db, 1);
    StreamToken token{1234567, 1234000, 17, 99, 5};
    auto text = tokens.encode(token, 7, kPhone);
    EXPECT_EQ(text, tokens.encode(token, 7, kPhone));
    EXPECT_EQ(text.find("1234567"), std::string::npos);
    auto back = tokens.decode(text, 7, kPhone);
    ASSERT_TRUE(back && *back);
    EXPECT_EQ((*back)->position, token.position);
    EXPECT_EQ((*back)->to_device, token.to_device);
    EXPECT_EQ((*back)->typing, token.typing);
    EXPECT_EQ((*back)->process, token.process);
    EXPECT_EQ((*back)->presence, token.presence);
    EXPECT_FALSE(tokens.decode(text, 8, kPhone));
    EXPECT_FALSE(tokens.decode(text, 7, DeviceId::trusted("TABLET")));
}

TEST(SyncTokens, a_token_of_before_a_restore_starts_over) {
    storage::TestDb test(rooms::kTables);
    auto text = Tokens(test.db, 1).encode(StreamToken{5}, 7, kPhone);
    auto back = Tokens(test.db, 2).decode(text, 7, kPhone);
    ASSERT_TRUE(back);
    EXPECT_FALSE(*back);
}

TEST(SyncTokens, anything_else_is_refused) {
    storage::TestDb test(rooms::kTables);
    Tokens tokens(test.db, 1);
    auto text = tokens.encode(StreamToken{5}, 7, kPhone);
    auto changed = text;
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    for (const std::string& bad : {std::string(), std::string("s"), std::string("s72594_4483_1934"), changed,
                                   text.substr(0, 30), std::string(5000, 's'), "t" + text.substr(1)})
        EXPECT_FALSE(tokens.decode(bad, 7, kPhone)) << bad.substr(0, 40);
}

TEST(HistoryTokens, belong_to_a_room_and_a_user) {
    storage::TestDb test(rooms::kTables);
    Tokens tokens(test.db, 1);
    auto text = tokens.encode(rooms::RoomNumber{3}, rooms::EventNumber{42}, 7);
    EXPECT_FALSE(Tokens::is_stream(text));
    EXPECT_EQ(*tokens.decode(text, rooms::RoomNumber{3}, 7), 42u);
    EXPECT_FALSE(tokens.decode(text, rooms::RoomNumber{4}, 7));
    EXPECT_FALSE(tokens.decode(text, rooms::RoomNumber{3}, 8));
}

}  // namespace
}  // namespace peyk::sync
