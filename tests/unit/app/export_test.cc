// The export of a user's own data: complete, readable, bounded.

#include "app/export.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>

#include "app/catalog.h"
#include "app/zip_writer.h"
#include "unit/app/scene.h"

namespace peyk::app {
namespace {

std::uint64_t little(std::string_view bytes, std::size_t at, int count) {
    std::uint64_t out = 0;
    for (int i = count - 1; i >= 0; --i)
        out = out << 8 | static_cast<unsigned char>(bytes.at(at + static_cast<std::size_t>(i)));
    return out;
}

// Reads an archive from its end, as programs do: name to content. Expectations fail on anything that is not right.
std::map<std::string, std::string> unzip(const std::string& zip) {
    std::map<std::string, std::string> out;
    auto end = zip.rfind("PK\x05\x06");
    EXPECT_NE(end, std::string::npos);
    if (end == std::string::npos) return out;
    EXPECT_EQ(end + 22, zip.size());
    auto count = little(zip, end + 10, 2), at = little(zip, end + 16, 4);
    for (std::uint64_t i = 0; i < count; ++i) {
        EXPECT_EQ(little(zip, at, 4), 0x02014b50u);
        auto size = little(zip, at + 24, 4), length = little(zip, at + 28, 2), local = little(zip, at + 42, 4);
        auto name = zip.substr(at + 46, length);
        EXPECT_EQ(little(zip, local, 4), 0x04034b50u) << name;
        EXPECT_EQ(zip.substr(local + 30, little(zip, local + 26, 2)), name);
        auto content = zip.substr(local + 30 + length + little(zip, local + 28, 2), size);
        EXPECT_EQ(ZipWriter::crc(0, content), little(zip, at + 16, 4)) << name;
        EXPECT_EQ(ZipWriter::crc(0, content), little(zip, local + 14, 4)) << name;
        EXPECT_TRUE(out.emplace(name, std::move(content)).second) << "twice: " << name;
        at += 46 + length + little(zip, at + 30, 2) + little(zip, at + 32, 2);
    }
    EXPECT_EQ(at, end);
    return out;
}

struct Taken {
    std::string zip;
    std::size_t largest = 0;
};
Taken take(House& house, http::Response& response) {
    Taken out;
    while (true) {
        auto piece = run_blocking(*house.workers, response.stream->read_some(64 * 1024));
        EXPECT_TRUE(piece) << piece.error().detail;
        if (!piece || piece->empty()) return out;
        out.largest = std::max(out.largest, piece->size());
        out.zip += *piece;
    }
}

std::map<std::string, std::string> export_of(Scene& scene, const std::string& name) {
    auto started =
        scene.house.services->exports().start(UserId::trusted("@" + name + ":localhost"), scene.number(name));
    EXPECT_TRUE(started);
    if (!started) return {};
    return unzip(take(scene.house, *started).zip);
}

TEST(Export, AccountsForEveryTableOfUsers) {
    std::set<const storage::Table*> listed;
    for (const auto& each : exported_tables()) {
        EXPECT_TRUE(listed.insert(each.table).second) << each.table->name;
        EXPECT_NE(each.file.empty(), each.why.empty()) << each.table->name << ": either a file or a reason";
    }
    for (const auto* table : catalog().tables) {
        if (table->dropped || table->owner != storage::Owner::user) continue;
        EXPECT_TRUE(listed.contains(table)) << table->name << ": say in src/app/export_tables.cc where it is exported";
    }
}

TEST(Export, HasWhatIsHeldAndNothingOfOthers) {
    Scene scene("account erased");
    auto& house = scene.house;
    scene.person("bob");
    auto lobby = house.make_room();
    house.put("/rooms/" + lobby + "/state/m.room.name", R"({"name":"The <lobby>"})");
    house.say(lobby, "said by bob");
    scene.person("ada");
    house.post("/join/" + lobby, "{}");
    house.say(lobby, kText);
    house.put("/user/@ada:localhost/account_data/org.example.note", R"({"note":"note of ada"})");
    house.put("/profile/@ada:localhost/displayname", R"({"displayname":"Ada \"<i>\""})");
    house.post("/user/@ada:localhost/filter", R"({"room":{"timeline":{"limit":7}}})");
    house.post("/room_keys/version",
               R"({"algorithm":"m.megolm_backup.v1.curve25519-aes-sha2","auth_data":{"public_key":"k"}})");
    house.put("/room_keys/keys/!r:localhost/s?version=1",
              R"({"first_message_index":0,"forwarded_count":0,"is_verified":false,"session_data":{"x":"ciphertext"}})");
    auto upload = run_blocking(
        *house.workers, house.services->media().upload(
                            scene.number("ada"), {.content_type = "text/plain", .file_name = "no/te.txt", .length = {}},
                            std::make_unique<Bytes>("bytes of a file")));
    ASSERT_TRUE(upload);
    house.put("/sendToDevice/org.example.waits/1", R"({"messages":{"@ada:localhost":{"*":{"body":"waits"}}}})");
    auto files = export_of(scene, "ada");

    for (const auto& each : exported_tables()) {
        if (each.file.empty()) continue;
        bool found = std::ranges::any_of(files, [&](const auto& file) { return file.first.starts_with(each.file); });
        EXPECT_TRUE(found) << each.table->name << " in " << each.file;
    }
    for (const auto& [name, content] : files) {
        EXPECT_FALSE(content.contains("said by bob")) << name;
        EXPECT_FALSE(content.contains("$argon2")) << name << ": no hash of a password";
        if (name.ends_with(".json")) EXPECT_TRUE(json::parse(content)) << name;
        if (name.ends_with(".html"))
            EXPECT_FALSE(content.contains("<script") || content.contains("http://") || content.contains("https://"))
                << name << " must open offline";
    }
    auto all = [&](std::string_view text) {
        return std::ranges::any_of(files, [&](const auto& file) { return file.second.contains(text); });
    };
    for (std::string_view text : {kCanary, std::string_view("note of ada"), std::string_view("bytes of a file"),
                                  std::string_view("ciphertext"), std::string_view("waits")})
        EXPECT_TRUE(all(text)) << text;
    EXPECT_EQ(files["files/" + upload->str() + "-no_te.txt"], "bytes of a file");
    EXPECT_TRUE(files["index.html"].contains("The &lt;lobby&gt;"));
    EXPECT_TRUE(files["index.html"].contains("Ada &quot;&lt;i&gt;&quot;")) << files["index.html"];
    EXPECT_TRUE(files["index.html"].contains("lang=\"fa\" dir=\"rtl\""));
    EXPECT_TRUE(files["rooms/1-1.html"].contains(kText));
    // The links of the pages lead somewhere.
    for (const auto& [name, content] : files) {
        if (!name.ends_with(".html")) continue;
        std::string folder = name.contains('/') ? name.substr(0, name.find('/') + 1) : "";
        for (auto at = content.find("href=\""); at != std::string::npos; at = content.find("href=\"", at + 1)) {
            auto to = content.substr(at + 6, content.find('"', at + 6) - at - 6);
            if (to.starts_with("../"))
                to = to.substr(3);
            else
                to = folder + to;
            EXPECT_TRUE(files.contains(to)) << name << " -> " << to;
        }
    }
}

TEST(Export, IsOneAtATimeForEachUserAndAFewAtOnce) {
    Scene scene("account erased");
    std::vector<http::Response> open;
    for (std::string name : {"ada", "bob", "eve", "kim", "lou"}) {
        scene.person(name);
        auto user = UserId::trusted("@" + name + ":localhost");
        auto started = scene.house.services->exports().start(user, scene.number(name));
        ASSERT_EQ(started.has_value(), open.size() < Export::kAtOnce) << name;
        if (!started) {
            EXPECT_EQ(started.error().code, Errc::rate_limited);
            continue;
        }
        open.push_back(*std::move(started));
        EXPECT_FALSE(scene.house.services->exports().start(user, scene.number(name)));
    }
    open.pop_back();  // hung up
    EXPECT_TRUE(scene.house.services->exports().start(UserId::trusted("@lou:localhost"), scene.number("lou")));
    // An archive that was taken to its end makes room as well.
    unzip(take(scene.house, open[0]).zip);
    EXPECT_TRUE(scene.house.services->exports().start(UserId::trusted("@ada:localhost"), scene.number("ada")));
}

TEST(Export, TakesLessThanAMinuteForTenThousandEvents) {
    Scene scene("account erased");
    auto& house = scene.house;
    scene.person("ada");
    auto room = house.make_room();
    constexpr int kEvents = 10'000;
    auto user = UserId::trusted("@ada:localhost");
    for (int i = 0; i < kEvents; ++i) {
        rooms::Draft draft{.type = "m.room.message",
                           .content = {{"msgtype", "m.text"}, {"body", "message " + std::to_string(i)}}};
        ASSERT_TRUE(run_blocking(
            *house.workers, house.services->rooms().send(user, *RoomId::parse(room), std::move(draft), std::nullopt)));
    }
    auto begun = std::chrono::steady_clock::now();
    auto started = house.services->exports().start(user, scene.number("ada"));
    ASSERT_TRUE(started);
    auto taken = take(house, *started);
    auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    RecordProperty("seconds", std::to_string(seconds));
    EXPECT_LT(seconds, 60);
    EXPECT_LE(taken.largest, 64u * 1024);
    auto files = unzip(taken.zip);
    std::size_t events = 0;
    for (const auto& [name, content] : files) {
        if (!name.starts_with("rooms/") || !name.ends_with(".json")) continue;
        auto value = json::parse(content);
        ASSERT_TRUE(value && value->array());
        for (const auto& event : *value->array()) events += event.get_string("type") == "m.room.message";
        EXPECT_LE(content.size(), 2u << 20);
    }
    EXPECT_EQ(events, static_cast<std::size_t>(kEvents));
}

TEST(ZipWriter, GoesOnBehindFourGigabytes) {
    ZipWriter zip(1'700'000'000);
    std::string head;
    zip.begin(head, "large", 5'000'000'000, 7);
    EXPECT_EQ(little(head, 4, 2), 45u);
    EXPECT_EQ(little(head, 18, 4), 0xffffffffu);
    EXPECT_EQ(little(head, 30 + 5 + 4, 8), 5'000'000'000u);
    std::string behind;
    zip.file(behind, "small", "x");
    std::string end;
    zip.end(end);
    EXPECT_NE(end.find("PK\x06\x06"), std::string::npos);
    auto second = end.find("small");
    ASSERT_NE(second, std::string::npos);
    EXPECT_EQ(little(end, second + 5 + 4, 8), 5'000'000'000u + head.size()) << "where the second file begins";
}

}  // namespace
}  // namespace peyk::app
