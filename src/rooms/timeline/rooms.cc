#include "rooms/timeline/rooms.h"

#include "base/bytes.h"
#include "base/logging.h"
#include "core/errors.h"
#include "rooms/timeline/room_state.h"
#include "rooms/timeline/room_write.h"

namespace peyk::rooms {
namespace {
constexpr std::size_t kMaxStates = 20'000;
}

Rooms::Rooms(storage::Db& db, RoomStore& store, Memberships& memberships, Activity& activity, Feed& feed,
             const Clock& clock, Random& random, const SigningKey& key, Options options)
    : db_(db),
      store_(store),
      memberships_(memberships),
      activity_(activity),
      feed_(feed),
      clock_(clock),
      random_(random),
      key_(key),
      options_(std::move(options)) {}

Rooms::~Rooms() = default;

std::shared_ptr<RoomState> Rooms::state_of(RoomInfoPtr room) {
    std::lock_guard lock(mutex_);
    if (states_.size() > kMaxStates)
        std::erase_if(states_, [](const auto& entry) { return entry.second.use_count() == 1; });
    auto& state = states_[room->number];
    if (!state) state = std::make_shared<RoomState>(std::move(room));
    return state;
}

std::vector<std::string> Rooms::transaction_keys(const Transaction& transaction) const {
    constexpr std::size_t kBytes = 8;
    std::string text;
    put_bytes(text, transaction.user.view());
    put_bytes(text, transaction.device.view());
    put_bytes(text, transaction.scope);
    put_bytes(text, transaction.id);
    auto digest = db_.digest("transaction", text);
    std::vector<std::string> keys{digest.substr(0, kBytes)};
    if (db_.made_with() < kFormatOfShortKeys) keys.push_back(std::move(digest));
    return keys;
}

Result<RoomWrite> Rooms::open(RoomInfoPtr room, Lanes::Guard guard) {
    auto state = state_of(room);
    auto epoch = db_.epoch(Owner::room, room->number);
    if (!state->loaded || state->epoch != epoch) {
        state->forget_unsettled();
        state->state_cache.clear();
        state->tip = Tip{};
        state->epoch = epoch;
        PEYK_TRY(auto last, store_.last(*room));
        if (last) {
            PEYK_TRY(auto top, store_.top(*room));
            PEYK_TRY(auto event, store_.with_pdu(*room, *last));
            if (!event) return fail(Errc::corrupt, "the last event of a room has gone while it was read");
            PEYK_TRY(auto hash, reference_hash_for(*event, *room->rules));
            state->tip = Tip{top.number, event->id,    std::move(hash), event->pdu->depth, event->origin_server_ts,
                             top.roots,  top.next_node};
        }
        state->loaded = true;
    }
    return RoomWrite(std::make_unique<RoomWrite::Work>(*this, std::move(state), std::move(guard)));
}

Task<Result<RoomWrite>> Rooms::enter(RoomId room) {
    PEYK_CO_TRY(auto info, store_.find(room));
    if (!info) co_return m::not_found("This server does not know the room");
    auto guard = co_await lanes_.enter(info->number);
    // It may have been closed by who was in the lane before.
    PEYK_CO_TRY(info, store_.find(room));
    if (!info) co_return m::not_found("This server does not know the room");
    co_return open(std::move(info), std::move(guard));
}

Task<Result<void>> Rooms::close(RoomNumber room) {
    store_.close(room);
    auto guard = co_await lanes_.enter(room);
    // Batches of a shard become durable in their order: behind this one there is nothing of the room. What becomes of
    // it does not matter, the row is never there.
    storage::Change behind(db_, Owner::room, room, db_.epoch(Owner::room, room));
    behind.del(kOutbox, room, number_key(0));
    auto settled = co_await db_.commit(std::move(behind));
    if (!settled && settled.error().code != Errc::fenced) co_return std::unexpected(std::move(settled.error()));
    std::lock_guard lock(mutex_);
    states_.erase(room);
    co_return Result<void>{};
}

Task<Result<void>> Rooms::destroy(RoomNumber room) {
    auto guard = co_await lanes_.enter(room);
    PEYK_CO_CHECK(db_.drop_owner(Owner::room, room));
    store_.forget(room);
    co_return Result<void>{};
}

RoomId Rooms::new_room_id() { return RoomId::trusted("!" + random_.alphanumeric(18) + ":" + options_.server.str()); }

Task<Result<RoomWrite>> Rooms::create(const RoomRules& rules, UserId creator, json::Object content,
                                      std::optional<RoomId> id) {
    if (!id) id = new_room_id();
    PEYK_CO_TRY(auto made, make_create_event(*this, rules, std::move(creator), std::move(content), std::move(id)));
    auto info =
        std::make_shared<const RoomInfo>(RoomInfo{made->room, store_.number(made->room), &rules, key_.key_id()});
    auto guard = co_await lanes_.enter(info->number);
    PEYK_CO_TRY(auto taken, store_.find(info->number));
    if (taken) co_return fail(Errc::internal, "a new room's number is taken");
    PEYK_CO_TRY(auto write, open(info, std::move(guard)));
    PEYK_CO_CHECK(write.work_->begin(std::move(made)));
    co_return write;
}

Task<Result<EventId>> Rooms::send(UserId sender, RoomId room, Draft draft, std::optional<Transaction> transaction) {
    for (bool again = false;; again = true) {
        PEYK_CO_TRY(auto write, co_await enter(room));
        if (transaction) {
            PEYK_CO_TRY(auto known, write.known(*transaction));
            if (known) co_return *std::move(known);
        }
        PEYK_CO_TRY(auto event, write.add(sender, std::move(draft), transaction ? &*transaction : nullptr));
        auto done = co_await std::move(write).commit();
        if (done) co_return event->id;
        if (again || done.error().code != Errc::fenced) co_return std::unexpected(std::move(done.error()));
        // What was moved into the event comes out of it again, so that nothing is copied on the usual way.
        draft = Draft{event->type, event->state_key, event->content, event->redacts, event->origin_server_ts};
    }
}

// Spec: Room Upgrades: on a join, the user's settings for the predecessor go over.
Task<Result<void>> Rooms::succeed(RoomInfoPtr room, StoredEventPtr member, UserId user) {
    if (!options_.succession) co_return Result<void>{};
    PEYK_CO_TRY(auto now, store_.membership(*room, member->after, store_.number(user)));
    PEYK_CO_TRY(auto before, store_.membership(*room, member->before, store_.number(user)));
    if (now != Membership::join || before == Membership::join) co_return Result<void>{};
    PEYK_CO_TRY(auto create, store_.state(*room, member->after, "m.room.create"));
    const auto* predecessor = create ? create->event->content.find("predecessor") : nullptr;
    auto id = predecessor ? predecessor->get_string("room_id") : std::nullopt;
    auto from = RoomId::parse(id.value_or(""));
    if (!from) co_return Result<void>{};
    // Only who was in the old room has settings worth taking, and nobody can be made to take those of another room.
    PEYK_CO_TRY(auto row, memberships_.of(store_.number(user), store_.number(*from)));
    if (!row || (row->membership != Membership::join && !row->was_joined)) co_return Result<void>{};
    co_return co_await options_.succession->joined_successor(std::move(user), *std::move(from), room->id);
}

// What a member event means for the local user's own rows.
Task<Result<void>> Rooms::apply_memberships(RoomInfoPtr room, std::vector<StoredEventPtr> members) {
    for (auto& member : members) {
        auto user = UserId::parse(*member->event->state_key);
        if (!user || !is_local(*user)) continue;
        PEYK_CO_TRY(auto stripped, stripped_state(store_, *room, *member));
        PEYK_CO_TRY(auto before, store_.membership(*room, member->before, store_.number(*user)));
        PEYK_CO_CHECK(co_await memberships_.apply(store_.number(*user), room, member, before, std::move(stripped)));
        // The membership stands whatever becomes of the settings.
        if (auto moved = co_await succeed(room, member, *user); !moved)
            log::warning("rooms", "settings did not go over to an upgraded room: {}", moved.error().detail);
        clear_outbox(*room, member->number);
    }
    co_return Result<void>{};
}

// Whatever fails stays in the outbox, whose rows were part of the room's own batch.
Task<void> Rooms::apply_or_defer(RoomInfoPtr room, std::vector<StoredEventPtr> members) {
    auto applied = co_await apply_memberships(std::move(room), std::move(members));
    if (applied) co_return;
    behind_ = true;
    log::warning("rooms", "a membership waits to be applied to its user: {}", errc_name(applied.error().code));
}

Task<Result<void>> Rooms::catch_up() {
    if (!behind_.exchange(false)) co_return Result<void>{};
    auto done = co_await recover();
    if (!done) behind_ = true;
    co_return done;
}

// Queued, not awaited: applying twice changes nothing, so the row may come back after a crash.
void Rooms::clear_outbox(const RoomInfo& room, EventNumber event) {
    storage::Change done(db_, Owner::room, room.number, db_.epoch(Owner::room, room.number));
    done.del(kOutbox, room.number, number_key(event));
    auto pending = db_.start_commit(std::move(done));
}

Task<Result<void>> Rooms::apply_guest_access(RoomInfoPtr room, EventNumber event) {
    if (options_.guests) PEYK_CO_CHECK(co_await options_.guests->guests_must_leave(room->id));
    clear_outbox(*room, event);
    co_return Result<void>{};
}

Task<void> Rooms::close_to_guests_or_defer(RoomInfoPtr room, EventNumber event) {
    auto applied = co_await apply_guest_access(std::move(room), event);
    if (applied) co_return;
    behind_ = true;
    log::warning("rooms", "guests wait to be taken out of a room: {}", errc_name(applied.error().code));
}

bool allows_guests(const Event* guest_access) {
    const auto* value = guest_access ? guest_access->content.find("guest_access") : nullptr;
    return value && value->string() && *value->string() == "can_join";
}

Task<Result<void>> Rooms::recover() {
    std::string next;
    do {
        PEYK_CO_TRY(auto rows, db_.walk(kOutbox, next, 500));
        for (auto& row : rows) {
            PEYK_CO_TRY(auto room, store_.find(row.owner));
            if (!room) continue;
            PEYK_CO_TRY(auto member, store_.event(*room, get_u64be(row.entry.rest.data())));
            if (!member || !member->event->is_state()) continue;
            if (member->event->is("m.room.guest_access", "")) {
                PEYK_CO_CHECK(co_await apply_guest_access(std::move(room), member->number));
                continue;
            }
            std::vector<StoredEventPtr> members{member};
            PEYK_CO_CHECK(co_await apply_memberships(std::move(room), std::move(members)));
        }
    } while (!next.empty());
    co_return Result<void>{};
}

}  // namespace peyk::rooms
