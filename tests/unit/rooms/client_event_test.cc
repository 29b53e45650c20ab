// Events in the form of federation: what a client gets is the event that was signed, and its id can be computed from
// it.

#include "rooms/events/client_event.h"

#include "rooms_world.h"

namespace peyk::rooms {
namespace {

struct Reading : World {
    json::Object federation(const RoomId& room, const EventId& id) {
        auto info = *store.find(room);
        auto row = *memberships.of(store.number(kAda), store.number(room));
        Visibility visibility(store, *info, store.number(kAda), row);
        auto reader = reader_for(store, kAda, DeviceId::trusted("PHONE"), 0);
        std::string out;
        auto written = write_federation_event(out, store, *info, *read(room, id), reader, visibility);
        EXPECT_TRUE(written) << written.error().detail;
        return *json::parse_object(out);
    }
};

// What is left without what a client is told beside it.
EventPtr event_of(json::Object told, const RoomRules& rules) {
    told.erase("unsigned");
    if (rules.event_id_format != EventIdFormat::own) EXPECT_TRUE(told.erase("event_id"));
    auto event = Event::from_pdu(std::move(told), rules);
    EXPECT_TRUE(event) << event.error().detail;
    return event ? *event : nullptr;
}

TEST(FederationForm, IsTheSignedEventOfEveryVersion) {
    Reading world;
    for (const auto& rules : kRoomRules) {
        SCOPED_TRACE(rules.version);
        auto room = world.make_room(rules.version);
        auto said = *world.say(room, "hello");
        auto told = world.federation(room, said);
        EXPECT_EQ(*told.find("event_id")->string(), said.view());
        for (const char* key : {"hashes", "signatures", "prev_events", "auth_events", "depth", "unsigned"})
            EXPECT_TRUE(told.find(key)) << key;
        auto event = event_of(told, rules);
        ASSERT_TRUE(event);
        EXPECT_EQ(event->id, said);
        EXPECT_EQ(*event->content.find("body")->string(), "hello");

        auto gone = *world.redact(room, said);
        auto left = event_of(world.federation(room, said), rules);
        ASSERT_TRUE(left);
        EXPECT_EQ(left->id, said);
        EXPECT_TRUE(left->content.empty());
        auto redaction = event_of(world.federation(room, gone), rules);
        ASSERT_TRUE(redaction);
        EXPECT_EQ(redaction->redacts, said);
    }
}

}  // namespace
}  // namespace peyk::rooms
