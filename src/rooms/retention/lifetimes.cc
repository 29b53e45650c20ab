#include "rooms/retention/lifetimes.h"

#include "rooms/timeline/room_store.h"

namespace peyk::rooms {

Result<std::int64_t> Lifetimes::load(const RoomStore& store, const RoomInfo& room) const {
    PEYK_TRY(auto last, store.last(room));
    StoredEventPtr wish;
    for (auto type : {kRetentionType, kUnstableRetentionType}) {
        if (wish || !last) break;
        PEYK_TRY(wish, store.state(room, last->after, type));
    }
    std::optional<RetentionPolicy> policy;
    // What does not parse was refused here, or came before the server looked at it: as if nothing was said.
    if (auto read = wish ? parse_retention(wish->event->content) : fail(Errc::not_found)) policy = *read;
    auto lifetime = lifetime_of(rules_, policy ? &*policy : nullptr);
    return lifetime ? lifetime->count() : kForEver;
}

Result<std::optional<Millis>> Lifetimes::of(const RoomStore& store, const RoomInfo& room) const {
    if (!enabled()) return std::nullopt;
    auto ticket = written_.load();
    auto calm = [&] { return writers_.load() == 0 && written_.load() == ticket; };
    auto lifetime = calm() ? cache_.get(0, room.number) : std::nullopt;
    if (!lifetime) {
        PEYK_TRY(lifetime, load(store, room));
        if (calm()) {
            cache_.put(0, room.number, lifetime);
            // A writer that came in between has not seen this entry, and would not drop it.
            if (!calm()) cache_.drop(0, room.number);
        }
    }
    if (*lifetime == kForEver) return std::nullopt;
    return Millis{*lifetime};
}

Result<Cutoff> Lifetimes::cutoff(const RoomStore& store, const RoomInfo& room) const {
    PEYK_TRY(auto lifetime, of(store, room));
    if (!lifetime) return Cutoff{};
    return Cutoff{(clock_->now() - *lifetime).count()};
}

void Lifetimes::begin() const {
    ++writers_;
    ++written_;
}

void Lifetimes::end(std::uint64_t room) const {
    cache_.drop(0, room);
    ++written_;
    --writers_;
    if (watcher_) watcher_(room);
}

}  // namespace peyk::rooms
