#include "rooms/events/event_fields.h"

#include <gtest/gtest.h>

namespace peyk::rooms {
namespace {

using Path = std::vector<std::string>;

TEST(EventFields, paths_are_split_at_dots_that_are_not_escaped) {
    EXPECT_EQ(split_property_path("content.body"), (Path{"content", "body"}));
    EXPECT_EQ(split_property_path(R"(content.m\.relates_to)"), (Path{"content", "m.relates_to"}));
    EXPECT_EQ(split_property_path(R"(content.m\\foo)"), (Path{"content", R"(m\foo)"}));
    EXPECT_EQ(split_property_path(R"(content.m\\.foo)"), (Path{"content", R"(m\)", "foo"}));
    EXPECT_EQ(split_property_path(R"(content.m\x)"), (Path{"content", R"(m\x)"}));
    EXPECT_EQ(split_property_path(R"(end\)"), (Path{R"(end\)"}));
    EXPECT_EQ(split_property_path(""), (Path{""}));
}

TEST(EventFields, a_whole_and_a_part_of_it_are_the_whole_in_either_order) {
    auto event = *json::parse_object(R"({"content":{"a":{"b":1,"c":2},"d":3},"type":"t"})");
    for (auto text : {R"(["content.a.b","content.a"])", R"(["content.a","content.a.b"])"}) {
        auto list = *json::parse(text);
        auto fields = *EventFields::parse(&list);
        EXPECT_EQ(json::write(fields.pick(event)), R"({"content":{"a":{"b":1,"c":2}},"type":"t"})") << text;
    }
}

}  // namespace
}  // namespace peyk::rooms
