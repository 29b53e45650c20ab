#include "appservices/queue.h"

#include <fmt/format.h>

#include <algorithm>

#include "appservices/tables.h"
#include "base/logging.h"
#include "rooms/events/client_event.h"

namespace peyk::appservices {
namespace {

constexpr std::uint64_t kServer = 0;  // the owner number of the server's rows
constexpr Millis kFirstPause{1'000}, kLongestPause{5 * 60'000};
constexpr Millis kTransactionTime{60'000};
constexpr Millis kSaveEvery{60'000};    // the place of a service to which nothing is sent
constexpr std::size_t kLooked = 2'000;  // events looked at before others get the worker

std::string_view hint_for(int status) {
    bool refused = status == 401 || status == 403;
    return refused ? ", so its hs_token may be another than the one in the registration file" : "";
}

std::string row_key(const storage::Db& db, const std::string& service) { return db.digest("appservice", service); }

}  // namespace

Queue::Queue(const Registration& service, const QueueParts& parts)
    : service_(service),
      parts_(parts),
      interest_(service, parts.registry, parts.store, parts.directory),
      news_(parts.store, parts.activity) {}

Result<bool> Queue::load() {
    if (parts_.presence) presence_ = parts_.presence->counter();
    PEYK_TRY(auto entry, parts_.db.get(kQueues, kServer, row_key(parts_.db, service_.id)));
    if (entry) {
        PEYK_TRY(row_, QueueRow::decode(entry->body));
        saved_ = row_;
        return true;
    }
    row_.events.position = row_.receipts = parts_.db.visible();
    return false;
}

void Queue::retry_now() {
    retry_.notify();
    wake();
}

QueueTotals Queue::totals() const {
    std::lock_guard lock(totals_mutex_);
    return totals_;
}

Task<void> Queue::run(std::stop_token stop) {
    // The beginning of a new service is written down, or a crash would move it.
    while (!stop.stop_requested() && !co_await save()) co_await back_off(stop);
    while (!stop.stop_requested()) {
        if (!co_await step(stop)) co_await back_off(stop);
    }
    auto saved = co_await save();
    if (!saved) log::warning("appservices", "a queue's place was not written down: {}", saved.error().detail);
}

// One transaction, or a wait for something to send. False: try again later.
Task<bool> Queue::step(std::stop_token stop) {
    if (!row_.pending) {
        auto collected = collect();
        if (!collected) {
            log::error("appservices", "events for {} cannot be read: {}", service_.id, collected.error().detail);
            co_return false;
        }
    }
    if (!row_.pending) {
        // What was sent is noted before waiting; a mere move of the place is not worth a write each time.
        bool sent = saved_.pending.has_value();
        if (sent && !co_await save()) co_return false;
        if (news_.is_ready()) {
            // Much to look at, and nothing of it wanted: others first.
            (void)co_await sleep_for(parts_.timers, Millis{1}, stop);
            co_return true;
        }
        auto reason = co_await wakeup_.wait(parts_.timers, kSaveEvery, stop);
        // Only when events were passed over: this write alone would be a reason for the next one.
        if (reason == Wakeup::Reason::timeout && moved_ && !co_await save()) co_return false;
        co_return true;
    }
    // Nothing leaves that was not decided for good.
    if (row_ != saved_ && !co_await save()) co_return false;
    co_return co_await deliver(stop);
}

Task<Result<void>> Queue::save() {
    if (row_ == saved_) co_return Result<void>{};
    storage::Change change(parts_.db, storage::Owner::server, kServer,
                           parts_.db.epoch(storage::Owner::server, kServer));
    change.put(kQueues, kServer, row_key(parts_.db, service_.id), row_.encode());
    PEYK_CO_CHECK(co_await parts_.db.commit(std::move(change)));
    saved_ = row_;
    moved_ = false;
    co_return Result<void>{};
}

Result<void> Queue::collect() {
    auto to = parts_.db.visible();
    PEYK_CHECK(news_.begin(to, row_.events));
    Transaction made;
    auto read = collect_events(made);
    auto touched = news_.touched();
    if (service_.receive_ephemeral) {
        for (auto room : touched) receipts_.try_emplace(room, row_.receipts);
        if (read) read = collect_ephemeral(to, made);
    }
    // What was collected before a read failed goes out: the place has moved past it. The failure comes again.
    if (made.empty()) return read;
    // Digits only: there are services that take nothing else.
    made.id = fmt::format("{}{:012}", parts_.incarnation, row_.next++);
    made.made = parts_.clock.now();
    row_.pending = std::move(made);
    return {};
}

Result<void> Queue::collect_events(Transaction& into) {
    for (std::size_t looked = 0; looked < kLooked && into.events.size() < kMaxEvents; ++looked) {
        PEYK_TRY(auto item, news_.peek());
        if (!item) {
            // Everything up to the round's position was seen.
            row_.events = {std::max(row_.events.position, news_.round()), ~0ULL};
            return {};
        }
        PEYK_TRY(bool wanted, interest_.in(*item->room, *item->event));
        PEYK_CHECK(news_.take());
        moved_ = true;
        if (wanted) into.events.push_back({item->room->number, item->event->number});
        row_.events = {item->event->position, item->event->number};
    }
    return {};
}

Result<std::string> Queue::render(const Transaction& transaction) const {
    std::string out = "{\"events\":[";
    auto reader = rooms::reader_for(parts_.store, service_.sender, DeviceId::trusted(""), transaction.made.count());
    bool first = true;
    for (const auto& ref : transaction.events) {
        PEYK_TRY(auto room, parts_.store.find(ref.room));
        if (!room) continue;
        PEYK_TRY(auto event, parts_.store.event(*room, ref.number));
        if (!event) continue;  // destroyed since
        if (!first) out += ',';
        first = false;
        rooms::Visibility visibility(parts_.store, *room, reader.number, std::nullopt);
        visibility.see_everything();
        PEYK_CHECK(rooms::write_client_event(out, parts_.store, *room, *event, reader, visibility,
                                             rooms::RoomIdMember::include, rooms::Bundle::nothing));
    }
    out += ']';
    if (transaction.ephemeral_count > 0) {
        out += ",\"ephemeral\":[" + transaction.ephemeral + "]";
        // Its name before it was in the specification: services that read only this one are still about.
        out += ",\"de.sorunome.msc2409.ephemeral\":[" + transaction.ephemeral + "]";
    }
    if (!transaction.to_device.empty()) {
        PEYK_TRY(auto messages, render_to_device(transaction));
        // MSC4203, and the name that bridges know today.
        out += ",\"to_device\":[" + messages + "]";
        out += ",\"de.sorunome.msc2409.to_device\":[" + messages + "]";
    }
    out += '}';
    return out;
}

Task<bool> Queue::deliver(std::stop_token stop) {
    auto rendered = render(*row_.pending);
    if (!rendered) {
        log::error("appservices", "a transaction for {} cannot be read: {}", service_.id, rendered.error().detail);
        co_return false;
    }
    WireRequest request{http::Method::put, "/_matrix/app/v1/transactions/" + http::percent_encode(row_.pending->id),
                        "/transactions/" + http::percent_encode(row_.pending->id)};
    request.body = *std::move(rendered);
    request.time = kTransactionTime;
    auto answer = co_await parts_.wire.send(service_, std::move(request), stop);
    if (stop.stop_requested()) co_return true;
    bool taken = answer && answer->ok();
    {
        std::lock_guard lock(totals_mutex_);
        totals_.failing = taken ? 0 : 1;
        (taken ? totals_.sent : totals_.failures) += taken ? row_.pending->events.size() : 1;
    }
    if (!taken) {
        // Once per outage; the pauses say the rest.
        if (failures_ == 0)
            log::warning("appservices", "{} does not take its transactions: {}; trying on", service_.id,
                         answer ? fmt::format("it answered {}{}", answer->status, hint_for(answer->status))
                                : answer.error().detail);
        co_return false;
    }
    if (failures_ > 0) log::info("appservices", "{} takes its transactions again", service_.id);
    failures_ = 0;
    if (auto emptied = co_await empty_inboxes(); !emptied) {
        // The same transaction again, which the service knows by its id.
        log::error("appservices", "messages that {} took stay: {}", service_.id, emptied.error().detail);
        co_return false;
    }
    row_.pending.reset();
    co_return true;
}

Task<void> Queue::back_off(std::stop_token stop) {
    auto pause = std::min(kLongestPause, kFirstPause * (1 << std::min<std::uint32_t>(failures_, 9)));
    ++failures_;
    (void)co_await retry_.wait(parts_.timers, pause, stop);
}

}  // namespace peyk::appservices
