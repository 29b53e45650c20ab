#include "rooms/reports/reports.h"

#include "base/bytes.h"
#include "core/errors.h"

namespace peyk::rooms {
namespace {

constexpr std::uint64_t kServer = 0;  // the owner number of the server's rows
constexpr std::size_t kPage = 500;
constexpr std::uint64_t kNoScore = 0;
constexpr std::uint64_t kLane = 0;
constexpr Millis kRetryFull{3'600'000};  // until an administrator may have dealt with some

template <class T>
std::string_view text_of(const std::optional<T>& id) {
    return id ? id->view() : std::string_view();
}

template <class T>
std::optional<T> id_of(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return T::trusted(std::string(text));
}

// Row: kind, time, reporter, room, event, subject, reason (each length-prefixed, empty for none), 1 - score or 0.
std::string encode(const Report& report) {
    std::string out;
    put_u8(out, static_cast<std::uint8_t>(report.kind));
    put_varint(out, static_cast<std::uint64_t>(report.received_ts));
    put_bytes(out, report.reporter.view());
    put_bytes(out, text_of(report.room));
    put_bytes(out, text_of(report.event));
    put_bytes(out, text_of(report.subject));
    put_bytes(out, report.reason);
    put_varint(out, report.score ? static_cast<std::uint64_t>(1 - *report.score) : kNoScore);
    return out;
}

Result<Report> decode(std::uint64_t id, std::string_view bytes) {
    ByteReader reader(bytes);
    auto kind = static_cast<ReportKind>(reader.u8());
    auto time = static_cast<std::int64_t>(reader.varint());
    auto reporter = UserId::trusted(std::string(reader.bytes()));
    Report out{id, kind, time, std::move(reporter)};
    out.room = id_of<RoomId>(reader.bytes());
    out.event = id_of<EventId>(reader.bytes());
    out.subject = id_of<UserId>(reader.bytes());
    out.reason = reader.bytes();
    if (auto score = reader.varint(); score != kNoScore) out.score = 1 - static_cast<std::int64_t>(score);
    if (!reader.done()) return fail(Errc::corrupt, "a report does not decode");
    return out;
}

}  // namespace

Result<void> Reports::count() {
    if (count_) return {};
    std::size_t found = 0;
    std::string from;
    for (;;) {
        PEYK_TRY(auto rows, db_.scan(kReports, kServer, from, "", kPage));
        found += rows.size();
        if (rows.size() < kPage) break;
        from = rows.back().rest + '\0';
    }
    count_ = found;
    return {};
}

Task<Result<void>> Reports::add(Report report) {
    if (report.reason.size() > kMaxReason)
        co_return m::too_large(fmt::format("A reason has at most {} bytes", kMaxReason));
    auto guard = co_await lanes_.enter(kLane);
    PEYK_CO_CHECK(count());
    if (*count_ >= max_) co_return m::limit_exceeded(kRetryFull);
    report.received_ts = clock_.now().count();
    storage::Change change(db_, Owner::server, kServer, db_.epoch(Owner::server, kServer));
    change.put_at_position(kReports, kServer, "", "", encode(report));
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    ++*count_;
    co_return Result<void>{};
}

Result<std::optional<Report>> Reports::find(std::uint64_t id) const {
    PEYK_TRY(auto entry, db_.get(kReports, kServer, number_key(id)));
    if (!entry) return std::nullopt;
    PEYK_TRY(auto report, decode(id, entry->body));
    return report;
}

Task<Result<void>> Reports::remove(std::uint64_t id) {
    auto guard = co_await lanes_.enter(kLane);
    PEYK_CO_TRY(auto there, find(id));
    if (!there) co_return m::not_found("There is no such report");
    storage::Change change(db_, Owner::server, kServer, db_.epoch(Owner::server, kServer));
    change.del(kReports, kServer, number_key(id));
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    if (count_) --*count_;
    co_return Result<void>{};
}

Result<Reports::Page> Reports::list(ReportKind kind, const Match& match, std::size_t skip, std::size_t limit,
                                    Order order) const {
    Page page;
    bool back = order == Order::newest_first;
    std::string low, high;
    for (;;) {
        PEYK_TRY(auto rows, db_.scan(kReports, kServer, low, high, kPage,
                                     back ? storage::Store::Order::reverse : storage::Store::Order::forward));
        for (const auto& row : rows) {
            PEYK_TRY(auto report, decode(get_u64be(row.rest.data()), row.body));
            if (report.kind != kind || !match(report)) continue;
            if (page.total++ >= skip && page.reports.size() < limit) page.reports.push_back(std::move(report));
        }
        if (rows.size() < kPage) return page;
        if (back) {
            high = rows.back().rest;
        } else {
            low = rows.back().rest + '\0';
        }
    }
}

}  // namespace peyk::rooms
