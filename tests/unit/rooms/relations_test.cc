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
    // Rows as those of `child`, of events that are not there.
    void add_rows(const EventId& child, const EventId& parent, EventNumber from, std::size_t count) {
        const auto& index = world.store.relations();
        auto event = world.read(room, child)->event;
        auto relation = *relation_of(*event);
        std::vector<std::string> parents{index.digest(parent)};
        index.begin(info->number);
        while (count > 0) {
            storage::Change change(world.test.db, Owner::room, info->number,
                                   world.test.db.epoch(Owner::room, info->number));
            auto now = std::min<std::size_t>(count, 2'000);
            for (std::size_t i = 0; i < now; ++i) index.add(change, info->number, from++, *event, relation);
            count -= now;
            EXPECT_TRUE(run_blocking(world.pool, world.test.db.commit(std::move(change))));
        }
        index.end(info->number, parents);
    }
    std::optional<EventId> latest_in_thread(const EventId& root) {
        auto children = *world.store.relations().children(info->number, root);
        auto me = world.store.number(kAda);
        Visibility visibility(world.store, *info, me, *world.memberships.of(me, info->number));
        auto reader = reader_for(world.store, kAda, DeviceId::trusted("PHONE"), 0);
        auto summary = *summarise_thread(world.store, *info, *world.read(room, root), *children, reader, visibility);
        if (!summary.latest) return std::nullopt;
        return summary.latest->event->id;
    }
    std::vector<EventId> threads() {
        std::vector<EventId> out;
        auto rows = world.store.relations().threads(info->number, ~EventNumber{0}, 100);
        for (const auto& row : *rows) out.push_back(row.root);
        return out;
    }
};

TEST_F(Threads, of_very_many_relations_the_newest_count) {
    auto root = *world.say(room, "root");
    auto child = *send(related(root, "m.thread"));
    add_rows(child, root, 1'000'000, RelationIndex::kMaxChildren);
    auto all = *world.store.relations().children(info->number, root);
    ASSERT_EQ(all->size(), RelationIndex::kMaxChildren);
    EXPECT_EQ(all->front().number, 1'000'000u);
    EXPECT_EQ(all->back().number, 1'000'000u + RelationIndex::kMaxChildren - 1);
}

TEST_F(Threads, a_summary_reads_a_thousand_events_at_most) {
    auto root = *world.say(room, "root");
    auto child = *send(related(root, "m.thread"));
    // Children that cannot be shown come after the one that can.
    add_rows(child, root, 1'000'000, 999);
    EXPECT_EQ(latest_in_thread(root), child);
    add_rows(child, root, 2'000'000, 1);
    EXPECT_EQ(latest_in_thread(root), std::nullopt);
}

TEST_F(Threads, two_redactions_at_once_leave_the_thread_where_it_is) {
    auto root = *world.say(room, "root");
    auto first = *send(related(root, "m.thread"));
    auto second = *send(related(root, "m.thread"));
    auto third = *send(related(root, "m.thread"));
    world.test.store.hold();
    std::vector<std::future<Result<EventId>>> redactions;
    for (const auto& target : {third, second}) {
        redactions.push_back(std::async(std::launch::async, [&, target] { return world.redact(room, target); }));
        std::this_thread::sleep_for(Millis{50});
    }
    world.test.store.release();
    for (auto& one : redactions) EXPECT_TRUE(one.get());
    auto rows = *world.store.relations().threads(info->number, ~EventNumber{0}, 100);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows.front().root, root);
    EXPECT_EQ(rows.front().newest, world.read(room, first)->number);
}

TEST_F(Threads, an_annotation_can_be_made_again_while_its_redaction_is_queued) {
    auto root = *world.say(room, "root");
    auto reaction = *send(related(root, "m.annotation", "k"));
    world.test.store.hold();
    auto redaction = std::async(std::launch::async, [&] { return world.redact(room, reaction); });
    std::this_thread::sleep_for(Millis{50});
    auto made = std::async(std::launch::async, [&] { return send(related(root, "m.annotation", "k")); });
    std::this_thread::sleep_for(Millis{50});
    world.test.store.release();
    ASSERT_TRUE(redaction.get());
    auto again = made.get();
    ASSERT_TRUE(again) << again.error().m_code;
    EXPECT_FALSE(send(related(root, "m.annotation", "k")));
    ASSERT_TRUE(world.redact(room, *again));
    EXPECT_TRUE(send(related(root, "m.annotation", "k")));
}

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
