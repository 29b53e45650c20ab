#pragma once
// One deletion on a server of its own: what was there, and what is left of it after its deadline.

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <set>

#include "app/catalog.h"
#include "app/deletions.h"
#include "base/bytes.h"
#include "unit/app/house.h"
#include "unit/app/store_bytes.h"

namespace peyk::app {

using namespace std::chrono_literals;
using storage::Table;
namespace fs = std::filesystem;

inline constexpr std::size_t kKeyPrefix = 9;  // table, owner

struct Place {
    std::uint16_t shard;
    std::string key;
    auto operator<=>(const Place&) const = default;
};
using Rows = std::map<Place, std::string>;

// One deletion on a server of its own.
class Scene {
public:
    explicit Scene(
        std::string_view name, std::function<void(Config&)> change = [](Config&) {})
        : folder(make_folder()), house(folder / "data", std::move(change)) {
        for (const auto& each : deletions()) {
            if (each.name == name) deletion = &each;
        }
        log::configure(log::Level::error, log::Format::text);
        house.open(Millis{1'700'000'000'000});
    }
    ~Scene() {
        house.close();
        fs::remove_all(folder);
    }
    // Signs up and remembers the person.
    void person(const std::string& name) {
        house.sign_up(name);
        people[name] = {house.token, house.device};
    }
    void as(const std::string& name) {
        house.token = people.at(name).first;
        house.device = people.at(name).second;
    }
    std::uint64_t number(const std::string& name) {
        return house.services->users().accounts.number(UserId::trusted("@" + name + ":localhost"));
    }
    void pass(std::chrono::milliseconds time) { house.clock->advance(time); }
    void pass_to_deadline() { pass(deletion->deleted.time); }

    // Whether a row of the table lies in the store.
    bool has(const Table& table) {
        const auto& store = house.store->opened->store();
        std::string prefix(1, static_cast<char>(table.id));
        for (auto shard = store.next_shard({0}); shard; shard = store.next_shard({++shard->number})) {
            auto found = store.scan(*shard, prefix, storage::prefix_end(prefix), 1);
            if (found && !found->empty()) return true;
            if (shard->number + 1 >= storage::Shard::kCount) break;
        }
        return false;
    }
    // Call when all is there. `canary`: stands in clear in a row; empty: the rows hold no text.
    void before(const std::string& text) {
        ASSERT_TRUE(deletion);
        canary = text;
        was = rows();
        if (!canary.empty()) EXPECT_TRUE(readable()) << "the search must find what it looks for";
        are_in_the_files();
    }
    // Call when the deadline has passed. `but`: tables that this scene could not fill.
    void after(const std::set<const Table*>& but = {}) {
        EXPECT_TRUE(house.store->db().flush_punctures());
        if (!canary.empty()) EXPECT_FALSE(readable()) << read_in;
        auto now = rows();
        Rows gone;
        std::set<std::uint8_t> tables;
        for (const auto& [place, value] : was) {
            auto found = now.find(place);
            bool stays = found != now.end() && found->second == value;
            if (stays && !is_destroyed(place)) continue;
            gone.emplace(place, value);
            tables.insert(static_cast<std::uint8_t>(place.key[0]));
        }
        for (const auto* table : deletion->tables)
            EXPECT_EQ(tables.contains(table->id), !but.contains(table)) << table->name;
        do_not_open(gone, now);
        leave_the_files(gone);
    }

private:
    static fs::path make_folder() {
        std::string name = testing::TempDir() + "peyk_deletions_XXXXXX";
        return mkdtemp(name.data());
    }
    // The deletion's rows as they lie in the store.
    Rows rows() {
        Rows out;
        const auto& store = house.store->opened->store();
        for (auto shard = store.next_shard({0}); shard; shard = store.next_shard({++shard->number})) {
            for (const auto* table : deletion->tables) {
                std::string prefix(1, static_cast<char>(table->id));
                auto found = store.scan(*shard, prefix, storage::prefix_end(prefix), 100'000);
                EXPECT_TRUE(found);
                for (auto& row : *found) out.emplace(Place{shard->number, row.key}, row.value);
            }
            if (shard->number + 1 >= storage::Shard::kCount) break;
        }
        return out;
    }
    // The row is there, without the key of its body.
    bool is_destroyed(const Place& place) {
        const auto* table = catalog().find(static_cast<std::uint8_t>(place.key[0]));
        if (table->seal != storage::Seal::row) return false;
        auto row = house.store->db().get(*table, get_u64be(place.key.data() + 1), place.key.substr(kKeyPrefix));
        return row && *row && (*row)->gone;
    }
    // Of any table: what somebody reads who has the key and all rows.
    bool readable() {
        for (const auto* table : catalog().tables) {
            std::string next;
            do {
                auto page = house.store->db().walk(*table, next, 1000);
                EXPECT_TRUE(page) << table->name;
                for (const auto& row : *page) {
                    if (row.entry.body.contains(canary) || row.entry.header.contains(canary)) {
                        read_in = table->name;
                        return true;
                    }
                }
            } while (!next.empty());
        }
        return false;
    }
    void write(const Place& place, const std::string* value) {
        auto& store = house.store->opened->store();
        storage::Batch batch{.shard = {place.shard}, .epoch = store.epoch({place.shard})};
        if (value) {
            batch.puts.push_back({.key = place.key, .value = *value});
        } else {
            batch.dels.push_back(place.key);
        }
        std::promise<bool> done;
        store.commit(std::move(batch), [&done](storage::CommitResult result) { done.set_value(result.has_value()); });
        ASSERT_TRUE(done.get_future().get());
    }
    // Rows with keys of their own, put back from a copy of before: now, and after a restart.
    void do_not_open(const Rows& gone, const Rows& now) {
        for (const auto& [place, value] : gone) {
            const auto* table = catalog().find(static_cast<std::uint8_t>(place.key[0]));
            if (table->seal != storage::Seal::row && !(deletion->keys && table->seal != storage::Seal::none)) continue;
            write(place, &value);
            for (bool restarted : {false, true}) {
                auto row = house.store->db().get(*table, get_u64be(place.key.data() + 1), place.key.substr(kKeyPrefix));
                ASSERT_TRUE(row && *row) << table->name;
                EXPECT_TRUE((*row)->gone) << table->name << ' ' << restarted;
                EXPECT_TRUE((*row)->body.empty());
                if (!restarted) reopen();
            }
            auto present = now.find(place);
            write(place, present == now.end() ? nullptr : &present->second);
            if (++opened > 3) break;  // a restart each; the others are alike
        }
    }
    // What is random of a row: the end of a sealed value, or of a key that ends in a digest.
    static std::string trace_of(const Rows::value_type& row) {
        return row.second.size() >= 24 ? row.second.substr(row.second.size() - 24)
                                       : row.first.key.substr(row.first.key.size() - 8);
    }
    // The control: what leave_the_files() looks for stands in the files as long as the rows are there.
    void are_in_the_files() {
        if (was.empty()) return;
        StoreBytes files(house.store->opened->dir(), key_source(house.config));
        std::size_t found = 0;
        for (const auto& row : was) found += files.contain(trace_of(row));
        EXPECT_GT(found, 0u) << "the search must find what it looks for";
    }
    void leave_the_files(const Rows& gone) {
        if (gone.empty()) return;
        auto source = key_source(house.config);
        auto dir = house.store->opened->dir();
        pass(deletion->gone.time - deletion->deleted.time);
        auto rewritten = run_blocking(*house.workers, house.keeping->rewrite_if_due());
        ASSERT_TRUE(rewritten) << rewritten.error().detail;
        EXPECT_TRUE(*rewritten);
        EXPECT_FALSE(run_blocking(*house.workers, house.keeping->rewrite_if_due()).value_or(true));
        StoreBytes files(dir, source);
        for (const auto& row : gone) {
            const auto* table = catalog().find(static_cast<std::uint8_t>(row.first.key[0]));
            if (row.second.size() < 24 && table->seal == storage::Seal::none && !ends_in_digest(*table)) continue;
            EXPECT_FALSE(files.contain(trace_of(row))) << table->name;
        }
    }
    static bool ends_in_digest(const Table& table) { return table.rest.ends_with("16 bytes"); }
    void reopen() {
        auto now = house.clock->now();
        house.close();
        house.open(now);
    }

    fs::path folder;
    const Deletion* deletion = nullptr;
    std::string canary;
    std::string_view read_in;  // the table in which readable() found it
    Rows was;
    int opened = 0;
    std::map<std::string, std::pair<std::string, std::string>> people;

public:
    House house;
};

inline constexpr std::string_view kCanary = "canary-9f2c51e07d";
inline const std::string kText(kCanary);

inline std::string quoted(const std::string& text) { return "\"" + text + "\""; }

// Ends the account of `name`; `wish` goes into the request. The receipt's id, if there is one.
inline std::string deactivate(House& house, const std::string& name, const std::string& wish) {
    auto answer = house.post("/account/deactivate", R"({"auth":{"type":"m.login.password","identifier":)"
                                                    R"({"type":"m.id.user","user":")" +
                                                        name + R"("},"password":"secret of a test"},)" + wish + "}");
    EXPECT_EQ(answer.status, 200) << json::write(answer.body);
    const auto* receipt = answer.body.get("org.peyk.receipt");
    return receipt ? std::string(receipt->get_string("receipt_id").value_or("")) : std::string();
}

}  // namespace peyk::app
