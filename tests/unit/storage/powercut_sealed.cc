// Power cuts over everything that storage::open() opens.

#include <condition_variable>

#include "async/executor.h"
#include "async/task.h"
#include "async/task_group.h"
#include "base/bytes.h"
#include "storage/open.h"
#include "unit/storage/powercut.h"

namespace peyk::storage {
namespace {

constexpr Table kEvents{.id = 2,
                        .name = "events",
                        .about = "an event",
                        .rest = "event number u64be",
                        .owner = Owner::room,
                        .seal = Seal::row,
                        .category = Category::user_content,
                        .kept = "until redacted"};
constexpr Table kIndex{.id = 3,
                       .name = "index",
                       .about = "the other row of every change",
                       .rest = "event number u64be",
                       .owner = Owner::room,
                       .seal = Seal::owner,
                       .category = Category::identifiers,
                       .kept = "as long as the room"};
constexpr std::array<const Table*, 2> kCatalog{&kEvents, &kIndex};

constexpr std::uint64_t kFresh = 25;  // cuts before the directory starts anew
constexpr std::uint64_t kRooms = 5;   // five shards
constexpr std::uint64_t kMostOperations = 500;
constexpr std::uint64_t kMostChanges = 250;
constexpr std::uint64_t kOpeningOperations = 40;
constexpr std::uint64_t kOpeningEvery = 8;
constexpr std::uint64_t kMostOfAStage = 12;
constexpr std::size_t kInFlight = 6;

std::string rest_of(std::uint64_t number) {
    std::string out;
    put_u64be(out, number);
    return out;
}

// What is known of an event, and what may be: a change whose verdict the cut took away counts both ways until the store
// is open again.
struct Event {
    std::string body;
    bool put_sure = false;    // acknowledged, or seen since
    bool gone_asked = false;  // its deletion was queued
    bool gone_sure = false;   // acknowledged, or seen since: it never comes back
    bool row_stays = false;   // of the deletion: the key alone goes
    Position position = 0;
};

struct Run {
    PowerCutResult result;
    std::mt19937_64 random;
    std::filesystem::path dir;
    Durability durability;
    WorkerPool pool{"cuts", 2};
    TaskGroup tasks{pool};

    std::mutex mutex;
    std::condition_variable changed;
    std::size_t in_flight = 0;
    std::map<std::uint64_t, Event> events;  // by number
    std::uint64_t next = 1;
    std::atomic<bool> failed = false;

    static std::uint64_t room_of(std::uint64_t number) { return 100 + number % kRooms; }

    Result<std::unique_ptr<Opened>> open(const std::shared_ptr<FaultFs>& fs) {
        OpenOptions options{.dir = dir / "store",
                            .durability = durability,
                            .key = {.kind = KeySource::Kind::raw, .secret = std::string(32, 'k')},
                            .catalog = {kCatalog},
                            .reserve = 0,
                            .flush_every = {},
                            .base = fs,
                            .write_buffer = 64 << 10};
        options.on_fatal = [this](std::string_view) {
            failed = true;
            std::lock_guard lock(mutex);
            changed.notify_all();
        };
        return storage::open(std::move(options));
    }

    // Does not wait, so that several changes are on their way at once.
    void send(Db& db, Change change, std::function<void(Position)> acknowledged) {
        {
            std::lock_guard lock(mutex);
            ++in_flight;
        }
        auto pending = std::make_shared<Db::Pending>(db.start_commit(std::move(change)));
        tasks.spawn("change", wait_for(this, std::move(pending), std::move(acknowledged)));
    }
    static Task<void> wait_for(Run* run, std::shared_ptr<Db::Pending> pending,
                               std::function<void(Position)> acknowledged) {
        auto done = co_await std::move(*pending).wait();
        std::lock_guard lock(run->mutex);
        --run->in_flight;
        if (done) acknowledged(*done);
        run->changed.notify_all();
    }

    void put(Db& db) {
        auto number = next++;
        auto room = room_of(number);
        Change change(db, Owner::room, room, db.epoch(Owner::room, room));
        std::string body(50 + random() % 4000, static_cast<char>('a' + number % 26));
        for (auto& c : body) {
            if (random() % 8 == 0) c = static_cast<char>(random());  // does not shrink to nothing
        }
        change.put(kEvents, room, rest_of(number), body);
        change.put(kIndex, room, rest_of(number), rest_of(number));
        {
            std::lock_guard lock(mutex);
            events[number].body = std::move(body);
        }
        send(db, std::move(change), [this, number](Position position) {
            events[number].put_sure = true;
            events[number].position = position;
        });
    }

    // Of an event that is surely there: its key goes, and mostly its rows too.
    void destroy(Db& db) {
        std::uint64_t number = 0;
        {
            std::lock_guard lock(mutex);
            std::vector<std::uint64_t> there;
            for (const auto& [at, event] : events) {
                if (event.put_sure && !event.gone_asked) there.push_back(at);
            }
            if (there.empty()) return;
            number = there[random() % there.size()];
            events[number].gone_asked = true;
            events[number].row_stays = random() % 3 == 0;
        }
        auto room = room_of(number);
        Change change(db, Owner::room, room, db.epoch(Owner::room, room));
        change.puncture(kEvents, room, number);
        if (!events[number].row_stays) {
            change.del(kEvents, room, rest_of(number));
            change.del(kIndex, room, rest_of(number));
        }
        send(db, std::move(change), [this, number](Position) { events[number].gone_sure = true; });
    }

    // Changes until the power goes; now and then the key table is written.
    void work(Opened& opened, const FaultFs& fs) {
        auto& db = opened.db();
        for (std::uint64_t sent = 0; sent < kMostChanges && !failed && !fs.off(); ++sent) {
            random() % 4 == 0 ? destroy(db) : put(db);
            if (random() % 25 == 0) (void)db.flush_punctures();
            std::unique_lock lock(mutex);
            auto width = 1 + random() % kInFlight;
            changed.wait(lock, [&] { return in_flight < width; });
        }
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return in_flight == 0; });
    }

    void check_one(Db& db, std::uint64_t number, Event& event) {
        auto room = room_of(number);
        auto row = db.get(kEvents, room, rest_of(number));
        auto index = db.get(kIndex, room, rest_of(number));
        if (!row || !index) {
            ++result.half;  // a row that cannot be read is none
            return;
        }
        bool there = *row && !(*row)->gone;
        bool readable = there && (*row)->body == event.body;
        if (there && !readable) ++result.half;
        // Both rows of a change, or none; where the key alone goes, the index stays.
        bool shell = *row && (*row)->gone;
        if (index->has_value() != (there || shell)) ++result.half;
        if (event.gone_sure) {
            if (there) ++result.back;
            return;
        }
        if (event.put_sure && !event.gone_asked && !readable) {
            ++result.lost;
            event.gone_asked = event.gone_sure = true;  // counted once
            return;
        }
        // What the cut left open is settled now, for good.
        if (readable) {
            event.put_sure = true;
            event.gone_asked = false;
        } else if (event.gone_asked) {
            event.gone_sure = true;
        }
    }

    void check(Db& db) {
        Position highest = 0;
        for (auto at = events.begin(); at != events.end();) {
            auto& [number, event] = *at;
            bool was_sure = event.put_sure;
            check_one(db, number, event);
            if (was_sure && !event.gone_sure) highest = std::max(highest, event.position);
            if (!event.put_sure && !event.gone_sure) {
                at = events.erase(at);  // it never was
            } else {
                ++at;
            }
        }
        if (db.visible() < highest) ++result.positions_back;
        // A destroyed key stays destroyed: the row cannot even be written again.
        for (auto at = events.begin(); at != events.end();) {
            auto& [number, event] = *at;
            if (!event.gone_sure || random() % 20 != 0 || event.position == 0) {
                ++at;
                continue;
            }
            Change change(db, Owner::room, room_of(number), db.epoch(Owner::room, room_of(number)));
            change.put(kEvents, room_of(number), rest_of(number), "again");
            auto written = run_blocking(pool, db.commit(std::move(change)));
            if (written || written.error().code != Errc::gone) ++result.back;
            // A row that was taken is this check's own from now on, and says nothing about the changes before.
            at = written ? events.erase(at) : std::next(at);
        }
    }

    void start_anew() {
        std::filesystem::remove_all(dir);
        std::filesystem::create_directories(dir);
        for (const auto& [number, event] : events) {
            result.acknowledged += event.put_sure;
            result.destroyed += event.gone_sure;
        }
        events.clear();
        next = 1;
    }

    void plan_cut(FaultFs& fs) {
        if (result.cuts % 2 == 1) {
            auto stage = static_cast<FaultFs::Stage>(result.cuts / 2 % FaultFs::kStages);
            fs.cut_after(random() % kMostOfAStage, stage);
        } else {
            fs.cut_after(random() % (result.cuts % kOpeningEvery == 0 ? kOpeningOperations : kMostOperations));
        }
    }

    void cut() {
        auto fs = std::make_shared<FaultFs>(random());
        {
            FaultDisk vault_disk(*fs);
            DiskInstead instead(vault_disk);
            plan_cut(*fs);
            failed = false;
            auto opened = open(fs);
            if (opened) {
                work(**opened, *fs);
                fs->cut_now();
                (void)(*opened)->close();
            } else {
                ++result.cuts_while_opening;
            }
            result.count(*fs);
        }
        ++result.cuts;
        fs->settle();
        // Power is back.
        failed = false;
        auto again = open(nullptr);
        if (!again) {
            ++result.refused;
            if (result.refusal.empty()) result.refusal = again.error().detail;
            start_anew();
            return;
        }
        check((*again)->db());
    }
};

}  // namespace

PowerCutResult run_sealed_power_cuts(const std::filesystem::path& dir, std::uint64_t cuts, std::uint64_t seed,
                                     Durability durability) {
    Run run{.random = std::mt19937_64(seed), .dir = dir, .durability = durability};
    for (std::uint64_t i = 0; i < cuts; ++i) {
        if (i % kFresh == 0) run.start_anew();
        run.cut();
    }
    run.start_anew();
    run.tasks.stop();
    run.pool.stop();
    return run.result;
}

}  // namespace peyk::storage
