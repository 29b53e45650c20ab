// Every deletion that deletions.h names, on a whole server: made to happen, its clock moved to the deadline, and then
// looked at: the interface, the rows, copies of the sealed rows from before, and the bytes of the store's files.

#include "app/deletions.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "app/catalog.h"
#include "app/erasure.h"
#include "app/tables.h"
#include "keys/tables.h"
#include "media/tables.h"
#include "oauth/tables.h"
#include "push/pages.h"
#include "push/tables.h"
#include "rooms/tables.h"
#include "storage/tables.h"
#include "sync/tables.h"
#include "unit/app/scene.h"
#include "unit/app/store_bytes.h"
#include "users/tables.h"

namespace peyk::app {
namespace {

std::string thread_message(const std::string& root) {
    return R"({"msgtype":"m.text","body":")" + kText + R"(","m.relates_to":{"rel_type":"m.thread","event_id":")" +
           root + "\"}}";
}
std::string reaction(const std::string& to) {
    return R"({"m.relates_to":{"rel_type":"m.annotation","key":")" + kText + R"(","event_id":")" + to + "\"}}";
}

// Whether a written page of counts says of any message whom it mentions.
bool mentions_somebody(Scene& scene, const std::string& room) {
    auto& house = scene.house;
    const auto& db = house.store->db();
    for (const auto& row : *db.scan(push::kFacts, db.number(room), "", "", 100)) {
        auto page = push::FactsPage::decode(row.body);
        EXPECT_TRUE(page);
        if (page && std::ranges::any_of(page->persons, [](const auto& each) { return !each.mentioned.empty(); }))
            return true;
    }
    return false;
}

void message_redacted(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto& house = scene.house;
    auto room = house.make_room();
    scene.person("bob");
    ASSERT_EQ(house.post("/join/" + room, "{}").status, 200);
    scene.as("ada");
    auto root = house.say(room, "root");
    auto reply = house.put("/rooms/" + room + "/send/m.room.message/a", thread_message(root)).text("event_id");
    auto liked = house.put("/rooms/" + room + "/send/m.reaction/b", reaction(root)).text("event_id");
    auto mention = R"({"msgtype":"m.text","body":"bob?","m.mentions":{"user_ids":["@bob:localhost"]}})";
    auto mentioned = house.put("/rooms/" + room + "/send/m.room.message/m", mention).text("event_id");
    for (int i = 0; i < 260; ++i) house.say(room, "filling a page of counts");
    scene.as("bob");
    // Pages of counts are written behind the syncs that asked for them.
    for (int i = 0; i < 500 && !scene.has(push::kFacts); ++i) {
        house.get("/sync");
        std::this_thread::sleep_for(10ms);
    }
    scene.as("ada");
    scene.before(kText);
    EXPECT_TRUE(mentions_somebody(scene, room));
    for (const auto& event : {reply, liked, mentioned})
        EXPECT_EQ(house.put("/rooms/" + room + "/redact/" + event + "/r" + event.substr(1, 6), "{}").status, 200);
    auto shown = json::write(house.get("/rooms/" + room + "/event/" + reply).body);
    EXPECT_FALSE(shown.contains(kText));
    EXPECT_TRUE(shown.contains("redacted_because"));
    EXPECT_FALSE(mentions_somebody(scene, room));
    scene.after();
}

void message_past_its_lifetime(std::string_view name) {
    Scene scene(name, [](Config& config) {
        config.retention.enabled = true;
        config.retention.default_lifetime = 24h;
    });
    scene.person("ada");
    scene.person("bob");
    scene.as("ada");
    auto& house = scene.house;
    auto room = house.make_room();
    scene.as("bob");
    ASSERT_EQ(house.post("/join/" + room, "{}").status, 200);
    scene.as("ada");
    auto root = house.say(room, "root");
    house.put("/rooms/" + room + "/send/m.room.message/a", thread_message(root));
    auto liked = house.put("/rooms/" + room + "/send/m.reaction/b", reaction(root)).text("event_id");
    house.put("/rooms/" + room + "/redact/" + house.say(room, "taken back") + "/c", "{}");
    for (int i = 0; i < 270; ++i) house.say(room, "filling a page of counts");
    scene.as("bob");
    // Pages of counts are written behind the syncs that asked for them.
    for (int i = 0; i < 500 && !scene.has(push::kOutcomes); ++i) {
        house.get("/sync");
        std::this_thread::sleep_for(10ms);
    }
    scene.before(kText);
    scene.pass(24h + rooms::RetentionSweep::slack(24h));
    EXPECT_EQ(house.get("/rooms/" + room + "/event/" + liked).status, 404);
    EXPECT_GT(house.sweep(), 270u);
    scene.after();
}

void remove_room(Scene& scene, const std::string& room) {
    auto& house = scene.house;
    auto removed = run_blocking(*house.workers, house.services->removals().remove(RoomId::trusted(room)));
    ASSERT_TRUE(removed) << removed.error().detail;
}

void room_removed(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    scene.person("bob");
    scene.as("ada");
    auto& house = scene.house;
    auto room = house.make_room();
    scene.as("bob");
    ASSERT_EQ(house.post("/join/" + room, "{}").status, 200);
    scene.as("ada");
    auto root = house.say(room, "root");
    house.put("/rooms/" + room + "/send/m.room.message/a", thread_message(root));
    house.put("/rooms/" + room + "/send/m.reaction/b", reaction(root));
    house.put("/rooms/" + room + "/redact/" + house.say(room, "taken back") + "/c", "{}");
    for (int i = 0; i < 270; ++i) house.say(room, "filling a page of counts");
    EXPECT_EQ(house.put("/devices/" + house.device, R"({"display_name":"renamed"})").status, 200);
    scene.as("bob");
    EXPECT_EQ(house.post("/rooms/" + room + "/receipt/m.read/" + root, "{}").status, 200);
    for (int i = 0; i < 500 && !scene.has(push::kOutcomes); ++i) {
        house.get("/sync");
        std::this_thread::sleep_for(10ms);
    }
    scene.before(kText);
    remove_room(scene, room);
    EXPECT_EQ(house.get("/rooms/" + room + "/event/" + root).status, 404);
    EXPECT_EQ(house.get("/rooms/" + room + "/messages?dir=b").status, 403);
    scene.after({&rooms::kRetention});
}

void news_of_a_removed_room(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto& house = scene.house;
    auto room = house.make_room();
    house.make_room();
    auto removals = [&house] { return run_blocking(*house.workers, house.services->removals().catch_up()); };
    remove_room(scene, room);
    scene.pass(rooms::RoomRemoval::kAgain);
    EXPECT_TRUE(removals());
    scene.before(room);
    scene.pass(29 * 24h);
    EXPECT_EQ(run_blocking(*house.workers, house.keeping->forget_expired()).value_or(9), 0u);
    scene.pass(24h);
    EXPECT_EQ(run_blocking(*house.workers, house.keeping->forget_expired()).value_or(0), 2u);
    scene.after();
}

std::string upload(Scene& scene, const std::string& who, const std::string& bytes) {
    auto& house = scene.house;
    auto id = run_blocking(
        *house.workers, house.services->media().upload(scene.number(who),
                                                       {.content_type = "text/plain", .file_name = kText, .length = {}},
                                                       std::make_unique<Bytes>(bytes)));
    EXPECT_TRUE(id) << id.error().detail;
    return id->str();
}

std::size_t media_files(House& house) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(house.config.media_dir()))
        count += entry.is_regular_file();
    return count;
}

void file_deleted(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto id = upload(scene, "ada", "the bytes of a file");
    EXPECT_EQ(media_files(scene.house), 1u);
    scene.before(kText);
    auto removed =
        run_blocking(*scene.house.workers, scene.house.services->media().remove(media::MediaId::trusted(id)));
    ASSERT_TRUE(removed);
    EXPECT_EQ(media_files(scene.house), 0u);
    EXPECT_EQ(scene.house.call(http::Method::get, "/_matrix/client/v1/media/download/localhost/" + id).status, 404);
    scene.after({&media::kThumbnails});
}

void file_past_its_lifetime(std::string_view name) {
    Scene scene(name, [](Config& config) { config.media.lifetime = 24h; });
    scene.person("ada");
    upload(scene, "ada", "the bytes of a file");
    scene.before(kText);
    scene.pass(24h);
    scene.pass_to_deadline();
    EXPECT_EQ(run_blocking(*scene.house.workers, scene.house.services->media_lifetime().pass()).value_or(0), 1u);
    EXPECT_EQ(media_files(scene.house), 0u);
    scene.after();
}

void upload_id_without_content(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto made = scene.house.call(http::Method::post, "/_matrix/media/v1/create");
    ASSERT_EQ(made.status, 200);
    auto id = made.text("content_uri").substr(std::string("mxc://localhost/").size());
    scene.before(id);
    scene.pass(24h);
    EXPECT_EQ(run_blocking(*scene.house.workers, scene.house.keeping->forget_expired()).value_or(9), 0u);
    scene.pass(1h);
    EXPECT_EQ(run_blocking(*scene.house.workers, scene.house.keeping->forget_expired()).value_or(9), 1u);
    scene.after();
}

void picture_of_a_preview(std::string_view name) {
    Scene scene(name, [](Config& config) { config.privacy.url_previews = true; });
    scene.person("ada");
    auto& house = scene.house;
    auto lent = run_blocking(*house.workers, house.services->media().borrow("the bytes of a picture", "image/png"));
    ASSERT_TRUE(lent) << lent.error().detail;
    scene.before(lent->str());
    scene.pass(house.config.media.preview_lifetime + 1h);
    EXPECT_FALSE(house.services->media().has(*lent));
    EXPECT_EQ(run_blocking(*house.workers, house.services->media().return_borrowed()).value_or(0), 1u);
    EXPECT_EQ(media_files(house), 0u);
    scene.after();
}

void send_to_device(Scene& scene, const std::string& to) {
    EXPECT_EQ(scene.house
                  .put("/sendToDevice/m.room_key_request/d" + std::to_string(++scene.house.sent),
                       R"({"messages":{"@)" + to + R"(:localhost":{"*":{"body":")" + kText + "\"}}}}")
                  .status,
              200);
}

void message_between_devices_acknowledged(std::string_view name) {
    Scene scene(name);
    scene.person("bob");
    scene.person("ada");
    send_to_device(scene, "bob");
    scene.as("bob");
    auto first = scene.house.get("/sync");
    EXPECT_TRUE(json::write(first.body).contains(kText));
    scene.before(kText);
    auto second = scene.house.get("/sync?since=" + first.text("next_batch"));
    EXPECT_FALSE(json::write(second.body).contains(kText));
    scene.after();
}

void upload_keys(Scene& scene, const std::string& who) {
    auto& house = scene.house;
    auto key = [](const std::string& text) { return R"({"key":")" + text + R"(","signatures":{}})"; };
    auto body = R"({"device_keys":{"user_id":"@)" + who + R"(:localhost","device_id":")" + house.device +
                R"(","algorithms":["m.olm.v1.curve25519-aes-sha2"],"keys":{"curve25519:)" + house.device +
                R"(":"a","ed25519:)" + house.device + R"(":"b"},"signatures":{}},"one_time_keys":{)" +
                R"("signed_curve25519:A":)" + key(kText) + R"(,"signed_curve25519:B":)" + key("second") +
                R"(},"fallback_keys":{"signed_curve25519:F":)" + key("third") + "}}";
    auto answer = house.post("/keys/upload", body);
    EXPECT_EQ(answer.status, 200) << json::write(answer.body);
}

std::string claim(Scene& scene, const std::string& who, const std::string& device) {
    auto answer = scene.house.post(
        "/keys/claim", R"({"one_time_keys":{"@)" + who + R"(:localhost":{")" + device + R"(":"signed_curve25519"}}})");
    EXPECT_EQ(answer.status, 200);
    return json::write(answer.body);
}

void one_time_key_claimed(std::string_view name) {
    Scene scene(name);
    scene.person("bob");
    upload_keys(scene, "bob");
    auto device = scene.house.device;
    scene.person("ada");
    scene.before(kText);
    EXPECT_TRUE(claim(scene, "bob", device).contains(kText));
    scene.after();
}

void open_sliding_connection(Scene& scene) {
    auto answer =
        scene.house.call(http::Method::post, "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0",
                         R"({"lists":{"all":{"ranges":[[0,9]],"timeline_limit":1,"required_state":[]}}})");
    EXPECT_EQ(answer.status, 200) << json::write(answer.body);
}

void device_signed_out(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    scene.person("bob");
    auto& house = scene.house;
    upload_keys(scene, "bob");
    EXPECT_EQ(
        house
            .put("/devices/" + house.device, R"({"display_name":)" + json::write(json::Value(std::string(kText))) + "}")
            .status,
        200);
    house.make_room();
    open_sliding_connection(scene);
    send_to_device(scene, "ada");
    auto device = house.device;
    scene.as("ada");
    claim(scene, "bob", device);
    send_to_device(scene, "bob");
    scene.before(kText);
    scene.as("ada");
    auto ada = house.get("/sync");  // her copy of bob's message goes too
    house.get("/sync?since=" + ada.text("next_batch"));
    scene.as("bob");
    EXPECT_EQ(house.post("/logout", "{}").status, 200);
    EXPECT_EQ(house.get("/account/whoami").status, 401);
    scene.after({&keys::kOwnSignatures});
}

void token_or_link_expired(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto& house = scene.house;
    auto second = house.post("/login", R"({"type":"m.login.password","identifier":{"type":"m.id.user","user":"ada"},)"
                                       R"("password":"secret of a test","refresh_token":true,"device_id":"TAB"})");
    ASSERT_EQ(second.status, 200) << json::write(second.body);
    auto link = run_blocking(*house.workers, house.services->users().lifecycle.make_reset_link(
                                                 UserId::trusted("@ada:localhost"), users::Devices::keep));
    ASSERT_TRUE(link);
    scene.before("");
    house.token = second.text("access_token");
    scene.pass(Millis{second.body.get_integer("expires_in_ms").value_or(0)});
    auto late = house.get("/account/whoami");
    EXPECT_EQ(late.status, 401);
    EXPECT_TRUE(late.body.get_bool("soft_logout").value_or(false)) << "the app refreshes and keeps its keys";
    scene.pass(link->expires - house.clock->now() > Millis{0} ? link->expires - house.clock->now() : Millis{0});
    scene.pass_to_deadline();
    EXPECT_EQ(run_blocking(*house.workers, house.keeping->forget_expired()).value_or(0), 2u);
    EXPECT_EQ(house.get("/account/whoami").status, 401);
    scene.after();
    house.token = {};
    EXPECT_EQ(
        house.post("/refresh", R"({"refresh_token":)" + json::write(json::Value(second.text("refresh_token"))) + "}")
            .status,
        200)
        << "the session itself goes on";
}

void delayed_event_done(std::string_view name) {
    Scene scene(name);
    auto& house = scene.house;
    auto started = house.services->start();
    ASSERT_TRUE(started) << started.error().detail;
    scene.person("ada");
    auto room = house.make_room();
    auto answer = house.put("/rooms/" + room + "/send/m.room.message/x?org.matrix.msc4140.delay=3600000",
                            R"({"msgtype":"m.text","body":)" + json::write(json::Value(std::string(kText))) + "}");
    ASSERT_EQ(answer.status, 200) << json::write(answer.body);
    scene.before(kText);
    auto cancelled = house.call(http::Method::post,
                                "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/" + answer.text("delay_id"),
                                R"({"action":"cancel"})");
    EXPECT_EQ(cancelled.status, 200) << json::write(cancelled.body);
    // The sweep comes once a day, on a worker.
    auto left = [&] {
        std::string next;
        return house.store->db().walk(rooms::kDelayedEvents, next, 10)->size();
    };
    for (int day = 0; day < 9 && left() > 0; ++day) {
        EXPECT_LT(day, 8);
        scene.pass(24h);
        house.timers->run_due();
        for (int i = 0; i < 50 && day > 6 && left() > 0; ++i) std::this_thread::sleep_for(10ms);
        std::this_thread::sleep_for(20ms);
    }
    scene.after();
}

void transaction_over(std::string_view name) {
    Scene scene(name);
    scene.person("bob");
    scene.person("ada");
    auto& house = scene.house;
    house.say(house.make_room(), "once");
    send_to_device(scene, "bob");
    scene.before("");
    for (int day = 0; day < 2; ++day) {
        EXPECT_TRUE(run_blocking(*house.workers, house.keeping->forget_old()));
        scene.pass(24h);
    }
    scene.pass(6h);
    EXPECT_EQ(run_blocking(*house.workers, house.keeping->forget_old()).value_or(0) > 0, true);
    scene.after();
}

void sync_connection_idle(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto& house = scene.house;
    house.make_room();
    open_sliding_connection(scene);
    scene.before("");
    scene.pass(30 * 24h);
    EXPECT_EQ(run_blocking(*house.workers, house.services->connections().sweep_idle({})).value_or(9), 0u);
    scene.pass(24h);
    EXPECT_GT(run_blocking(*house.workers, house.keeping->forget_expired()).value_or(0), 0u);
    scene.after();
}

void read_further(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto& house = scene.house;
    auto room = house.make_room();
    auto first = house.say(room, "one"), second = house.say(room, "two");
    EXPECT_EQ(house.post("/rooms/" + room + "/receipt/m.read/" + first, "{}").status, 200);
    scene.before("");
    EXPECT_EQ(house.post("/rooms/" + room + "/receipt/m.read/" + second, "{}").status, 200);
    scene.after();
}

void replaced_or_taken_back(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto& house = scene.house;
    auto room = house.make_room();
    EXPECT_EQ(house.post("/rooms/" + room + "/leave", "{}").status, 200);
    auto own = "/user/@ada:localhost/account_data/org.example.note";
    auto profile = "/profile/@ada:localhost/displayname";
    house.put(own, R"({"note":)" + json::write(json::Value(std::string(kText))) + "}");
    EXPECT_EQ(house.put(profile, R"({"displayname":)" + json::write(json::Value(std::string(kText))) + "}").status,
              200);
    auto version = house.post("/room_keys/version", R"({"algorithm":"m.megolm_backup.v1.curve25519-aes-sha2",)"
                                                    R"("auth_data":{"public_key":)" +
                                                        json::write(json::Value(std::string(kText))) + "}}");
    ASSERT_EQ(version.status, 200) << json::write(version.body);
    house.put("/room_keys/keys/!r:localhost/s?version=" + version.text("version"),
              R"({"first_message_index":0,"forwarded_count":0,"is_verified":false,"session_data":{"x":)" +
                  json::write(json::Value(std::string(kText))) + "}}");
    scene.before(kText);
    EXPECT_EQ(house.post("/rooms/" + room + "/forget", "{}").status, 200);
    house.put(own, "{}");
    house.put(profile, R"({"displayname":"Ada"})");
    EXPECT_EQ(house.call(http::Method::del, "/_matrix/client/v3/room_keys/version/" + version.text("version")).status,
              200);
    std::set<const Table*> others;
    const std::set<const Table*> shown{&users::kProfiles,      &users::kAccountData,   &users::kAccountDataStream,
                                       &keys::kBackupVersions, &keys::kBackupSessions, &rooms::kMemberships};
    for (const auto& each : deletions()) {
        if (each.name != name) continue;
        for (const auto* table : each.tables) {
            if (!shown.contains(table)) others.insert(table);
        }
    }
    scene.after(others);
}

void account_ended(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto& house = scene.house;
    house.put("/user/@ada:localhost/account_data/org.example.note",
              R"({"note":)" + json::write(json::Value(std::string(kText))) + "}");
    house.put("/profile/@ada:localhost/displayname",
              R"({"displayname":)" + json::write(json::Value(std::string(kText))) + "}");
    house.post("/user/@ada:localhost/filter", R"({"room":{"timeline":{"limit":7}}})");
    scene.before(kText);
    EXPECT_TRUE(deactivate(house, "ada", R"("erase":false)").empty());
    EXPECT_EQ(house.get("/profile/@ada:localhost").status, 401) << "her token is over";
    scene.after({&users::kPushers, &keys::kCrossSigningKeys, &keys::kBackupVersions, &keys::kBackupSessions});
}

// One of everything that is a user's, as far as it can be had without mail, providers and signatures.
void live_a_little(Scene& scene, const std::string& name) {
    auto& house = scene.house;
    auto me = "@" + name + ":localhost";
    upload_keys(scene, name);
    house.put("/user/" + me + "/account_data/org.example.note",
              R"({"note":)" + json::write(json::Value(std::string(kText))) + "}");
    house.put("/profile/" + me + "/displayname", R"({"displayname":"Ada in the room"})");
    house.post("/user/" + me + "/filter", R"({"room":{"timeline":{"limit":7}}})");
    house.post("/room_keys/version", R"({"algorithm":"m.megolm_backup.v1.curve25519-aes-sha2",)"
                                     R"("auth_data":{"public_key":)" +
                                         json::write(json::Value(std::string(kText))) + "}}");
    house.put("/room_keys/keys/!r:localhost/s?version=1",
              R"({"first_message_index":0,"forwarded_count":0,"is_verified":false,"session_data":{"x":)" +
                  json::write(json::Value(std::string(kText))) + "}}");
    EXPECT_EQ(house
                  .call(http::Method::put, "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device",
                        R"({"device_id":"WAITS","device_data":{"algorithm":"org.example"},"device_keys":{)"
                        R"("user_id":")" +
                            me +
                            R"(","device_id":"WAITS","dehydrated":true,"algorithms":["m.olm.v1.curve25519-aes-sha2"],)"
                            R"("keys":{"curve25519:WAITS":"YWJj","ed25519:WAITS":"ZGVm"},"signatures":{")" +
                            me + R"(":{"ed25519:WAITS":"c2ln"}}}})")
                  .status,
              200);
    upload(scene, name, "a file of " + name);
    house.call(http::Method::post, "/_matrix/media/v1/create");
    open_sliding_connection(scene);
    send_to_device(scene, name);
    EXPECT_TRUE(run_blocking(
        *house.workers, house.services->users().lifecycle.make_reset_link(UserId::trusted(me), users::Devices::keep)));
}

void account_erased(std::string_view name) {
    Scene scene(name);
    auto& house = scene.house;
    scene.person("bob");
    auto room = house.make_room();
    auto of_bob = house.say(room, "a message of bob's");
    scene.person("ada");
    ASSERT_EQ(house.post("/join/" + room, "{}").status, 200);
    live_a_little(scene, "ada");
    claim(scene, "ada", house.device);
    scene.before(kText);
    auto id = deactivate(house, "ada", R"("erase":true)");
    EXPECT_EQ(id.size(), 32u);
    EXPECT_EQ(media_files(house), 0u);
    scene.as("bob");
    EXPECT_EQ(house.get("/profile/@ada:localhost").status, 404);
    house.token = {};
    EXPECT_NE(house.post("/register", R"({"auth":{"type":"m.login.dummy"},"username":"ada","password":"x"})").status,
              200)
        << "the name stays taken";
    // Others go on.
    scene.as("bob");
    EXPECT_EQ(house.get("/rooms/" + room + "/event/" + of_bob).status, 200);
    EXPECT_NE(house.say(room, "still here"), "<absent>");
    auto receipt = run_blocking(*house.workers, house.keeping->forget_old()).has_value()
                       ? house.services->erasure().receipt(id)
                       : Result<std::optional<json::Object>>{};
    ASSERT_TRUE(receipt && *receipt);
    EXPECT_EQ(json::Value(**receipt).get_string("state"), "done");
    EXPECT_FALSE(json::write(**receipt).contains("@ada"));
    EXPECT_TRUE(receipt_text(**receipt, "localhost").contains("backup_sessions"));
    // Without mail, providers, second factors, signatures and pushers; ids of the last two days are of others' rooms.
    scene.after({&users::kThirdPartyIds, &users::kThirdPartyBindings, &users::kProviderLinks, &users::kPushers,
                 &keys::kCrossSigningKeys, &keys::kOwnSignatures, &keys::kGivenSignatures, &keys::kSignatureNews,
                 &oauth::kAuthenticators, &oauth::kRecoveryCodes, &oauth::kPasskeys, &push::kPusherStates,
                 &rooms::kDelayedEvents});
}

void receipt_of_an_erasure(std::string_view name) {
    Scene scene(name);
    auto& house = scene.house;
    scene.person("ada");
    auto id = deactivate(house, "ada", R"("erase":true)");
    scene.before("shredded_ts");
    scene.pass(90 * 24h);
    EXPECT_EQ(run_blocking(*house.workers, house.keeping->forget_expired()).value_or(9), 0u);
    EXPECT_TRUE(house.services->erasure().receipt(id)->has_value());
    scene.pass(7h);
    EXPECT_FALSE(house.services->erasure().receipt(id)->has_value());
    EXPECT_EQ(run_blocking(*house.workers, house.keeping->forget_expired()).value_or(0), 1u);
    scene.after();
}

void sign_in_step_over(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto& house = scene.house;
    auto asked = house.post("/delete_devices", R"({"devices":["NONE"]})");
    ASSERT_EQ(asked.status, 401);
    auto session = asked.text("session");
    scene.before("");
    auto with = R"({"devices":["NONE"],"auth":{"type":"m.login.password","session":)" +
                json::write(json::Value(session)) +
                R"(,"identifier":{"type":"m.id.user","user":"ada"},"password":"secret of a test"}})";
    scene.pass_to_deadline();
    auto late = house.post("/delete_devices", with);
    EXPECT_NE(late.status, 200) << "the server does not know this step any more";
    scene.after();
    // At no time on the disk: neither before nor after.
    StoreBytes files(house.store->opened->dir(), key_source(house.config));
    EXPECT_FALSE(files.contain(session));
}

void work_done(std::string_view name) {
    Scene scene(name);
    scene.person("ada");
    auto& house = scene.house;
    auto room = house.make_room();
    house.put("/rooms/" + room + "/redact/" + house.say(room, "one") + "/r", "{}");
    EXPECT_TRUE(run_blocking(*house.workers, house.keeping->forget_old()));
    scene.before("");
    scene.pass(25h);
    EXPECT_TRUE(run_blocking(*house.workers, house.keeping->forget_old()));
    scene.pass(24h);
    EXPECT_TRUE(run_blocking(*house.workers, house.keeping->forget_old()));
    std::set<const Table*> others;
    for (const auto& each : deletions()) {
        if (each.name == name) others.insert(each.tables.begin(), each.tables.end());
    }
    others.erase(&storage::kRoomPunctures);
    others.erase(*std::ranges::find(others, std::string_view("server_upkeep"), &Table::name));
    scene.after(others);
}

struct Shown {
    std::string_view name;
    void (*scene)(std::string_view);
};
constexpr Shown kShown[] = {
    {"message redacted", message_redacted},
    {"message past its lifetime", message_past_its_lifetime},
    {"room removed", room_removed},
    {"news of a removed room", news_of_a_removed_room},
    {"file deleted", file_deleted},
    {"file past its lifetime", file_past_its_lifetime},
    {"upload id without content", upload_id_without_content},
    {"picture of a preview", picture_of_a_preview},
    {"message between devices acknowledged", message_between_devices_acknowledged},
    {"one-time key claimed", one_time_key_claimed},
    {"device signed out", device_signed_out},
    {"token or link expired", token_or_link_expired},
    {"delayed event done", delayed_event_done},
    {"transaction over", transaction_over},
    {"sync connection idle", sync_connection_idle},
    {"read further", read_further},
    {"replaced or taken back", replaced_or_taken_back},
    {"account ended", account_ended},
    {"account erased", account_erased},
    {"receipt of an erasure", receipt_of_an_erasure},
    {"sign-in step over", sign_in_step_over},
    {"work done", work_done},
};

class Deletions : public testing::TestWithParam<Shown> {};
TEST_P(Deletions, AreDoneByTheirDeadline) { GetParam().scene(GetParam().name); }

INSTANTIATE_TEST_SUITE_P(All, Deletions, testing::ValuesIn(kShown), [](const auto& each) {
    std::string out;
    for (char c : each.param.name) out += (c == ' ' || c == '-') ? '_' : c;
    return out;
});

TEST(DeletionsOfTheCatalog, AreAllLookedAt) {
    std::set<std::string_view> named, shown;
    for (const auto& each : deletions()) EXPECT_TRUE(named.insert(each.name).second) << each.name;
    for (const auto& each : kShown) EXPECT_TRUE(shown.insert(each.name).second) << each.name;
    EXPECT_EQ(named, shown);
}

TEST(DeletionsOfTheCatalog, CoverEveryTableAndFile) {
    std::set<const Table*> covered, standing;
    for (const auto& each : deletions()) covered.insert(each.tables.begin(), each.tables.end());
    for (const auto& each : standing_tables()) {
        EXPECT_TRUE(standing.insert(each.table).second) << each.table->name;
        EXPECT_FALSE(each.why.empty()) << each.table->name;
        EXPECT_TRUE(std::ranges::find(catalog().tables, each.table) != catalog().tables.end());
    }
    for (const auto* table : catalog().tables) {
        if (table->dropped) continue;
        EXPECT_TRUE(covered.contains(table) || standing.contains(table))
            << table->name << ": name what deletes it in src/app/deletions.cc";
    }
    for (const auto& file : kept_files()) {
        for (std::size_t at = 0; !file.deletion.empty() && at <= file.deletion.size();) {
            auto end = std::min(file.deletion.find(',', at), file.deletion.size());
            auto name = file.deletion.substr(at, end - at);
            EXPECT_TRUE(std::ranges::any_of(deletions(), [&](const auto& each) { return each.name == name; })) << name;
            at = end + 1;
        }
    }
}

TEST(DeletionsOfTheCatalog, KeepTheirOrder) {
    for (const auto& each : deletions()) {
        EXPECT_LE(each.hidden.time, each.deleted.time) << each.name;
        EXPECT_LE(each.deleted.time, each.gone.time) << each.name;
        EXPECT_NE(each.gone.kind, Deadline::Kind::never) << each.name;
        EXPECT_LE(each.gone.time, each.deleted.time + 7 * 24h) << each.name;
    }
    EXPECT_EQ(to_text(Deadline::within(60s)), "within 60 s");
    EXPECT_EQ(to_text(Deadline::within(168h)), "within 7 d");
    EXPECT_EQ(to_text(Deadline::at_once()), "at once");
    EXPECT_EQ(to_text(Deadline::never()), "never");
}

}  // namespace
}  // namespace peyk::app
