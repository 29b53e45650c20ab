#include "appservices/services.h"

#include "base/logging.h"

namespace peyk::appservices {
namespace {
constexpr std::size_t kRoomsAtOnce = 500;
}

Services::Services(QueueParts parts, Feed& feed, rooms::Activity& activity, Executor& executor)
    : parts_(parts),
      lookups_(parts_.registry, parts_.wire, executor, parts_.timers, parts_.clock),
      network_rooms_(parts_.db),
      tasks_(executor) {
    for (const auto& service : parts_.registry.all()) {
        if (!service.url.empty()) queues_.push_back(std::make_unique<Queue>(service, parts_));
    }
    if (queues_.empty()) return;
    activity.watch([this](rooms::RoomNumber room) {
        for (auto& queue : queues_) queue->mark(room);
    });
    feed.listen([this](const FeedEntry& entry) { on_feed(entry); });
}

// Of a user: to-device messages, at a position; presence, without one.
void Services::on_user(const FeedEntry& entry) {
    for (auto& queue : queues_) {
        if (!queue->service().receive_ephemeral) continue;
        bool concerned = entry.position == 0 ? parts_.presence != nullptr
                                             : parts_.inboxes != nullptr && queue->inbox_changed(entry.number);
        if (concerned) queue->wake();
    }
}

void Services::on_feed(const FeedEntry& entry) {
    if (entry.kind != FeedEntry::Kind::room) return on_user(entry);
    for (auto& queue : queues_) {
        if (entry.position == 0) {
            if (!queue->service().receive_ephemeral) continue;
            queue->typing_changed(entry.number);
        } else {
            queue->mark(entry.number);
        }
        queue->wake();
    }
}

Result<void> Services::start() {
    if (queues_.empty()) return {};
    std::vector<Queue*> known;
    for (auto& queue : queues_) {
        PEYK_TRY(bool was_known, queue->load());
        if (was_known) known.push_back(queue.get());
    }
    tasks_.spawn("appservices", recover_and_run(std::move(known)));
    return {};
}

// The queues begin when all rooms were looked at: a queue that went on earlier would move its place past them.
Task<void> Services::recover_and_run(std::vector<Queue*> known) {
    auto stop = tasks_.stop_token();
    for (;;) {
        auto recovered = co_await recover(known, stop);
        if (recovered) recovered = co_await recover_inboxes(stop);
        if (stop.stop_requested()) co_return;
        if (recovered) break;
        log::error("appservices", "rooms cannot be read: {}", recovered.error().detail);
        if (!co_await sleep_for(parts_.timers, Millis{5'000}, stop)) co_return;
    }
    for (auto& queue : queues_) tasks_.spawn("appservices: " + queue->service().id, queue->run(stop));
}

Task<Result<void>> Services::recover(const std::vector<Queue*>& known, std::stop_token stop) {
    std::string next;
    do {
        if (known.empty() || stop.stop_requested()) co_return Result<void>{};
        PEYK_CO_TRY(auto rows, parts_.db.walk(rooms::kRoomInfo, next, kRoomsAtOnce));
        for (const auto& row : rows) {
            PEYK_CO_TRY(auto room, parts_.store.find(row.owner));
            if (!room) continue;
            PEYK_CO_TRY(auto last, parts_.store.last(*room));
            std::optional<storage::Position> receipts;
            for (auto* queue : known) {
                bool behind = last && last->position >= queue->row().events.position;
                if (!behind && queue->service().receive_ephemeral) {
                    if (!receipts) {
                        PEYK_CO_TRY(receipts, parts_.stream.newest(room->number));
                    }
                    behind = *receipts > queue->row().receipts;
                }
                if (behind) queue->mark(room->number);
            }
        }
        (void)co_await sleep_for(parts_.timers, Millis{1}, stop);  // a large server: others get the worker meanwhile
    } while (!next.empty());
    co_return Result<void>{};
}

// Messages that came while the server, or the queue, was not there.
Task<Result<void>> Services::recover_inboxes(std::stop_token stop) {
    std::string next;
    do {
        if (!parts_.inboxes || stop.stop_requested()) co_return Result<void>{};
        PEYK_CO_TRY(auto users, parts_.inboxes->waiting(next));
        for (auto user : users) {
            for (auto& queue : queues_) {
                if (queue->service().receive_ephemeral) (void)queue->inbox_changed(user);
            }
        }
        (void)co_await sleep_for(parts_.timers, Millis{1}, stop);
    } while (!next.empty());
    co_return Result<void>{};
}

void Services::stop() {
    tasks_.stop();
    lookups_.stop();
}

void Services::heard_of(std::string_view service) {
    for (auto& queue : queues_) {
        if (queue->service().id == service) queue->retry_now();
    }
}

QueueTotals Services::totals() const {
    QueueTotals out;
    for (const auto& queue : queues_) {
        auto one = queue->totals();
        out.sent += one.sent;
        out.failures += one.failures;
        out.failing += one.failing;
    }
    return out;
}

}  // namespace peyk::appservices
