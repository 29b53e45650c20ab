#include "rooms/events/event_fields.h"

#include <gtest/gtest.h>

namespace peyk::rooms {
namespace {

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
