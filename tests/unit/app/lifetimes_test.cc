// What has a lifetime ends with it: a whole server on the disk, its interface, and a clock that the test moves.

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "app/backup.h"
#include "app/media_in_use.h"
#include "base/bytes.h"
#include "rooms/tables.h"
#include "unit/app/house.h"

namespace peyk::app {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Lifetimes : testing::Test {
    Lifetimes() {
        std::string name = testing::TempDir() + "peyk_lifetimes_XXXXXX";
        folder = mkdtemp(name.data());
        log::configure(log::Level::error, log::Format::text);
    }
    ~Lifetimes() override { fs::remove_all(folder); }
    fs::path folder;
    const Millis start{1'700'000'000'000};
};

struct Place {
    storage::Shard shard;
    std::string key;
};

Place place_of(rooms::RoomNumber room, rooms::EventNumber number) {
    std::string key(1, static_cast<char>(rooms::kEvents.id));
    put_u64be(key, room);
    put_u64be(key, number);
    return {storage::Shard::of_room(room), key};
}

std::optional<std::string> raw(House& house, const Place& place) {
    return *house.store->opened->store().get(place.shard, place.key);
}

void put_back(House& house, const Place& place, std::string value) {
    auto& store = house.store->opened->store();
    storage::Batch batch{.shard = place.shard, .epoch = store.epoch(place.shard)};
    batch.puts.push_back({.key = place.key, .value = std::move(value)});
    std::promise<bool> done;
    store.commit(std::move(batch), [&done](storage::CommitResult result) { done.set_value(result.has_value()); });
    ASSERT_TRUE(done.get_future().get());
}

TEST_F(Lifetimes, AMessageEndsOnTheInterfaceAtItsTimeAndOnTheDiskSoonAfter) {
    auto wish = [](Config& config) {
        config.retention.enabled = true;
        config.retention.default_lifetime = 24h;
    };
    House house(folder / "data", wish);
    house.open(start);
    house.sign_up("ada");
    auto room = house.make_room();
    auto event = house.say(room, "the canary of this test");
    house.say(room, "another");
    auto info = *house.services->rooms().store().find(*RoomId::parse(room));
    auto found = *house.services->rooms().store().event(*info, *EventId::parse(event));
    ASSERT_TRUE(found);
    auto number = found->number;
    auto place = place_of(info->number, number);
    auto sealed = raw(house, place);
    ASSERT_TRUE(sealed);

    // A backup of before: what it holds is read again further down.
    auto copied = make_backup(house.config, *house.store, folder / "backup");
    ASSERT_TRUE(copied) << copied.error().detail;

    house.clock->advance(24h - 1ms);
    EXPECT_EQ(house.get("/rooms/" + room + "/event/" + event).status, 200);
    house.clock->advance(1ms);
    EXPECT_EQ(house.get("/rooms/" + room + "/event/" + event).status, 404);
    auto history = json::write(house.get("/rooms/" + room + "/messages?dir=b&limit=100").body);
    EXPECT_EQ(history.find("canary"), std::string::npos);
    EXPECT_NE(history.find("m.room.create"), std::string::npos);
    EXPECT_EQ(json::write(house.get("/sync").body).find("canary"), std::string::npos);
    EXPECT_TRUE(raw(house, place)) << "not swept yet";

    house.clock->advance(rooms::RetentionSweep::slack(24h));
    EXPECT_EQ(house.sweep(), 2u);
    EXPECT_FALSE(raw(house, place));
    // Whoever has the row from an old table of the engine, and the root secret, opens it neither now nor after a start.
    put_back(house, place, *sealed);
    for (bool restarted : {false, true}) {
        auto row = house.store->db().get(rooms::kEvents, info->number, rooms::number_key(number));
        ASSERT_TRUE(row && *row);
        EXPECT_TRUE((*row)->gone) << restarted;
        EXPECT_TRUE((*row)->body.empty());
        auto now = house.clock->now();
        house.close();
        house.open(now);
    }
    EXPECT_EQ(house.get("/rooms/" + room + "/event/" + event).status, 404);

    // The backup is of its day, with the keys of its day; the server that is restored from it shows nothing of what is
    // past its time, and destroys it.
    House restored(folder / "restored", wish);
    restored.config.storage.key_file = house.config.storage.key_file;
    auto back = restore_backup(restored.config, folder / "backup");
    ASSERT_TRUE(back) << back.error().detail;
    restored.open(house.clock->now());
    restored.token = house.token;
    restored.sent = house.sent;  // transaction ids are the store's
    EXPECT_EQ(restored.get("/rooms/" + room + "/event/" + event).status, 404);
    EXPECT_EQ(restored.get("/rooms/" + room + "/state/m.room.create").status, 200);
    auto row = restored.store->db().get(rooms::kEvents, info->number, rooms::number_key(number));
    ASSERT_TRUE(row && *row);
    EXPECT_FALSE((*row)->gone) << "as docs/guide/backup.md says";
    EXPECT_EQ(restored.sweep(), 2u);
    EXPECT_FALSE(*restored.store->db().get(rooms::kEvents, info->number, rooms::number_key(number)));
    put_back(restored, place, *sealed);
    EXPECT_TRUE((*restored.store->db().get(rooms::kEvents, info->number, rooms::number_key(number)))->gone);
    EXPECT_NE(restored.say(room, "the room goes on"), "<absent>");
}

TEST_F(Lifetimes, CountsOfUnreadMessagesForgetWhatEnded) {
    House house(folder / "data", [](Config& config) {
        config.retention.enabled = true;
        config.retention.default_lifetime = 1h;
    });
    house.open(start);
    house.sign_up("ada");
    auto room = house.make_room();
    auto ada = house.token;
    house.sign_up("bob");
    auto bob = house.token;
    ASSERT_EQ(house.post("/join/" + room, "{}").status, 200);
    house.token = ada;
    // More than one page of counts, so that some are rows.
    for (int i = 0; i < 300; ++i) house.say(room, "m");
    auto unread = [&] {
        house.token = bob;
        auto answer = house.get("/sync");
        const auto* counts = answer.body.get_path({"rooms", "join", room, "unread_notifications"});
        return counts ? counts->get_integer("notification_count").value_or(-1) : -1;
    };
    EXPECT_EQ(unread(), 300);
    house.clock->advance(30min);
    house.token = ada;
    house.say(room, "later");
    EXPECT_EQ(unread(), 301);
    house.clock->advance(31min);
    EXPECT_EQ(house.sweep(), 300u);
    EXPECT_EQ(unread(), 1);
    auto told = house.get("/notifications");
    ASSERT_TRUE(told.body.get_array("notifications"));
    EXPECT_EQ(told.body.get_array("notifications")->size(), 1u);
    // From the rows too, not only from memory.
    auto now = house.clock->now();
    house.close();
    house.open(now);
    EXPECT_EQ(unread(), 1);
}

TEST_F(Lifetimes, AFileEndsInTheDayAfterItsLifetimeUnlessSomethingWithoutAgeNamesIt) {
    House house(folder / "data", [](Config& config) { config.media.lifetime = 10 * 24h; });
    house.open(start);
    house.sign_up("ada");
    auto room = house.make_room();
    auto user = house.services->users().accounts.number(UserId::trusted("@ada:localhost"));
    auto upload = [&] {
        auto id = run_blocking(*house.workers, house.services->media().upload(user, {.content_type = "text/plain"},
                                                                              std::make_unique<Bytes>("a file")));
        EXPECT_TRUE(id) << id.error().detail;
        return id->str();
    };
    auto in_message = upload(), in_profile = upload(), in_room = upload(), of_member = upload(), in_data = upload(),
         unused = upload(), formerly = upload();
    auto mxc = [](const std::string& id) { return "mxc://localhost/" + id; };
    auto send = [&](const std::string& path, const std::string& body) {
        auto answer = house.put(path, body);
        EXPECT_EQ(answer.status, 200) << path << ' ' << json::write(answer.body);
    };
    send("/rooms/" + room + "/send/m.room.message/f1",
         R"({"msgtype":"m.file","body":"f","url":")" + mxc(in_message) + "\"}");
    send("/rooms/" + room + "/state/m.room.avatar", R"({"url":")" + mxc(formerly) + "\"}");
    send("/rooms/" + room + "/state/m.room.avatar", R"({"url":")" + mxc(in_room) + "\"}");
    send("/rooms/" + room + "/state/m.room.member/@ada:localhost",
         R"({"membership":"join","avatar_url":")" + mxc(of_member) + "\"}");
    send("/profile/@ada:localhost/avatar_url?propagate=false", R"({"avatar_url":")" + mxc(in_profile) + "\"}");
    send("/user/@ada:localhost/account_data/im.ponies.user_emotes",
         R"({"images":{"cat":{"url":")" + mxc(in_data) + "\"}}}");
    auto there = [&](const std::string& id) {
        auto info = house.call(http::Method::get, "/_matrix/client/v1/media/download/localhost/" + id);
        return info.status == 200;
    };
    auto pass = [&] {
        auto done = run_blocking(*house.workers, house.services->media_lifetime().pass());
        EXPECT_TRUE(done) << done.error().detail;
        return done.value_or(0);
    };
    EXPECT_TRUE(there(in_message));
    EXPECT_EQ(pass(), 0u);
    house.clock->advance(10 * 24h);
    EXPECT_EQ(pass(), 0u) << "its day is not over";
    house.clock->advance(24h);
    // The picture of the member gave way to that of the profile.
    EXPECT_EQ(pass(), 4u);
    EXPECT_FALSE(there(in_message));
    EXPECT_FALSE(there(unused));
    EXPECT_FALSE(there(formerly));
    EXPECT_FALSE(there(of_member));
    for (const auto& kept : {in_profile, in_room, in_data}) EXPECT_TRUE(there(kept)) << kept;
    EXPECT_EQ(pass(), 0u);
    // What is named later is kept as well, also when it is old by then.
    auto late = upload();
    house.clock->advance(9 * 24h);
    send("/rooms/" + room + "/state/m.room.avatar", R"({"url":")" + mxc(late) + "\"}");
    house.clock->advance(9 * 24h);
    pass();
    EXPECT_TRUE(there(late));
}

TEST(MediaInValues, AreFoundWhereverTheyStand) {
    std::vector<std::string> found;
    auto value = *json::parse(R"({"a":"mxc://here/one","b":["mxc://here/two",{"c":"mxc://there/three"}],)"
                              R"("d":"see mxc://here/four","e":"mxc://heretoo/five","f":7})");
    each_media_in(value, "here", [&](std::string_view id) { found.emplace_back(id); });
    EXPECT_EQ(found, (std::vector<std::string>{"one", "two"}));
}

}  // namespace
}  // namespace peyk::app
