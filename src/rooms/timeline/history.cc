#include "rooms/timeline/history.h"

namespace peyk::rooms {
namespace {
constexpr std::size_t kMaxRows = 5'000;  // read for one page at most
}

Result<HistoryPage> history_page(const RoomStore& store, const RoomInfo& room, Visibility& visibility,
                                 const EventFilter& filter, EventNumber from, EventNumber to, Direction direction) {
    bool back = direction == Direction::backward;
    auto order = back ? storage::Store::Order::reverse : storage::Store::Order::forward;
    PEYK_TRY(auto newest, store.last(room));
    EventNumber top = newest ? newest->number + 1 : 1;
    HistoryPage page;
    page.start = from = std::min(from, top);
    auto at = from;
    EventNumber low = back ? std::max<EventNumber>(to, 1) : at;
    EventNumber high = back ? at : (to ? std::min(to, top) : top);
    std::size_t rows = 0;
    RelatedFilter related(filter, store.relations());
    auto may_be_seen = [&](const Child& child) -> Result<bool> {
        PEYK_TRY(auto event, store.event(room, child.number));
        if (!event) return false;
        return visibility.may_see(*event);
    };
    while (page.events.size() < filter.limit && low < high && rows < kMaxRows) {
        // Most rooms give what is asked for at once; only then is it worth while to read more than that.
        auto wanted = filter.limit - page.events.size();
        if (rows > 0 || !filter.takes_everything()) wanted = std::max<std::size_t>(wanted, 20);
        PEYK_TRY(auto run, store.run(room, low, high, wanted, kMaxRows - rows, order));
        rows += run.read;
        bool full = false;
        for (auto& event : run.events) {
            full = page.events.size() == filter.limit;
            if (full) break;
            at = back ? event->number : event->number + 1;
            PEYK_TRY(bool seen, visibility.may_see(*event));
            if (!seen || !filter.wants(*event->event)) continue;
            PEYK_TRY(bool fits, related.wants(room.number, event->event->id, may_be_seen));
            if (fits) page.events.push_back(std::move(event));
        }
        if (!full) at = run.next;
        (back ? high : low) = at;
    }
    page.end = at;
    page.more = low < high;
    return page;
}

Result<StoredEventPtr> event_by_timestamp(const RoomStore& store, const RoomInfo& room, Visibility& visibility,
                                          std::int64_t time, Direction direction) {
    PEYK_TRY(auto newest, store.last(room));
    if (!newest) return nullptr;
    // Times rise with numbers but for clocks that jump: a binary search finds the neighbourhood, a walk the event.
    EventNumber low = 1, high = newest->number + 1;
    while (low < high) {
        auto middle = low + (high - low) / 2;
        PEYK_TRY(auto probe, store.run(room, middle, high, 1, kMaxRows, storage::Store::Order::forward));
        if (probe.events.empty()) {
            // Nothing there, or nothing yet of what is past its time, which is older than anything that is shown.
            (probe.next < high ? low : high) = probe.next < high ? probe.next : middle;
        } else if (probe.events.front()->event->origin_server_ts < time) {
            low = probe.events.front()->number + 1;
        } else {
            high = middle;
        }
    }
    bool back = direction == Direction::backward;
    constexpr std::size_t kWalk = 2'000;
    auto end = newest->number + 1;
    PEYK_TRY(auto walked, back
                              ? store.run(room, 1, std::min(low + 1, end), kWalk, kWalk, storage::Store::Order::reverse)
                              : store.run(room, low, end, kWalk, kWalk, storage::Store::Order::forward));
    for (auto& event : walked.events) {
        if (back ? event->event->origin_server_ts > time : event->event->origin_server_ts < time) continue;
        PEYK_TRY(bool seen, visibility.may_see(*event));
        if (seen) return event;
    }
    return nullptr;
}

}  // namespace peyk::rooms
