// What a broken or tampered disk does to a store: it is found and named, and nothing wrong is ever served.

#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "storage/open.h"
#include "storage/verification.h"
#include "unit/storage/scratch.h"

namespace peyk::storage {
namespace {

namespace fs = std::filesystem;

constexpr Table kEvents{.id = 2,
                        .name = "events",
                        .about = "an event",
                        .rest = "event number u64be",
                        .owner = Owner::room,
                        .seal = Seal::row,
                        .category = Category::user_content,
                        .kept = "until redacted"};
constexpr std::array<const Table*, 1> kCatalog{&kEvents};
constexpr std::uint64_t kRoom = 4711;
constexpr std::uint64_t kRows = 60;

std::string row(std::uint64_t number) {
    std::string out;
    put_u64be(out, number);
    return out;
}

std::string body(std::uint64_t number) { return fmt::format("body {} of a row that is not very short", number); }

struct DamageTest : testing::Test {
    OpenOptions options(const fs::path& dir) {
        OpenOptions out{
            .dir = dir, .key = {.file = scratch.path / "store.key"}, .catalog = {kCatalog}, .flush_every = {}};
        out.on_fatal = [](std::string_view) {};
        return out;
    }
    void put(Db& db, std::uint64_t from, std::uint64_t to) {
        for (auto number = from; number <= to; ++number) {
            Change change(db, Owner::room, kRoom, db.epoch(Owner::room, kRoom));
            change.put(kEvents, kRoom, row(number), body(number));
            ASSERT_TRUE(run_blocking(pool, db.commit(std::move(change))));
        }
    }
    // Half of the rows in a table of the engine, half in its log; row 7 is destroyed.
    void make() {
        {
            auto opened = open(options(store));
            ASSERT_TRUE(opened) << opened.error().detail;
            put((*opened)->db(), 1, kRows / 2);
        }
        auto opened = open(options(store));
        ASSERT_TRUE(opened) << opened.error().detail;
        put((*opened)->db(), kRows / 2 + 1, kRows);
        Change change((*opened)->db(), Owner::room, kRoom, (*opened)->db().epoch(Owner::room, kRoom));
        change.puncture(kEvents, kRoom, 7);
        ASSERT_TRUE(run_blocking(pool, (*opened)->db().commit(std::move(change))));
        ASSERT_TRUE((*opened)->db().flush_punctures());
    }
    static std::map<std::string, std::string> contents(const fs::path& dir) {
        std::map<std::string, std::string> out;
        for (const auto& file : fs::recursive_directory_iterator(dir)) {
            if (file.is_regular_file()) out[fs::relative(file.path(), dir)] = Scratch::read(file.path());
        }
        return out;
    }
    // "MANIFEST-000005" -> "MANIFEST", "rocks/000009.sst" -> ".sst".
    static std::string kind_of(const fs::path& path) {
        auto extension = path.extension().string();
        if (extension == ".sst" || (extension == ".log" && path.parent_path().filename() == "rocks")) return extension;
        auto name = path.filename().string();
        return name.substr(0, name.find('-'));
    }
    // How many rows could not be read. A row that reads as anything but what was written is a failure.
    std::size_t unreadable(Db& db, const std::string& where) {
        std::size_t out = 0;
        for (std::uint64_t number = 1; number <= kRows; ++number) {
            auto entry = db.get(kEvents, kRoom, row(number));
            if (!entry || !*entry || (*entry)->gone) {
                ++out;
                continue;
            }
            EXPECT_EQ((*entry)->body, body(number)) << where << ": something else is served";
            EXPECT_NE(number, 7u) << where << ": a destroyed row is served";
        }
        return out;
    }

    Scratch scratch;
    fs::path store = scratch.path / "store", copy = scratch.path / "copy";
    WorkerPool pool{"test", 2};
};

TEST_F(DamageTest, OneFlippedBitInAnyKindOfFileIsFoundAndNeverServed) {
    make();
    // The engine writes these anew at every start and reads nothing of people from them.
    const std::set<std::string> not_read{"OPTIONS", "IDENTITY"};
    std::set<std::string> kinds;
    std::size_t flips = 0, refused = 0, named = 0;
    for (const auto& [name, bytes] : contents(store)) {
        auto kind = kind_of(store / name);
        if (bytes.empty()) continue;  // the lock of the folder
        if (!kinds.insert(kind).second && kind != ".sst") continue;
        for (auto at : {std::size_t{3}, std::size_t{20}, std::size_t{50}, bytes.size() / 3, bytes.size() / 2,
                        bytes.size() * 4 / 5, bytes.size() - 1}) {
            if (at >= bytes.size()) continue;
            auto where = fmt::format("{} at {} of {}", name, at, bytes.size());
            fs::remove_all(copy);
            fs::copy(store, copy, fs::copy_options::recursive);
            auto damaged = bytes;
            damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
            Scratch::write(copy / name, damaged);
            ++flips;
            auto opened = open(options(copy));
            if (!opened) {
                ++refused;
                EXPECT_EQ(opened.error().code, Errc::corrupt) << where << ": " << opened.error().detail;
                EXPECT_NE(opened.error().detail.find(fs::path(name).filename()), std::string::npos)
                    << where << " is not named: " << opened.error().detail;
                continue;
            }
            auto lost = unreadable((*opened)->db(), where);
            Verification verification(**opened);
            while (verification.step()) {
            }
            const auto& report = verification.report().damaged;
            named += report.empty() ? 0 : 1;
            if (not_read.contains(kind)) continue;
            // Served whole (a copy was mended at the opening, or the byte says nothing), or found by name.
            if (lost > 1) EXPECT_FALSE(report.empty()) << where << ": " << lost << " rows are lost, and nobody says so";
        }
    }
    for (const char* kind : {"CURRENT", "MANIFEST", ".log", ".sst", "store.header", "store.header.copy", "keys.a",
                             "keys.b", "keys.a.lock", "keys.b.lock"})
        EXPECT_TRUE(kinds.contains(kind)) << kind << " was not there to be damaged";
    EXPECT_GT(flips, 50u);
    EXPECT_GT(refused, 10u);
    std::printf("  %zu flips in %zu kinds of files: %zu refused at the opening, %zu named by a verification\n", flips,
                kinds.size(), refused, named);
}

TEST_F(DamageTest, ATruncatedKeyTableIsServedByTheOtherCopy) {
    make();
    for (const char* name : {"keys.a", "keys.b", "keys.a.lock", "keys.b.lock", "store.header", "store.header.copy"}) {
        auto size = fs::file_size(store / name);
        for (auto left : {std::uintmax_t{0}, std::uintmax_t{1}, size / 2, size - 1}) {
            fs::remove_all(copy);
            fs::copy(store, copy, fs::copy_options::recursive);
            fs::resize_file(copy / name, left);
            auto opened = open(options(copy));
            ASSERT_TRUE(opened) << name << " cut to " << left << ": " << opened.error().detail;
            EXPECT_EQ(unreadable((*opened)->db(), name), 1u) << name << ": all but the destroyed row";
        }
    }
    for (const char* name : {"keys.a", "keys.b"}) fs::resize_file(store / name, 600);
    auto before = contents(store);
    auto refused = open(options(store));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::corrupt);
    EXPECT_NE(refused.error().detail.find("backup"), std::string::npos) << refused.error().detail;
    for (const auto& [name, bytes] : contents(store)) EXPECT_EQ(bytes, before[name]) << name << " was changed";
}

TEST_F(DamageTest, AKeyTableOfAnotherStoreIsNotTaken) {
    make();
    {
        auto other = options(scratch.path / "other");
        ASSERT_TRUE(open(other));  // under the same key file
    }
    // One copy: it is mended from the right one. Both, with their locks: there is no way to this store's keys.
    for (const char* name : {"keys.a", "keys.a.lock", "keys.b.lock"}) {
        fs::remove_all(copy);
        fs::copy(store, copy, fs::copy_options::recursive);
        fs::copy_file(scratch.path / "other" / name, copy / name, fs::copy_options::overwrite_existing);
        auto opened = open(options(copy));
        ASSERT_TRUE(opened) << name << ": " << opened.error().detail;
        EXPECT_EQ(unreadable((*opened)->db(), name), 1u);
    }
    for (const char* name : {"keys.a", "keys.a.lock", "keys.b", "keys.b.lock"})
        fs::copy_file(scratch.path / "other" / name, store / name, fs::copy_options::overwrite_existing);
    auto refused = open(options(store));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::corrupt) << refused.error().detail;
    // The header of another store opens, since the key is the same, and leads to none of this store's files.
    for (const char* name : {"store.header", "store.header.copy"})
        fs::copy_file(scratch.path / "other" / name, copy / name, fs::copy_options::overwrite_existing);
    auto foreign = open(options(copy));
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, Errc::corrupt) << foreign.error().detail;
}

TEST_F(DamageTest, SwappedCopiesAreAlike) {
    make();
    fs::rename(store / "keys.a", store / "swap");
    fs::rename(store / "keys.b", store / "keys.a");
    fs::rename(store / "swap", store / "keys.b");
    fs::rename(store / "keys.a.lock", store / "swap");
    fs::rename(store / "keys.b.lock", store / "keys.a.lock");
    fs::rename(store / "swap", store / "keys.b.lock");
    auto opened = open(options(store));
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_EQ(unreadable((*opened)->db(), "swapped"), 1u);
}

TEST_F(DamageTest, AWrongPassphraseCostsWhatTheRightOneCostsAndTouchesNothing) {
    auto locked = options(store);
    locked.key = {.kind = KeySource::Kind::passphrase, .secret = "six words drawn by some dice"};
    ASSERT_TRUE(open(locked));
    auto before = contents(store);
    std::map<std::string, fs::file_time_type> times;
    for (const auto& file : fs::recursive_directory_iterator(store)) times[file.path()] = file.last_write_time();
    auto cost = [&](const std::string& guess) {
        auto least = std::chrono::nanoseconds::max();
        for (int i = 0; i < 3; ++i) {
            auto began = std::chrono::steady_clock::now();
            auto key = Vault::master_key(store, {.kind = KeySource::Kind::passphrase, .secret = guess});
            least = std::min<std::chrono::nanoseconds>(least, std::chrono::steady_clock::now() - began);
            EXPECT_EQ(key.has_value(), guess == locked.key.secret);
            if (!key) EXPECT_EQ(key.error().code, Errc::forbidden);
        }
        return least;
    };
    auto right = cost(locked.key.secret);
    // One letter off, and nothing of it: the same work, and no comparison but that of the seal's tag.
    for (const char* guess : {"six words drawn by some dicE", "x", ""}) {
        auto wrong = cost(guess);
        EXPECT_LT(wrong, right * 3) << guess;
        EXPECT_LT(right, wrong * 3) << guess << ": an answer that comes early tells something";
        auto changed = options(store);
        changed.key = {.kind = KeySource::Kind::passphrase, .secret = guess};
        auto refused = open(changed);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::forbidden);
    }
    for (const auto& [name, bytes] : contents(store)) {
        EXPECT_EQ(bytes, before[name]) << name;
        EXPECT_EQ(fs::last_write_time(store / name), times[store / name]) << name << " was written to";
    }
    EXPECT_TRUE(open(locked));
}

}  // namespace
}  // namespace peyk::storage
