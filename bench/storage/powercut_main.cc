// storage_powercut [cuts] [seed] [sync|relaxed]: power cuts during commits, counted; one JSON object on stdout.
// Exit code 1 when sync lost something, or when relaxed lost nothing (then the harness would be blind).

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/logging.h"
#include "unit/storage/powercut.h"

int main(int argc, char** argv) {
    using namespace peyk::storage;
    peyk::log::configure(peyk::log::Level::off, peyk::log::Format::text);
    std::uint64_t cuts = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
    std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    bool sync = argc <= 3 || std::string_view(argv[3]) != "relaxed";
    auto dir = std::filesystem::temp_directory_path() / fmt::format("peyk-powercut-{}", ::getpid());
    auto start = std::chrono::steady_clock::now();
    auto result = run_power_cuts(dir, cuts, seed, sync ? Durability::sync : Durability::relaxed);
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::filesystem::remove_all(dir);
    std::string stages;
    for (std::size_t i = 0; i < FaultFs::kStages; ++i) {
        stages += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", FaultFs::stage_name(static_cast<FaultFs::Stage>(i)),
                              result.by_stage[i]);
    }
    fmt::print(
        "{{\"durability\":\"{}\",\"seed\":{},\"cuts\":{},\"cuts_while_opening\":{},\"acknowledged\":{},"
        "\"lost\":{},\"half\":{},\"positions_back\":{},\"refused\":{},\"cuts_by_stage\":{{{}}},"
        "\"seconds\":{:.1f}}}\n",
        sync ? "sync" : "relaxed", seed, result.cuts, result.cuts_while_opening, result.acknowledged, result.lost,
        result.half, result.positions_back, result.refused, stages, took.count());
    if (!result.refusal.empty()) fmt::print(stderr, "first refusal: {}\n", result.refusal);
    bool clean = result.half == 0 && result.refused == 0;
    return clean && (result.lost == 0) == sync ? EXIT_SUCCESS : EXIT_FAILURE;
}
