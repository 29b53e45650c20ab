#pragma once
// What users report to the people who run the server, kept until one of them has dealt with it.
// Spec: Client-Server API › Reporting Content.

#include <functional>

#include "async/lane.h"
#include "base/clock.h"
#include "rooms/timeline/room_store.h"

namespace peyk::rooms {

enum class ReportKind : std::uint8_t { event = 1, room = 2, user = 3 };

struct Report {
    std::uint64_t id = 0;  // rises with time; not without gaps
    ReportKind kind;
    std::int64_t received_ts = 0;
    UserId reporter;
    std::optional<RoomId> room = {};
    std::optional<EventId> event = {};
    std::optional<UserId> subject = {};  // the sender of the event, or who was reported
    std::string reason = {};
    std::optional<std::int64_t> score = {};  // clients before v1.18: -100 (worst) to 0
};

// Purpose:  rows of the server's shard.  Runs on: workers; reads block.
class Reports {
public:
    static constexpr std::size_t kMaxReason = 4096;  // bytes
    static constexpr std::size_t kMaxReports = 100'000;

    Reports(storage::Db& db, const Clock& clock, std::size_t max = kMaxReports) : db_(db), clock_(clock), max_(max) {}

    // `report.id` and `received_ts` are set here. Errors: M_TOO_LARGE; M_LIMIT_EXCEEDED: so many wait already.
    Task<Result<void>> add(Report report);
    // Null when there is none of that number.
    Result<std::optional<Report>> find(std::uint64_t id) const;
    Task<Result<void>> remove(std::uint64_t id);

    enum class Order : std::uint8_t { newest_first, oldest_first };
    struct Page {
        std::vector<Report> reports;
        std::size_t total = 0;  // that match
    };
    using Match = std::function<bool(const Report&)>;
    // Reads them all, which kMaxReports bounds: a page begins behind `skip` reports that match, and says how many do.
    Result<Page> list(ReportKind kind, const Match& match, std::size_t skip, std::size_t limit, Order order) const;

private:
    Result<void> count();  // inside the lane

    storage::Db& db_;
    const Clock& clock_;
    const std::size_t max_;
    Lanes lanes_;                       // one lane: for count_, and for the rows that it counts
    std::optional<std::size_t> count_;  // counted at first use
};

}  // namespace peyk::rooms
