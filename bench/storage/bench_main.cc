// storage_bench [seconds]: what the store costs; one JSON object on stdout.

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "async/task_group.h"
#include "base/bytes.h"
#include "base/logging.h"
#include "storage/open.h"

namespace peyk::storage {
namespace {

// The shape of a message: the event, its place in the timeline, its number by id, its transaction id.
constexpr Table kEvents{.id = 2,
                        .name = "events",
                        .about = "an event",
                        .rest = "event number u64be",
                        .owner = Owner::room,
                        .seal = Seal::row,
                        .category = Category::user_content,
                        .kept = "-",
                        .stamped = true,
                        .headed = true};
constexpr Table kNumbers{.id = 3,
                         .name = "numbers",
                         .about = "event id -> number",
                         .rest = "digest",
                         .owner = Owner::room,
                         .seal = Seal::none,
                         .category = Category::none,
                         .kept = "-"};
constexpr Table kTransactions{.id = 6,
                              .name = "transactions",
                              .about = "transaction -> number",
                              .rest = "digest",
                              .owner = Owner::room,
                              .seal = Seal::none,
                              .category = Category::none,
                              .kept = "-"};
constexpr Table kTip{.id = 7,
                     .name = "tip",
                     .about = "extremities",
                     .rest = "",
                     .owner = Owner::room,
                     .seal = Seal::owner,
                     .category = Category::none,
                     .kept = "-"};
constexpr std::array<const Table*, 4> kCatalog{&kEvents, &kNumbers, &kTransactions, &kTip};

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto of = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

std::uint64_t resident_bytes() {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    unsigned long long total = 0;
    unsigned long long resident = 0;
    if (file && std::fscanf(file, "%llu %llu", &total, &resident) != 2) resident = 0;
    if (file) std::fclose(file);
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string row(std::uint64_t number) {
    std::string out;
    put_u64be(out, number);
    return out;
}

std::string random_base64(std::mt19937_64& random, std::size_t characters) {
    std::string raw(characters * 3 / 4, '\0');
    for (auto& byte : raw) byte = static_cast<char>(random());
    return base64_encode(raw);
}

// A PDU as a room of version 11 stores it; the ciphertext is `body` characters of base64.
std::string pdu(std::mt19937_64& random, std::size_t body, std::uint64_t depth) {
    auto id = [&] { return random_base64(random, 43); };
    return fmt::format(
        R"({{"auth_events":["${}","${}","${}"],"content":{{"algorithm":"m.megolm.v1.aes-sha2","ciphertext":"{}",)"
        R"("device_id":"JLAFKJWSCS","sender_key":"{}","session_id":"{}"}},"depth":{},"hashes":{{"sha256":"{}"}},)"
        R"("origin_server_ts":1763930000123,"prev_events":["${}"],"room_id":"!{}:example.org","sender":"@ada:example.org",)"
        R"("signatures":{{"example.org":{{"ed25519:a_abcd":"{}"}}}},"type":"m.room.encrypted","unsigned":{{}}}})",
        id(), id(), id(), random_base64(random, body), id(), id(), depth, id(), id(), random_base64(random, 18),
        random_base64(random, 86));
}

struct Bench {
    std::unique_ptr<Opened> opened;
    std::atomic<std::uint64_t> next_event = 1;
    std::atomic<std::uint64_t> committed = 0;
    std::atomic<bool> stop = false;
    std::vector<std::string> bodies;

    Change message(std::uint64_t room, std::uint64_t number) {
        auto& db = opened->db();
        Change change(db, Owner::room, room, db.epoch(Owner::room, room));
        change.put(kEvents, room, row(number), bodies[number % bodies.size()],
                   std::string_view("\1\2\3\4\5\6\7\10", 8));
        change.put(kNumbers, room, row(number * 0x9e3779b97f4a7c15ULL) + row(number), row(number));
        change.put(kTransactions, room, row(number * 0xc2b2ae3d27d4eb4fULL) + row(number), row(number));
        change.put(kTip, room, {}, row(number) + std::string(33, 'h'));
        return change;
    }
    // A room: commits one message after the other, and ends itself.
    Task<void> committer(std::uint64_t room, std::atomic<int>& running) {
        while (!stop) {
            auto change = message(room, next_event.fetch_add(1));
            auto result = co_await opened->db().commit(std::move(change));
            if (!result) break;
            ++committed;
        }
        --running;
    }
};

double commits_per_second(Bench& bench, int committers, double seconds, double& cpu_us) {
    WorkerPool pool("bench", 2);
    TaskGroup tasks(pool);
    std::atomic<int> running = committers;
    bench.stop = false;
    bench.committed = 0;
    auto cpu = cpu_seconds();
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < committers; ++i) {
        tasks.spawn("room", bench.committer(static_cast<std::uint64_t>(i) * 7919, running));
    }
    while (seconds_since(start) < seconds) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    auto count = bench.committed.load();
    auto took = seconds_since(start);
    cpu_us = (cpu_seconds() - cpu) * 1e6 / static_cast<double>(std::max<std::uint64_t>(count, 1));
    bench.stop = true;
    tasks.stop();
    pool.stop();
    return static_cast<double>(count) / took;
}

// CPU time of this thread, so that neighbours on the machine count less.
template <class F>
double microseconds(int times, F&& work) {
    auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
    };
    auto start = now();
    for (int i = 0; i < times; ++i) work(i);
    return (now() - start) / times;
}

int run(double seconds) {
    log::configure(log::Level::warning, log::Format::text);
    auto dir = std::filesystem::temp_directory_path() / fmt::format("peyk-storage-bench-{}", ::getpid());
    OpenOptions options{.dir = dir, .key = {.file = dir / "key"}, .catalog = {kCatalog}};
    auto before = resident_bytes();
    auto start = std::chrono::steady_clock::now();
    auto first = open(options);
    if (!first) return fmt::print(stderr, "{}\n", first.error().detail), EXIT_FAILURE;
    auto create_ms = seconds_since(start) * 1e3;
    first->reset();
    start = std::chrono::steady_clock::now();
    auto second = open(options);
    if (!second) return fmt::print(stderr, "{}\n", second.error().detail), EXIT_FAILURE;
    auto open_ms = seconds_since(start) * 1e3;
    auto empty_bytes = resident_bytes() - before;

    Bench bench{.opened = std::move(*second)};
    std::mt19937_64 random(1);
    std::size_t json_bytes = 0;
    for (int i = 0; i < 256; ++i) bench.bodies.push_back(pdu(random, 1000, static_cast<std::uint64_t>(i)));
    for (const auto& body : bench.bodies) json_bytes += body.size();

    double cpu_us = 0;
    double cpu_us_single = 0;
    auto rate = commits_per_second(bench, 64, seconds, cpu_us);
    auto rate_single = commits_per_second(bench, 1, seconds / 3, cpu_us_single);
    auto build_us =
        microseconds(5000, [&](int i) { auto change = bench.message(1, 1'000'000 + static_cast<std::uint64_t>(i)); });
    auto counters = bench.opened->rocks()->counters();

    // Bytes a message: a store of nothing but these, compacted by reopening.
    auto& db = bench.opened->db();
    auto rows = db.scan(kEvents, 0, {}, {}, 2000);
    if (!rows || rows->empty()) return EXIT_FAILURE;
    auto get_us = microseconds(20000, [&](int) {
        auto entry = db.get(kEvents, 0, (*rows)[random() % rows->size()].rest);
        if (!entry || !*entry) std::abort();
    });
    auto scan_us = microseconds(500, [&](int) {
        auto from = (*rows)[random() % (rows->size() / 2)].rest;
        if (db.scan(kEvents, 0, from, {}, 20)->empty()) std::abort();
    });
    const auto& vault = bench.opened->vault();
    auto key_us = microseconds(200'000, [&](int i) {
        if (!vault.key({.slot = 1, .table = 2, .row = 1000 + static_cast<std::uint64_t>(i)})) std::abort();
    });
    auto key_random_us = microseconds(100'000, [&](int) {
        if (!vault.key({.slot = 1 + random() % 64, .table = 2, .row = random() % 1'000'000})) std::abort();
    });
    std::uint64_t stored = 0;
    std::uint64_t messages = 0;
    for (int room = 0; room < 64; ++room) {
        auto shard = Shard::of_room(static_cast<std::uint64_t>(room) * 7919);
        for (const auto& raw : *bench.opened->store().scan(shard, {}, {}, 1'000'000)) {
            stored += raw.key.size() + raw.value.size() + 2;
            messages += raw.key[0] == 2 ? 1 : 0;
        }
    }
    auto full_bytes = resident_bytes() - before;
    bench.opened->close();
    std::uint64_t disk = 0;
    bench.opened.reset();
    {
        auto again = open(options);  // flushes the log into tables
        if (!again) return EXIT_FAILURE;
        disk = (*again)->rocks()->counters().disk_bytes;
    }
    std::filesystem::remove_all(dir);
    fmt::print(
        "{{\"commits_per_s_64\":{:.0f},\"cpu_us_per_commit_64\":{:.1f},\"commits_per_s_1\":{:.0f},"
        "\"batches_per_group\":{:.1f},\"build_and_seal_us\":{:.1f},\"get_1kb_us\":{:.1f},\"scan_20_us\":{:.1f},"
        "\"row_key_sequential_us\":{:.2f},\"row_key_random_us\":{:.2f},\"json_bytes\":{},"
        "\"row_bytes_per_message\":{},\"table_bytes_per_message\":{},\"create_ms\":{:.1f},\"open_ms\":{:.1f},"
        "\"resident_empty_mb\":{:.1f},\"resident_full_mb\":{:.1f}}}\n",
        rate, cpu_us, rate_single, static_cast<double>(counters.batches) / static_cast<double>(counters.groups),
        build_us, get_us, scan_us, key_us, key_random_us, json_bytes / bench.bodies.size(), stored / messages,
        disk / messages, create_ms, open_ms, static_cast<double>(empty_bytes) / 1e6,
        static_cast<double>(full_bytes) / 1e6);
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace peyk::storage

int main(int argc, char** argv) { return peyk::storage::run(argc > 1 ? std::strtod(argv[1], nullptr) : 6); }
