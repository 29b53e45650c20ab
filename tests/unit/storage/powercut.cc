#include "unit/storage/powercut.h"

#include <condition_variable>

#include "base/bytes.h"

namespace peyk::storage {
namespace {

constexpr std::uint64_t kFresh = 20;  // cuts before the directory starts anew
constexpr std::uint64_t kMostOperations = 160;
// Every start does more operations than these before it is open: one cut in kOpeningEvery falls among them, so that the
// number of cuts during a start does not hang on how fast the machine is.
constexpr std::uint64_t kOpeningOperations = 10;
constexpr std::uint64_t kOpeningEvery = 8;
constexpr std::uint64_t kMostBatches = 400;
constexpr std::size_t kInFlight = 6;

struct Run {
    PowerCutResult result;
    std::mt19937_64 random;
    std::filesystem::path dir;
    Durability durability;

    std::mutex mutex;
    std::condition_variable changed;
    std::size_t in_flight = 0;
    std::map<std::uint64_t, Position> acknowledged;  // batch number -> its position
    std::uint64_t next = 0;                          // batch number
    std::atomic<bool> failed = false;

    static Shard shard_of(std::uint64_t number) { return {static_cast<std::uint16_t>(number % 50)}; }
    static std::string key(char which, std::uint64_t number) {
        std::string out(1, which);
        put_u64be(out, number);
        return out;
    }

    Result<std::unique_ptr<RocksStore>> open(const std::shared_ptr<FaultFs>& disk) {
        RocksOptions options{.dir = dir / "rocks", .durability = durability, .reserve = 0, .base = disk};
        options.on_fatal = [this](std::string_view) {
            failed = true;
            std::lock_guard lock(mutex);
            changed.notify_all();
        };
        return RocksStore::open(std::move(options));
    }

    void send(RocksStore& store) {
        auto number = next++;
        Batch batch{.shard = shard_of(number), .epoch = store.epoch(shard_of(number))};
        std::string body(100 + random() % 3000, static_cast<char>('a' + number % 26));
        batch.puts.push_back({.key = key('a', number), .value = body});
        batch.puts.push_back({.key = key('b', number), .value = body});
        {
            std::lock_guard lock(mutex);
            ++in_flight;
        }
        store.commit(std::move(batch), [this, number](CommitResult committed) {
            std::lock_guard lock(mutex);
            --in_flight;
            if (committed) acknowledged[number] = *committed;
            changed.notify_all();
        });
    }

    // Commits until the power goes.
    void work(RocksStore& store, const FaultFs& disk) {
        for (std::uint64_t sent = 0; sent < kMostBatches && !failed && !disk.off(); ++sent) {
            send(store);
            std::unique_lock lock(mutex);
            auto width = 1 + random() % kInFlight;
            changed.wait(lock, [&] { return in_flight < width || failed; });
        }
    }

    void check(RocksStore& store) {
        std::vector<std::uint64_t> lost;
        Position highest = 0;
        for (const auto& [number, position] : acknowledged) {
            auto row = store.get(shard_of(number), key('a', number));
            if (!row || !*row) {
                lost.push_back(number);
            } else {
                highest = std::max(highest, position);
            }
        }
        result.lost += lost.size();
        for (auto number : lost) acknowledged.erase(number);  // counted once
        if (store.visible() < highest) ++result.positions_back;
        for (std::uint64_t number = 0; number < next; ++number) {
            auto a = store.get(shard_of(number), key('a', number));
            auto b = store.get(shard_of(number), key('b', number));
            if (!a || !b || *a != *b) ++result.half;
        }
    }

    void start_anew() {
        std::filesystem::remove_all(dir);
        std::filesystem::create_directories(dir);
        result.acknowledged += acknowledged.size();
        acknowledged.clear();
        next = 0;
    }

    void cut() {
        auto disk = std::make_shared<FaultFs>(random());
        disk->cut_after(random() % (result.cuts % kOpeningEvery == 0 ? kOpeningOperations : kMostOperations));
        failed = false;
        auto store = open(disk);
        if (store) {
            work(**store, *disk);
            disk->cut_now();
            (*store)->close();
        } else {
            ++result.cuts_while_opening;
        }
        ++result.cuts;
        result.count(*disk);
        store = fail(Errc::cancelled);
        disk->settle();
        // Power is back.
        auto whole = std::make_shared<FaultFs>(random());
        failed = false;
        auto again = open(whole);
        if (!again) {
            ++result.refused;
            if (result.refusal.empty()) result.refusal = again.error().detail;
            start_anew();
            return;
        }
        check(**again);
    }
};

}  // namespace

void PowerCutResult::count(const FaultFs& disk) {
    if (auto stage = disk.cut_stage()) {
        ++by_stage[static_cast<std::size_t>(*stage)];
    } else {
        ++between;
    }
}

PowerCutResult run_power_cuts(const std::filesystem::path& dir, std::uint64_t cuts, std::uint64_t seed,
                              Durability durability) {
    Run run{.random = std::mt19937_64(seed), .dir = dir, .durability = durability};
    for (std::uint64_t i = 0; i < cuts; ++i) {
        if (i % kFresh == 0) run.start_anew();
        run.cut();
    }
    run.start_anew();
    run.result.acknowledged += run.result.lost;
    return run.result;
}

}  // namespace peyk::storage
