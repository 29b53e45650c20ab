#include "sync/required_state.h"

#include <gtest/gtest.h>

namespace peyk::sync {
namespace {

RequiredState include(std::vector<StateMatch> matches, bool lazy = false) {
    RequiredState out{std::move(matches), {}, lazy};
    out.sort();
    return out;
}

TEST(RequiredState, an_absent_part_matches_anything) {
    auto all = include({{}});
    EXPECT_TRUE(all.wants("m.room.name", ""));
    EXPECT_TRUE(all.wants("m.room.member", "@ada:x"));
    auto of_type = include({{"m.space.child", std::nullopt}});
    EXPECT_TRUE(of_type.wants("m.space.child", "!a:x"));
    EXPECT_FALSE(of_type.wants("m.space.parent", "!a:x"));
    auto of_key = include({{std::nullopt, ""}});
    EXPECT_TRUE(of_key.wants("m.room.name", ""));
    EXPECT_FALSE(of_key.wants("m.room.member", "@ada:x"));
}

TEST(RequiredState, what_is_excluded_does_not_come) {
    auto state = include({{}});
    state.exclude = {{"m.room.create", ""}};
    EXPECT_FALSE(state.wants("m.room.create", ""));
    EXPECT_TRUE(state.wants("m.room.name", ""));
}

TEST(RequiredState, lazy_members_come_only_when_they_are_named) {
    auto state = include({{}, {"m.room.member", "@ada:x"}}, true);
    EXPECT_TRUE(state.wants("m.room.name", ""));
    EXPECT_TRUE(state.wants("m.room.member", "@ada:x"));
    EXPECT_FALSE(state.wants("m.room.member", "@bob:x"));
    EXPECT_FALSE(state.wants_all_members());
}

TEST(RequiredStates, together_they_want_what_one_of_them_wants) {
    RequiredStates both;
    auto first = include({{"m.room.name", ""}});
    auto second = include({{}});
    second.exclude = {{"m.room.name", ""}, {"m.room.topic", ""}};
    both.add(first);
    both.add(second);
    EXPECT_TRUE(both.wants("m.room.name", ""));
    EXPECT_FALSE(both.wants("m.room.topic", ""));
    EXPECT_TRUE(both.wants_all_members());
    RequiredStates lazy_only;
    lazy_only.add(include({{}}, true));
    EXPECT_TRUE(lazy_only.lazy_members());
    EXPECT_FALSE(lazy_only.wants_all_members());
}

TEST(RequiredStates, named_places_are_known_without_looking_at_the_state) {
    RequiredStates named;
    named.add(include({{"m.room.name", ""}, {"m.room.member", "@ada:x"}}));
    ASSERT_TRUE(named.named_others());
    EXPECT_EQ(named.named_others()->size(), 1u);
    EXPECT_EQ(named.named_members(), std::vector<std::string>{"@ada:x"});
    named.add(include({{"m.space.child", std::nullopt}}));
    EXPECT_FALSE(named.named_others());
}

TEST(RequiredStates, the_same_wish_has_one_encoding_and_comes_back_from_it) {
    RequiredStates one, other;
    auto a = include({{"m.room.name", ""}, {"m.room.member", std::nullopt}}, true);
    auto b = include({{std::nullopt, "x"}});
    b.exclude = {{"t", "x"}};
    one.add(a);
    one.add(b);
    std::swap(a.include[0], a.include[1]);
    other.add(b);
    other.add(a);
    other.add(b);
    EXPECT_EQ(one.encode(), other.encode());
    auto back = RequiredStates::decode(one.encode());
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, one);
    EXPECT_FALSE(RequiredStates::decode(one.encode().substr(0, 9)));
}

}  // namespace
}  // namespace peyk::sync
