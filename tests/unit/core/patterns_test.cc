#include "core/patterns.h"

#include <gtest/gtest.h>

namespace peyk {
namespace {

using Path = std::vector<std::string>;

TEST(PropertyPath, SplitsAtDotsThatAreNotEscaped) {
    EXPECT_EQ(split_property_path("content.body"), (Path{"content", "body"}));
    EXPECT_EQ(split_property_path(R"(content.m\.relates_to.rel_type)"), (Path{"content", "m.relates_to", "rel_type"}));
    EXPECT_EQ(split_property_path(R"(content.m\\foo)"), (Path{"content", R"(m\foo)"}));
    EXPECT_EQ(split_property_path(R"(content.m\\.foo)"), (Path{"content", R"(m\)", "foo"}));
    EXPECT_EQ(split_property_path(R"(content.m\x)"), (Path{"content", R"(m\x)"}));
    EXPECT_EQ(split_property_path(R"(a\b.)"), (Path{R"(a\b)", ""}));
    EXPECT_EQ(split_property_path(R"(end\)"), (Path{R"(end\)"}));
    EXPECT_EQ(split_property_path(""), (Path{""}));
}

struct Case {
    std::string pattern, text;
    bool itself, any;  // what each meaning of '?' gives
};
class Globs : public testing::TestWithParam<Case> {};

TEST_P(Globs, MatchTheWholeText) {
    const auto& [pattern, text, itself, any] = GetParam();
    EXPECT_EQ(glob_matches(pattern, text, QuestionMark::itself), itself);
    EXPECT_EQ(glob_matches(pattern, text, QuestionMark::any_character), any);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Globs,
    testing::Values(Case{"", "", true, true}, Case{"", "a", false, false}, Case{"*", "", true, true},
                    Case{"**", "abc", true, true}, Case{"m.room.*", "m.room.message", true, true},
                    Case{"m.room.*", "m.roommate", false, false}, Case{"*.message", "m.room.message", true, true},
                    Case{"m.*.message", "m.room.message", true, true}, Case{"m.*.mess", "m.room.message", false, false},
                    Case{"a*b*c", "aXbYbZc", true, true}, Case{"a*b*c", "aXbYbZ", false, false},
                    Case{"a?c", "abc", false, true}, Case{"a?c", "a?c", true, true}, Case{"a?", "a", false, false},
                    Case{"*?", "", false, false}, Case{"?*", "x", false, true},
                    Case{"@*:evil.*", "@bob:evil.org", true, true}, Case{"[ab]", "a", false, false},
                    Case{"*a*a*a*a*a*a*a*a*b", std::string(255, 'a'), false, false},
                    Case{"*a*a*a*a*a*a*a*a*b", std::string(255, 'a') + "b", true, true}));

}  // namespace
}  // namespace peyk
