// storage_powercut [cuts] [seed] [sync|relaxed] [plain|sealed]: power cuts, counted; one JSON object on stdout.
//   plain   the engine alone: batches of many sizes in flight
//   sealed  all of storage::open(): deletions that destroy keys, the key table, tables written and merged under way
// Exit code 1 when sync lost something, brought something back or let positions go back, when a store was refused, when
// a thousand cuts or more missed a stage, or when relaxed lost nothing (then the harness would be blind).

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/logging.h"
#include "unit/storage/powercut.h"

namespace {

using namespace peyk::storage;

constexpr std::uint64_t kEnoughForAllStages = 1000, kCutsOfAStage = 5;
// What the engine alone seldom does within one cut's time; `sealed` aims at all of them.
constexpr FaultFs::Stage kStagesOfPlain[] = {FaultFs::Stage::append_log, FaultFs::Stage::sync_log,
                                             FaultFs::Stage::append_other, FaultFs::Stage::sync_other};

bool stages_met(const PowerCutResult& result, bool sealed) {
    if (result.cuts < kEnoughForAllStages) return true;
    for (std::size_t i = 0; i < FaultFs::kStages; ++i) {
        bool wanted =
            sealed || std::ranges::find(kStagesOfPlain, static_cast<FaultFs::Stage>(i)) != std::end(kStagesOfPlain);
        if (wanted && result.by_stage[i] < kCutsOfAStage) return false;
    }
    return true;
}

std::string stages_of(const PowerCutResult& result) {
    std::string out;
    for (std::size_t i = 0; i < FaultFs::kStages; ++i) {
        out += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", FaultFs::stage_name(static_cast<FaultFs::Stage>(i)),
                           result.by_stage[i]);
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    peyk::log::configure(peyk::log::Level::off, peyk::log::Format::text);
    std::uint64_t cuts = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
    std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    bool sync = argc <= 3 || std::string_view(argv[3]) != "relaxed";
    bool sealed = argc > 4 && std::string_view(argv[4]) == "sealed";
    auto dir = std::filesystem::temp_directory_path() / fmt::format("peyk-powercut-{}", ::getpid());
    auto start = std::chrono::steady_clock::now();
    auto durability = sync ? Durability::sync : Durability::relaxed;
    auto result = (sealed ? run_sealed_power_cuts : run_power_cuts)(dir, cuts, seed, durability);
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::filesystem::remove_all(dir);
    fmt::print(
        "{{\"durability\":\"{}\",\"over\":\"{}\",\"seed\":{},\"cuts\":{},\"cuts_while_opening\":{},\"acknowledged\":{},"
        "\"lost\":{},\"destroyed\":{},\"back\":{},\"half\":{},\"positions_back\":{},\"refused\":{},"
        "\"cuts_by_stage\":{{{}}},\"cuts_between\":{},\"seconds\":{:.1f}}}\n",
        sync ? "sync" : "relaxed", sealed ? "sealed" : "plain", seed, result.cuts, result.cuts_while_opening,
        result.acknowledged, result.lost, result.destroyed, result.back, result.half, result.positions_back,
        result.refused, stages_of(result), result.between, took.count());
    if (!result.refusal.empty()) fmt::print(stderr, "first refusal: {}\n", result.refusal);
    bool whole = result.half == 0 && result.refused == 0;
    bool nothing_lost = result.lost + result.back + result.positions_back == 0;
    if (!sync) return whole && !nothing_lost ? EXIT_SUCCESS : EXIT_FAILURE;
    return whole && nothing_lost && stages_met(result, sealed) ? EXIT_SUCCESS : EXIT_FAILURE;
}
