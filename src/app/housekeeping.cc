#include "app/housekeeping.h"

#include "app/compact.h"
#include "app/tables.h"
#include "base/bytes.h"
#include "base/logging.h"
#include "keys/transaction_sweep.h"
#include "rooms/timeline/transaction_sweep.h"
#include "users/expiry_sweep.h"

namespace peyk::app {
namespace {

constexpr std::uint64_t kServer = 0;
constexpr Millis kTick{5'000};
constexpr Millis kRenewEvery{3'600'000};
constexpr Millis kForgetEvery{6 * 3'600'000};
constexpr Millis kReturnEvery{600'000};
constexpr Millis kTransactionLife{24 * 3'600'000};
constexpr Millis kFirstCheckAfter{600'000};  // of a start: not while everybody comes back
constexpr Millis kRewriteLook{3'600'000};
constexpr Millis kPause{250};  // between files of a gentle check

// Keys of kUpkeep.
constexpr char kCheckRow = 'c';
constexpr char kPositionRow = 'p';
constexpr char kRewriteRow = 'w';

std::string row_key(char kind, std::uint64_t time) {
    std::string out(1, kind);
    put_u64be(out, time);
    return out;
}

std::uint64_t millis(Millis time) { return static_cast<std::uint64_t>(time.count()); }

}  // namespace

json::Object StoreCheck::to_json() const {
    json::Array damaged;
    for (const auto& what : report.damaged) damaged.emplace_back(what);
    return {{"at", at.count()}, {"files", report.files}, {"bytes", report.bytes}, {"damaged", std::move(damaged)}};
}

std::optional<StoreCheck> StoreCheck::from_json(const json::Value& value) {
    auto at = value.get_integer("at"), files = value.get_integer("files"), bytes = value.get_integer("bytes");
    const auto* damaged = value.get_array("damaged");
    if (!at || !files || !bytes || !damaged) return std::nullopt;
    StoreCheck out{Millis{*at}, {static_cast<std::uint64_t>(*files), static_cast<std::uint64_t>(*bytes), {}}};
    for (const auto& what : *damaged) out.report.damaged.push_back(what.string() ? *what.string() : "?");
    return out;
}

StoreCheck check_store(OpenStore& store, const Clock& clock,
                       const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    storage::Verification verification(*store.opened);
    while (verification.step()) progress(verification.report().bytes, verification.total_bytes());
    return {clock.now(), verification.report()};
}

void Housekeeping::start() { tasks_.spawn("housekeeping", run()); }

Task<void> Housekeeping::run() {
    auto stop = tasks_.stop_token();
    auto begun = parts_.clock.monotonic();
    auto forget_next = begun + kTick, return_next = begun + kReturnEvery;
    auto renew_next = begun + kRenewEvery;  // the start has looked already
    auto rewrite_next = begun + kFirstCheckAfter;
    while (co_await sleep_for(parts_.timers, kTick, stop)) {
        co_await catch_up();
        auto now = parts_.clock.monotonic();
        if (now >= renew_next) {
            renew_next = now + kRenewEvery;
            if (parts_.renew_certificates) parts_.renew_certificates();
            if (parts_.tidy) co_await parts_.tidy();
        }
        if (now >= forget_next) {
            forget_next = now + kForgetEvery;
            co_await forget();
        }
        if (now >= return_next) {
            return_next = now + kReturnEvery;
            if (auto done = co_await parts_.media.return_borrowed(); !done)
                log::warning("app", "pictures of previews stay until the next try: {}", errc_name(done.error().code));
        }
        if (now >= rewrite_next) {
            rewrite_next = now + kRewriteLook;
            if (auto done = co_await rewrite_if_due(); !done && done.error().code != Errc::cancelled)
                log::warning("app", "deleted rows stay in the files until the next try: {}",
                             errc_name(done.error().code));
        }
        if (now - begun < kFirstCheckAfter || !check_is_due()) continue;
        begun = now;  // a check that fails or is stopped is not repeated at once
        if (auto checked = co_await check(Pace::gentle); !checked)
            log::warning("app", "the store was not verified: {}", errc_name(checked.error().code));
    }
}

Task<void> Housekeeping::catch_up() {
    if (auto done = co_await parts_.rooms.catch_up(); !done)
        log::warning("app", "memberships still wait to be applied: {}", errc_name(done.error().code));
    if (auto done = co_await parts_.keys.device_changes().catch_up(); !done)
        log::warning("app", "device lists still wait to be announced: {}", errc_name(done.error().code));
    if (!parts_.removals) co_return;
    if (auto done = co_await parts_.removals->catch_up(); !done)
        log::warning("app", "removed rooms still wait to be gone: {}", errc_name(done.error().code));
}

Task<Result<void>> Housekeeping::remember(std::string key, std::string body, std::vector<std::string> over) {
    auto& db = parts_.store.db();
    storage::Change change(db, Owner::server, kServer, db.epoch(Owner::server, kServer));
    for (const auto& old : over) change.del(kUpkeep, kServer, old);
    change.put(kUpkeep, kServer, key, body);
    PEYK_CO_CHECK(co_await db.commit(std::move(change)));
    co_return Result<void>{};
}

// Positions know no time. So the newest one is written down with the time at every run, and what is at or before one
// that was written down a day ago is older than a day.
Task<Result<std::size_t>> Housekeeping::forget_old() {
    auto& db = parts_.store.db();
    auto now = parts_.clock.now();
    auto limit = row_key(kPositionRow, millis(now - kTransactionLife) + 1);
    PEYK_CO_TRY(auto old, db.scan(kUpkeep, kServer, row_key(kPositionRow, 0), limit, 1000));
    std::vector<std::string> over;
    for (std::size_t i = 0; i + 1 < old.size(); ++i) over.push_back(old[i].rest);
    std::string position;
    put_u64be(position, db.visible());
    PEYK_CO_CHECK(co_await remember(row_key(kPositionRow, millis(now)), std::move(position), std::move(over)));
    auto stop = tasks_.stop_token();
    PEYK_CO_TRY(auto count, co_await keys::sweep_transactions(db, parts_.clock, stop));
    if (old.empty() || old.back().body.size() != 8) co_return count;
    auto upto = get_u64be(old.back().body.data());
    PEYK_CO_TRY(auto more, co_await rooms::sweep_transactions(db, parts_.rooms.store(), upto, stop));
    co_return count + more;
}

Task<void> Housekeeping::forget() {
    if (auto done = co_await forget_old(); !done)
        log::warning("app", "old transaction ids stay until the next try: {}", errc_name(done.error().code));
    if (auto done = co_await forget_expired(); !done)
        log::warning("app", "what expired stays until the next try: {}", errc_name(done.error().code));
}

Task<Result<std::size_t>> Housekeeping::forget_expired() {
    auto stop = tasks_.stop_token();
    PEYK_CO_TRY(auto count, co_await users::sweep_expired(parts_.store.db(), parts_.clock, stop));
    PEYK_CO_TRY(auto unfilled, co_await parts_.media.remove_unfilled());
    count += unfilled;
    if (parts_.connections) {
        PEYK_CO_TRY(auto idle, co_await parts_.connections->sweep_idle(stop));
        count += idle;
    }
    if (parts_.erasure) {
        PEYK_CO_TRY(auto receipts, co_await parts_.erasure->forget_receipts(stop));
        count += receipts;
    }
    if (parts_.removals) {
        PEYK_CO_TRY(auto old, co_await parts_.removals->forget_old(stop));
        count += old;
    }
    co_return count;
}

Result<bool> Housekeeping::rewrite_is_due() const {
    if (parts_.rewrite_every <= Millis{0} || !parts_.store.opened->rocks()) return false;
    PEYK_TRY(auto row, parts_.store.db().get(kUpkeep, kServer, row_key(kRewriteRow, 0)));
    if (!row || row->gone || row->body.size() != 8) return true;
    auto age = parts_.clock.now() - Millis{static_cast<std::int64_t>(get_u64be(row->body.data()))};
    return age >= parts_.rewrite_every || age < Millis{0};
}

// The time that is written down is that of the beginning: what is deleted meanwhile may be rewritten already.
Task<Result<bool>> Housekeeping::rewrite_if_due() {
    PEYK_CO_TRY(bool due, rewrite_is_due());
    if (!due) co_return false;
    std::string begun;
    put_u64be(begun, millis(parts_.clock.now()));
    // It blocks for minutes where much is stored: on no thread that answers requests.
    WorkerPool rewriter("rewrite", 1);
    auto job = [this] { return compact_store(parts_.store); };
    PEYK_CO_TRY(auto report, co_await offload(rewriter, std::move(job)));
    log::info("storage", "rewritten: {} bytes before, {} after", report.before, report.after);
    PEYK_CO_CHECK(co_await remember(row_key(kRewriteRow, 0), std::move(begun), {}));
    co_return true;
}

Result<std::optional<StoreCheck>> Housekeeping::last_check() const {
    PEYK_TRY(auto row, parts_.store.db().get(kUpkeep, kServer, row_key(kCheckRow, 0)));
    if (!row || row->gone) return std::nullopt;
    PEYK_TRY(auto value, json::parse(row->body));
    return StoreCheck::from_json(value);
}

bool Housekeeping::check_is_due() const {
    if (parts_.verify_every <= Millis{0}) return false;
    auto last = last_check();
    if (!last || !*last) return true;
    auto age = parts_.clock.now() - (*last)->at;
    return age >= parts_.verify_every || age < Millis{0};  // a clock that was set back must not put it off
}

Task<Result<StoreCheck>> Housekeeping::check(Pace pace) {
    if (checking_.exchange(true)) co_return fail(Errc::conflict, "the store is being verified already");
    auto stop = tasks_.stop_token();
    storage::Verification verification(*parts_.store.opened);
    while (!stop.stop_requested() && verification.step()) {
        if (pace == Pace::gentle) co_await sleep_for(parts_.timers, kPause, stop);
    }
    checking_ = false;
    if (stop.stop_requested()) co_return fail(Errc::cancelled, "the server stops");
    StoreCheck done{parts_.clock.now(), verification.report()};
    for (const auto& what : done.report.damaged) log::error("storage", "damage on the disk: {}", what);
    log::info("storage", "verified: {} files, {} of them damaged", done.report.files, done.report.damaged.size());
    PEYK_CO_CHECK(co_await remember(row_key(kCheckRow, 0), json::write(done.to_json()), {}));
    co_return done;
}

Task<Result<StoreCheck>> Housekeeping::verify() { return check(Pace::fast); }

}  // namespace peyk::app
