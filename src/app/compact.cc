#include "app/compact.h"

#include "core/json_text.h"

namespace peyk::app {
namespace {

// Files come and go meanwhile: what is not there any more counts nothing.
std::uint64_t bytes_in(const std::filesystem::path& folder) {
    std::error_code error;
    std::uint64_t bytes = 0;
    std::filesystem::recursive_directory_iterator at(folder, error), end;
    for (; !error && at != end; at.increment(error)) {
        std::error_code gone;
        auto size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
        if (!gone) bytes += size;
    }
    return bytes;
}

Task<Result<json::Object>> answer_compact(OpenStore& store, OneAtATime& turns) {
    OneAtATime::Turn turn(turns);
    if (!turn) co_return fail(Errc::conflict, "the tables are being rewritten already");
    PEYK_CO_TRY(auto report, compact_store(store));
    co_return json::Object{{"before", report.before}, {"after", report.after}};
}

}  // namespace

Result<CompactReport> compact_store(OpenStore& store) {
    auto* rocks = store.opened->rocks();
    if (!rocks) return fail(Errc::unsupported, "storage.engine is \"memory\": nothing is on the disk");
    const auto& folder = store.opened->dir();
    CompactReport report{.before = bytes_in(folder)};
    PEYK_CHECK(rocks->compact());
    report.after = bytes_in(folder);
    return report;
}

void add_compact_route(http::Router& router, OpenStore& store) {
    auto turns = std::make_shared<OneAtATime>();
    add_control_route(router, "/compact", [&store, turns](json::Object) { return answer_compact(store, *turns); });
}

Result<std::optional<CompactReport>> ask_to_compact(const Config& config) {
    PEYK_TRY(auto answer, ask_server(config, "/compact", {}, "the server rewrites its tables"));
    if (!answer) return std::optional<CompactReport>{};
    return std::optional{CompactReport{count_in(*answer, "before"), count_in(*answer, "after")}};
}

}  // namespace peyk::app
