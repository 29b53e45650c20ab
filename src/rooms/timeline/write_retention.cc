// The end of events that are past their lifetime, and what a room may say of it. MSC1763.

#include "base/bytes.h"
#include "core/redacted_form.h"
#include "rooms/timeline/room_write.h"

namespace peyk::rooms {

// Where lifetimes are off the event means nothing to the server, and clients may put into it what they like.
Result<void> RoomWrite::Work::check_retention(const Event& event) const {
    if (!rooms.store_.lifetimes().enabled() || !event.is_state() || !is_retention_type(event.type)) return {};
    PEYK_CHECK(parse_retention(event.content));
    return {};
}

bool RoomWrite::Work::changes_lifetime() const {
    if (!rooms.store_.lifetimes().enabled()) return false;
    auto wish = [](const auto& stored) { return stored->event->is_state() && is_retention_type(stored->event->type); };
    return std::ranges::any_of(events, wish) || std::ranges::any_of(redacted, wish);
}

// What stays of the last event: its skeleton, as a redaction would leave it, and no word of who sent it from where.
Result<void> RoomWrite::Work::leave_husk(const StoredEvent& target) {
    if (target.husk) return {};
    PEYK_TRY(auto original, rooms.store_.with_pdu(*state->info, target));
    if (!original) return fail(Errc::corrupt, "the last event of a room has no body");
    StoredEvent form;
    PEYK_TRY(form.event, redacted_form(*original, *state->info->rules));
    std::string body;
    put_varint(body, RoomStore::kNoRedaction);
    body += encode_whole_body(form);
    change.put(kRedactedEvents, state->info->number, number_key(target.number), body);
    if (!target.redacted_by) change.puncture(kEvents, state->info->number, target.number);
    return drop_relation(target);
}

Result<void> RoomWrite::Work::destroy(const StoredEvent& target) {
    if (target.number == tip.number) return leave_husk(target);
    auto room = state->info->number;
    auto key = number_key(target.number);
    if (!target.redacted_by && !target.husk) change.puncture(kEvents, room, target.number);
    change.del(kEvents, room, key);
    change.del(kRedactedEvents, room, key);
    for (const auto& name : rooms.store_.index_keys(target.event->id)) change.del(kEventIndex, room, name);
    return drop_relation(target);
}

Task<Result<void>> RoomWrite::Work::commit_destroyed() {
    auto& store = rooms.store_;
    auto room = state->info->number;
    if (!related.empty()) store.relations().begin(room);
    auto pending = rooms.db_.start_commit(std::move(change));
    guard.leave();
    auto done = co_await std::move(pending).wait();
    if (!related.empty()) store.relations().end(room, related);
    if (!done) co_return std::unexpected(std::move(done.error()));
    for (auto number : destroyed) store.drop(room, number);
    co_return Result<void>{};
}

Task<Result<void>> RoomWrite::destroy(std::vector<StoredEventPtr> events, More more) && {
    auto work = std::move(work_);
    for (const auto& event : events) work->destroyed.insert(event->number);
    for (const auto& event : events) {
        if (event->event->is_state()) panic("state has no lifetime");
        PEYK_CO_CHECK(work->destroy(*event));
    }
    if (more) PEYK_CO_CHECK(more(work->change));
    work->change.reclaims();
    co_return co_await work->commit_destroyed();
}

}  // namespace peyk::rooms
