#include "admin/overview.h"

#include "rooms/tables.h"

namespace peyk::admin {
namespace {

constexpr Millis kGoodFor{60'000};
constexpr std::size_t kPage = 1'000;

namespace fs = std::filesystem;

}  // namespace

std::uint64_t bytes_in(const fs::path& folder) {
    std::uint64_t bytes = 0;
    std::error_code error;
    // Files come and go while this walks: an error of one is passed over.
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        std::error_code gone;
        if (!at->is_regular_file(gone) || gone) continue;
        auto size = at->file_size(gone);
        if (!gone) bytes += size;
    }
    return bytes;
}

std::uint64_t roughly(std::uint64_t count) {
    std::uint64_t step = 1;
    while (count / step >= 100) step *= 10;
    return count / step * step;
}

Result<std::uint64_t> Overview::people() const {
    std::uint64_t count = 0;
    std::string next;
    do {
        PEYK_TRY(auto page, users_.accounts.page(next, kPage));
        for (const auto& account : page) {
            if (!account->deactivated && !account->of_server) ++count;
        }
    } while (!next.empty());
    return count;
}

Result<json::Object> Overview::count() const {
    json::Object out{{"server_name", surroundings_.server_name},
                     {"version", surroundings_.version},
                     {"started", surroundings_.started.count()}};
    PEYK_TRY(auto users, people());
    out.set("users", users);
    std::uint64_t rooms = 0;
    std::string next;
    do {
        PEYK_TRY(auto page, users_.context().db.walk(rooms::kRoomInfo, next, kPage));
        rooms += page.size();
    } while (!next.empty());
    out.set("rooms", roughly(rooms));
    out.set("media_bytes", bytes_in(surroundings_.media_folder));
    out.set("store_bytes", bytes_in(surroundings_.store_folder));
    std::error_code error;
    auto space = fs::space(surroundings_.media_folder, error);
    out.set("disk_free_bytes", error ? 0 : static_cast<std::uint64_t>(space.available));
    json::Array warnings;
    for (auto& warning : surroundings_.warnings()) warnings.emplace_back(std::move(warning));
    out.set("warnings", std::move(warnings));
    return out;
}

Result<json::Object> Overview::now() {
    std::lock_guard lock(mutex_);
    auto now = users_.context().clock.monotonic();
    if (last_ && now - taken_ < kGoodFor) return *last_;
    PEYK_TRY(auto counted, count());
    last_ = counted;
    taken_ = now;
    return counted;
}

}  // namespace peyk::admin
