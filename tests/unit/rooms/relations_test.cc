// Relations: what counts as one, and their rows while batches are queued, fail, or are read again from the store.

#include <gtest/gtest.h>

#include <future>

#include "rooms/relations/bundle.h"
#include "rooms_world.h"

namespace peyk::rooms {
namespace {

EventPtr event_with(json::Value relates) {
    static World world;
    static auto room = world.make_room();
    json::Object content{{"m.relates_to", std::move(relates)}};
    auto sent = run_blocking(world.pool, world.rooms.send(kAda, room, Draft{"m.test", {}, std::move(content)}, {}));
    EXPECT_TRUE(sent) << sent.error().detail;
    return world.read(room, *sent)->event;
}

TEST(Relation, what_does_not_match_the_schema_is_no_relation) {
    struct Row {
        const char* relates;
        std::optional<RelationKind> kind;
    };
    const Row rows[] = {
        {R"({"rel_type":"m.thread","event_id":"$a"})", RelationKind::thread},
        {R"({"rel_type":"m.replace","event_id":"$a"})", RelationKind::replace},
        {R"({"rel_type":"m.reference","event_id":"$a"})", RelationKind::reference},
        {R"({"rel_type":"m.annotation","event_id":"$a","key":"k"})", RelationKind::annotation},
        {R"({"rel_type":"org.example","event_id":"$a"})", RelationKind::other},
        {R"({"m.in_reply_to":{"event_id":"$a"}})", std::nullopt},
        {R"({"rel_type":"m.thread"})", std::nullopt},
        {R"({"event_id":"$a"})", std::nullopt},
        {R"({"rel_type":"","event_id":"$a"})", std::nullopt},
        {R"({"rel_type":1,"event_id":"$a"})", std::nullopt},
        {R"({"rel_type":"m.thread","event_id":"not an id"})", std::nullopt},
        {R"({"rel_type":"m.thread","event_id":["$a"]})", std::nullopt},
        {R"("m.thread")", std::nullopt},
        {R"([])", std::nullopt},
    };
    for (const auto& row : rows) {
        auto relation = relation_of(*event_with(*json::parse(row.relates)));
        EXPECT_EQ(relation.has_value(), row.kind.has_value()) << row.relates;
        if (relation && row.kind) EXPECT_EQ(relation->kind, *row.kind) << row.relates;
    }
}

struct Threads : testing::Test {
    World world;
    RoomId room = world.make_room();
    RoomInfoPtr info = *world.store.find(room);

    Draft related(const EventId& parent, std::string rel_type, std::string key = "") {
        json::Object relates{{"rel_type", std::move(rel_type)}, {"event_id", parent.str()}};
        if (!key.empty()) relates.set("key", key);
        return Draft{"m.test", {}, {{"m.relates_to", std::move(relates)}}};
    }
    Result<EventId> send(Draft draft) {
        return run_blocking(world.pool, world.rooms.send(kAda, room, std::move(draft), {}));
    }
    std::size_t children(const RoomStore& store, const EventId& parent) {
        return (*store.relations().children(info->number, parent))->size();
    }
    std::vector<EventId> threads() {
        std::vector<EventId> out;
        auto rows = world.store.relations().threads(info->number, ~EventNumber{0}, 100);
        for (const auto& row : *rows) out.push_back(row.root);
        return out;
    }
};

TEST_F(Threads, the_cache_learns_of_new_and_of_redacted_relations) {
    auto root = *world.say(room, "root");
    EXPECT_EQ(children(world.store, root), 0u);
    auto child = *send(related(root, "m.reference"));
    EXPECT_EQ(children(world.store, root), 1u);
    auto second = *send(related(root, "m.thread"));
    EXPECT_EQ(children(world.store, root), 2u);
    ASSERT_TRUE(world.redact(room, child));
    EXPECT_EQ(children(world.store, root), 1u);
    RoomStore fresh(world.test.db);
    EXPECT_EQ(children(fresh, root), 1u);
    EXPECT_EQ((*fresh.relations().children(info->number, root))->front().number, world.read(room, second)->number);
}

TEST_F(Threads, a_failed_batch_leaves_no_relation) {
    auto root = *world.say(room, "root");
    world.test.store.fail_next(Errc::full);
    EXPECT_FALSE(send(related(root, "m.thread")));
    EXPECT_EQ(children(world.store, root), 0u);
    EXPECT_TRUE(threads().empty());
    // Nor does it stand in the way of the same annotation.
    world.test.store.fail_next(Errc::full);
    EXPECT_FALSE(send(related(root, "m.annotation", "k")));
    EXPECT_TRUE(send(related(root, "m.annotation", "k")));
}

TEST_F(Threads, each_thread_has_one_row_however_its_events_were_queued) {
    auto root = *world.say(room, "root");
    auto other = *world.say(room, "other");
    ASSERT_TRUE(send(related(other, "m.thread")));
    world.test.store.hold();
    std::vector<std::future<Result<EventId>>> sent;
    for (int i = 0; i < 4; ++i) {
        sent.push_back(std::async(std::launch::async, [&] { return send(related(root, "m.thread")); }));
        std::this_thread::sleep_for(Millis{20});
    }
    world.test.store.release();
    for (auto& one : sent) EXPECT_TRUE(one.get());
    EXPECT_EQ(threads(), (std::vector<EventId>{root, other}));
    EXPECT_EQ(children(world.store, root), 4u);
    ASSERT_TRUE(send(related(other, "m.thread")));
    EXPECT_EQ(threads(), (std::vector<EventId>{other, root}));
}

TEST_F(Threads, the_same_annotation_is_refused_while_the_first_is_queued) {
    auto root = *world.say(room, "root");
    world.test.store.hold();
    auto first = std::async(std::launch::async, [&] { return send(related(root, "m.annotation", "k")); });
    std::this_thread::sleep_for(Millis{50});
    auto twin = send(related(root, "m.annotation", "k"));
    world.test.store.release();
    ASSERT_FALSE(twin);
    EXPECT_EQ(twin.error().m_code, "M_DUPLICATE_ANNOTATION");
    EXPECT_TRUE(first.get());
}

TEST_F(Threads, an_event_is_in_a_thread_over_at_most_three_relations) {
    auto root = *world.say(room, "root");
    auto in = *send(related(root, "m.thread"));
    auto edit = *send(related(in, "m.replace"));
    auto reaction = *send(related(edit, "m.annotation", "k"));
    auto far = *send(related(reaction, "m.reference"));
    auto thread = [&](const EventId& id) { return *thread_of(world.store, *info, *world.read(room, id)->event); };
    EXPECT_EQ(thread(root), std::nullopt);
    EXPECT_EQ(thread(in), root);
    EXPECT_EQ(thread(edit), root);
    EXPECT_EQ(thread(reaction), root);
    EXPECT_EQ(thread(far), std::nullopt);
}

}  // namespace
}  // namespace peyk::rooms
