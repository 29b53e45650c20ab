#include "rooms/timeline/room_write.h"

#include <atomic>

#include "base/bytes.h"
#include "base/logging.h"
#include "core/errors.h"
#include "core/event_builder.h"
#include "core/hashing.h"
#include "core/redacted_form.h"
#include "rooms/auth/power_levels.h"

namespace peyk::rooms {
namespace {

std::string state_name(std::string_view type, std::string_view key) {
    std::string out(type);
    out.push_back('\0');
    out += key;
    return out;
}

Membership membership_in(const Event& member) {
    const auto* value = member.content.find("membership");
    return value && value->string() ? membership_of(*value->string()) : Membership::none;
}

bool closes_to_guests(const Event& event) { return event.is("m.room.guest_access", "") && !allows_guests(&event); }

EventReference reference(const EventId& id, std::string hash) { return EventReference{id, std::move(hash)}; }

// How many of `counted` there are after `before` became `after`.
std::uint32_t recount(std::uint32_t count, Membership counted, Membership before, Membership after) {
    return count - (before == counted) + (after == counted);
}

}  // namespace

// The oldest versions refer to events by id and hash; later ids are the hash.
Result<std::string> reference_hash_for(const Event& event, const RoomRules& rules) {
    if (rules.event_id_format != EventIdFormat::own) return std::string{};
    PEYK_TRY(auto pdu, json::parse_object(event.pdu.value().json));
    return base64_encode(reference_hash(pdu, rules).view());
}

RoomWrite::Work::Work(Rooms& owner, std::shared_ptr<RoomState> of, Lanes::Guard entered)
    : rooms(owner),
      state(std::move(of)),
      guard(std::move(entered)),
      tip(state->tip),
      change(owner.db_, Owner::room, state->info->number, state->epoch) {}

Result<StateNodePtr> RoomWrite::Work::node(NodeNumber number) const {
    if (auto found = nodes.find(number); found != nodes.end()) return found->second;
    if (auto queued = state->unsettled_node(number)) return queued;
    return rooms.store_.nodes(*state->info).node(number);
}

NodeNumber RoomWrite::Work::add(StateNode node) {
    auto number = tip.next_node++;
    nodes.emplace(number, std::make_shared<const StateNode>(std::move(node)));
    return number;
}

Result<StoredEventPtr> RoomWrite::Work::event(EventNumber number) const {
    for (const auto& fresh : events) {
        if (fresh->number == number) return fresh;
    }
    if (auto queued = state->unsettled_event(number)) return queued;
    return rooms.store_.event(*state->info, number);
}

Result<RoomWrite::Work::Known> RoomWrite::Work::find(const EventId& id) const {
    for (const auto* added : {&redacted, &events}) {
        for (const auto& one : *added) {
            if (one->event->id == id) return Known{one};
        }
    }
    if (auto number = state->unsettled_number(id)) {
        if (auto queued = state->unsettled_event(*number)) return Known{std::move(queued)};
    }
    PEYK_TRY(auto stored, rooms.store_.event(*state->info, id));
    bool durable = stored != nullptr;
    return Known{std::move(stored), durable};
}

Result<EventPtr> RoomWrite::Work::current(std::string_view type, std::string_view key) const {
    PEYK_TRY(auto now, state_now(type, key));
    return std::move(now.event);
}

Result<StateNow> RoomWrite::Work::state_now(std::string_view type, std::string_view key) const {
    auto name = state_name(type, key);
    if (auto found = new_state.find(name); found != new_state.end()) return found->second;
    if (auto found = state->state_cache.find(name); found != state->state_cache.end()) return found->second;
    if (auto found = looked_up.find(name); found != looked_up.end()) return found->second;
    bool member = type == "m.room.member";
    PEYK_TRY(auto entry, member ? tree_find(*this, tip.roots.members, rooms.db_.number(key))
                                : tree_find(*this, tip.roots.others, rooms.store_.place(type, key)));
    StateNow found;
    if (entry) {
        PEYK_TRY(auto stored, event(entry->event));
        if (stored && stored->event->is(type, key)) found = {stored->event, stored->number};
    }
    looked_up.emplace(std::move(name), found);
    return found;
}

// Spec: Server-Server API › Auth events selection; Room Versions › event format.
Result<RoomWrite::Work::Built> RoomWrite::Work::build(const UserId& sender, Draft draft) const {
    const auto& rules = *state->info->rules;
    auto now = draft.origin_server_ts.value_or(rooms.clock_.now().count());
    auto rounding = rooms.options_.timestamp_rounding.count();
    if (rounding > 0 && !draft.origin_server_ts) now -= now % rounding;
    EventDraft event{sender};
    event.room = state->info->id;
    event.type = std::move(draft.type);
    event.state_key = std::move(draft.state_key);
    event.content = std::move(draft.content);
    event.redacts = std::move(draft.redacts);
    event.origin_server_ts = now;
    event.depth = std::min<std::int64_t>(tip.depth + 1, json::kMaxInteger);
    if (tip.id) event.prev_events.push_back(reference(*tip.id, tip.reference_hash));
    Built built;
    for (const auto& [type, key] : auth_types_for_event(event.type, event.state_key, sender, event.content, rules)) {
        PEYK_TRY(auto found, state_now(type, key));
        if (!found.event) continue;
        PEYK_TRY(auto hash, reference_hash_for(*found.event, rules));
        event.auth_events.push_back(reference(found.event->id, std::move(hash)));
        built.auth_events.push_back({found.number, std::move(found.event)});
    }
    event.id = new_event_id(rooms, rules);
    PEYK_TRY(built.event, build_event(std::move(event), rooms.options_.server, rooms.key_, rules));
    return built;
}

Result<void> RoomWrite::Work::authorise_new(const Event& event) const {
    std::optional<Error> failure;
    auto lookup = [&](std::string_view type, std::string_view key) -> EventPtr {
        auto found = current(type, key);
        if (found) return *found;
        failure = found.error();
        return nullptr;
    };
    auto verdict = authorise(event, *state->info->rules, lookup);
    if (failure) return fail(*failure);
    if (!verdict) return m::forbidden(std::string(verdict.reason()));
    return {};
}

// Spec: Invite permission: by whatever endpoint the invitation comes. After the authorisation rules, so that nobody
// learns of another's settings who may not invite at all.
Result<void> RoomWrite::Work::check_invite(const Event& event) const {
    const auto* policies = rooms.options_.invite_policies;
    if (event.sender == rooms.options_.notices) return {};
    if (!policies || !event.is("m.room.member") || !event.is_state()) return {};
    if (membership_in(event) != Membership::invite) return {};
    auto target = UserId::parse(*event.state_key);
    if (!target || !rooms.is_local(*target)) return {};
    PEYK_TRY(auto wishes, policies->invite_rules_of(rooms.store_.number(*target)));
    if (!wishes || wishes->verdict(event.sender) != InviteVerdict::block) return {};
    return fail(Error{Errc::forbidden, "The user does not accept this invitation", "M_INVITE_BLOCKED"});
}

// Spec: Client-Server API › Guest Access › Server behaviour: by whatever endpoint a guest comes.
Result<void> RoomWrite::Work::check_guest(const Event& event) const {
    const auto* accounts = rooms.options_.guest_accounts;
    if (!accounts || !event.is("m.room.member", event.sender.view())) return {};
    if (membership_in(event) != Membership::join || !rooms.is_local(event.sender)) return {};
    PEYK_TRY(auto before, current("m.room.member", event.sender.view()));
    if (before && membership_in(*before) == Membership::join) return {};
    PEYK_TRY(bool guest, accounts->is_guest(event.sender));
    if (!guest) return {};
    PEYK_TRY(auto access, current("m.room.guest_access", ""));
    if (!allows_guests(access.get())) return m::guest_forbidden("This room does not allow guests");
    return {};
}

// Spec: Server Notices › Client behaviour: by whatever endpoint an invitation to that room is declined. Once inside, it
// may be left. An account that ends leaves everything.
Result<void> RoomWrite::Work::check_decline(const Event& event) const {
    const auto& notices = rooms.options_.notices;
    if (!notices || !event.is("m.room.member", event.sender.view())) return {};
    if (membership_in(event) != Membership::leave) return {};
    PEYK_TRY(auto before, current("m.room.member", event.sender.view()));
    if (!before || membership_in(*before) != Membership::invite || before->sender != *notices) return {};
    if (const auto* accounts = rooms.options_.guest_accounts) {
        PEYK_TRY(bool ended, accounts->has_ended(event.sender));
        if (ended) return {};
    }
    return m::cannot_leave_server_notice_room("The invitation to the room of server notices cannot be declined");
}

Result<EventPtr> RoomWrite::Work::add(const UserId& sender, Draft draft, const Transaction* transaction) {
    // The rules leave this open; a member event of nobody would stay in the room's state for good.
    if (draft.type == "m.room.member" && draft.state_key && !UserId::parse(*draft.state_key))
        return m::bad_json("The state key of a member event must be a user id");
    PEYK_TRY(auto built, build(sender, std::move(draft)));
    auto event = built.event;
    PEYK_CHECK(authorise_new(*event));
    PEYK_CHECK(check_invite(*event));
    PEYK_CHECK(check_guest(*event));
    PEYK_CHECK(check_decline(*event));
    PEYK_CHECK(check_relation(*event));
    PEYK_CHECK(check_retention(*event));
    PEYK_CHECK(take(std::move(built), transaction));
    return event;
}

Result<void> RoomWrite::Work::begin(EventPtr create) {
    std::string info;
    put_bytes(info, state->info->id.view());
    put_bytes(info, state->info->rules->version);
    put_bytes(info, state->info->key_id);
    change.put(kRoomInfo, state->info->number, "", info);
    PEYK_CHECK(authorise_new(*create));
    return take(Built{std::move(create)}, nullptr);
}

// Puts an authorised event behind the tip.
Result<void> RoomWrite::Work::take(Built built, const Transaction* transaction) {
    const auto& event = built.event;
    auto stored = std::make_shared<StoredEvent>();
    stored->number = tip.number + 1;
    stored->event = event;
    stored->before = stored->after = tip.roots;
    if (transaction) {
        stored->sender_device = device_digest(rooms.db_, transaction->user, transaction->device);
        stored->transaction_id = transaction->id;
    }
    if (event->is_state()) PEYK_CHECK(place_state(*stored));
    stored->next_node = tip.next_node;
    events.push_back(stored);
    tip.number = stored->number;
    tip.id = event->id;
    PEYK_TRY(tip.reference_hash, reference_hash_for(*event, *state->info->rules));
    tip.depth = event->pdu->depth;
    tip.time = event->origin_server_ts;
    tip.roots = stored->after;
    if (event->redacts && event->is("m.room.redaction")) PEYK_CHECK(apply_redaction(*stored));
    return write_rows(*stored, built.auth_events, transaction);
}

Result<void> RoomWrite::Work::place_state(StoredEvent& stored) {
    const auto& event = *stored.event;
    bool member = event.is("m.room.member");
    StateEntry entry;
    entry.event = stored.number;
    entry.place = member ? rooms.db_.number(*event.state_key) : rooms.store_.place(event.type, *event.state_key);
    auto& root = member ? stored.after.members : stored.after.others;
    PEYK_TRY(auto old, tree_find(*this, root, entry.place));
    if (old) stored.replaces = old->event;
    if (member) {
        auto before = old ? static_cast<Membership>(old->note) : Membership::none;
        auto after = membership_in(event);
        entry.note = static_cast<std::uint8_t>(after);
        stored.after.joined = recount(stored.after.joined, Membership::join, before, after);
        stored.after.invited = recount(stored.after.invited, Membership::invite, before, after);
    }
    auto first_new = tip.next_node;
    PEYK_TRY(root, tree_set(*this, *this, root, entry));
    for (auto number = first_new; number < tip.next_node; ++number)
        change.put(kStateNodes, state->info->number, number_key(number), nodes.at(number)->encode());
    new_state.insert_or_assign(state_name(event.type, *event.state_key), StateNow{stored.event, stored.number});
    return {};
}

Result<void> RoomWrite::Work::write_rows(const StoredEvent& stored, std::span<const AuthReference> auth_events,
                                         const Transaction* transaction) {
    auto room = state->info->number;
    std::string number;
    put_varint(number, stored.number);
    EventOrigin origin{rooms.options_.server.view(), rooms.key_.key_id(), auth_events};
    auto body = encode_body(stored, *state->info, origin);
    change.put(kEvents, room, number_key(stored.number), body.bytes, encode_header(stored), body.noise);
    if (body.refers) PEYK_CHECK(write_names(auth_events));
    change.put(kEventIndex, room, rooms.store_.index_keys(stored.event->id).front(), number);
    if (stored.event->is("m.room.member") && stored.event->is_state()) {
        auto user = UserId::parse(*stored.event->state_key);
        if (user && rooms.is_local(*user)) change.put(kOutbox, room, number_key(stored.number), "");
    }
    if (rooms.options_.guests && closes_to_guests(*stored.event))
        change.put(kOutbox, room, number_key(stored.number), "");
    if (transaction) {
        auto key = rooms.transaction_keys(*transaction).front();
        change.put(kTransactions, room, key, number);
        transactions.emplace(std::move(key), stored.event->id);
    }
    return write_relation(stored);
}

// Whoever refers first writes them.
Result<void> RoomWrite::Work::write_names(std::span<const AuthReference> state_events) {
    for (const auto& [number, event] : state_events) {
        PEYK_TRY(auto known, rooms.store_.name(*state->info, number));
        if (known || !named.insert(number).second) continue;
        change.put(kStateNames, state->info->number, number_key(number), encode_name(*event));
    }
    return {};
}

// Spec: Room Versions › Handling redactions. The redaction event stands whatever it points at; the target changes only
// when it is known and the sender may redact it.
Result<void> RoomWrite::Work::apply_redaction(const StoredEvent& redaction) {
    const auto& target_id = *redaction.event->redacts;
    PEYK_TRY(auto found, find(target_id));
    const auto& target = found.event;
    if (!target || target->redacted_by) return {};
    PEYK_TRY(auto power, current("m.room.power_levels", ""));
    PEYK_TRY(auto create, current("m.room.create", ""));
    PowerLevels levels(power, create, *state->info->rules);
    if (!may_redact(*redaction.event, *target->event, levels)) return {};
    PEYK_TRY(auto original, rooms.store_.with_pdu(*state->info, *target));
    if (!original) return {};

    auto form = std::make_shared<StoredEvent>();
    form->number = target->number;
    // Of a target that is queued it is not known before its own batch is durable: commit() looks it up.
    form->position = found.durable ? target->position : 0;
    form->before = target->before;
    form->after = target->after;
    form->next_node = target->next_node;
    form->replaces = target->replaces;
    form->redacted_by = redaction.number;
    PEYK_TRY(form->event, redacted_form(*original, *state->info->rules));
    std::string body;
    put_varint(body, redaction.number);
    body += encode_whole_body(*form);
    change.put(kRedactedEvents, state->info->number, number_key(form->number), body);
    change.puncture(kEvents, state->info->number, form->number);
    if (auto* traces = rooms.options_.traces) PEYK_CHECK(traces->redact(change, state->info->number, form->number));
    PEYK_CHECK(drop_relation(*target));
    // The redacted form takes the original's place where it is current state.
    if (form->event->is_state()) {
        auto name = state_name(form->event->type, *form->event->state_key);
        PEYK_TRY(auto now, current(form->event->type, *form->event->state_key));
        if (now && now->id == target_id) new_state.insert_or_assign(name, StateNow{form->event, form->number});
    }
    redacted.push_back(std::move(form));
    return {};
}

Task<Result<void>> RoomWrite::Work::commit() {
    if (events.empty()) co_return Result<void>{};
    // Keeps this alive: the caller's RoomWrite may be gone before the commit is durable.
    auto& owner = rooms;
    auto kept = state;
    auto room = state->info;
    std::vector<StoredEventPtr> queued(events.begin(), events.end());
    queued.insert(queued.end(), redacted.begin(), redacted.end());

    // The tip moves when the batch is queued; the lane is free from here on.
    kept->queue(queued, nodes, transactions);
    kept->tip = tip;
    for (auto& [name, event] : looked_up) kept->state_cache.emplace(name, event);
    for (auto& [name, event] : new_state) kept->state_cache.insert_or_assign(name, event);
    if (kept->state_cache.size() > 200) kept->state_cache.clear();
    owner.activity_.begin(room->number);
    bool lifetime = changes_lifetime();
    if (lifetime) owner.store_.lifetimes().begin();
    if (!related.empty()) owner.store_.relations().begin(room->number);
    auto pending = owner.db_.start_commit(std::move(change));
    guard.leave();

    auto position = co_await std::move(pending).wait();
    if (!related.empty()) owner.store_.relations().end(room->number, related);
    if (lifetime) owner.store_.lifetimes().end(room->number);
    if (!position) {
        owner.activity_.end(room->number, 0);
        kept->settle(queued, nodes, transactions, [](const StoredEventPtr&) {});
        co_return std::unexpected(std::move(position.error()));
    }
    std::vector<StoredEventPtr> members;
    std::optional<EventNumber> closed;
    owner.store_.keep(room);
    for (auto& [number, node] : nodes) owner.store_.keep(room->number, number, node);
    for (auto& stored : events) {
        stored->position = *position;
        if (stored->event->is_state() && stored->event->is("m.room.member")) members.push_back(stored);
        if (owner.options_.guests && closes_to_guests(*stored->event)) closed = stored->number;
    }
    for (auto& form : redacted) {
        if (form->position != 0) continue;
        form->position = *position;
        if (form->number >= events.front()->number) continue;
        // Queued before this batch, so it has a position of its own, and is durable by now.
        form->position = owner.store_.position_of(room->number, form->number).value_or(0);
    }
    auto keep = [&owner, &room](const StoredEventPtr& event) {
        if (event->position != 0) owner.store_.keep(room->number, event);
    };
    kept->settle(queued, nodes, transactions, keep);
    for (const auto& form : redacted) {
        if (auto* traces = owner.options_.traces) traces->redacted(room->number, form->number);
    }
    owner.activity_.end(room->number, *position);
    FeedEntry entry{FeedEntry::Kind::room, room->number, *position};
    owner.feed_.publish(entry);
    // The events are durable, so the answer is yes whatever becomes of the members' rows: the outbox holds what is
    // left.
    if (!members.empty()) co_await owner.apply_or_defer(room, std::move(members));
    if (closed) co_await owner.close_to_guests_or_defer(room, *closed);
    co_return Result<void>{};
}

RoomWrite::RoomWrite(std::unique_ptr<Work> work) : work_(std::move(work)) {}
RoomWrite::RoomWrite(RoomWrite&&) noexcept = default;
RoomWrite& RoomWrite::operator=(RoomWrite&&) noexcept = default;
RoomWrite::~RoomWrite() = default;

const RoomInfo& RoomWrite::room() const { return *work_->state->info; }
Result<EventPtr> RoomWrite::add(const UserId& sender, Draft draft, const Transaction* transaction) {
    return work_->add(sender, std::move(draft), transaction);
}
Result<EventPtr> RoomWrite::state(std::string_view type, std::string_view key) const {
    return work_->current(type, key);
}
Result<std::vector<StateEntry>> RoomWrite::members() const { return tree_entries(*work_, work_->tip.roots.members); }
Result<std::vector<StateEntry>> RoomWrite::others() const { return tree_entries(*work_, work_->tip.roots.others); }
Result<StoredEventPtr> RoomWrite::event(EventNumber number) const { return work_->event(number); }
const StateRoots& RoomWrite::roots() const { return work_->tip.roots; }
bool RoomWrite::empty() const { return work_->events.empty(); }

Result<Membership> RoomWrite::membership(const UserId& user) const {
    PEYK_TRY(auto member, work_->current("m.room.member", user.view()));
    return member ? membership_in(*member) : Membership::none;
}

Task<Result<void>> RoomWrite::commit() && {
    auto work = std::move(work_);
    co_return co_await work->commit();
}

namespace {
// From version 12 on a room's id is the hash of its create event: no two may be alike, so no two have the same time.
std::int64_t time_of_creation(std::int64_t now) {
    static std::atomic<std::int64_t> last{0};
    auto before = last.load();
    std::int64_t mine;
    do {
        mine = std::max(now, before + 1);
    } while (!last.compare_exchange_weak(before, mine));
    return mine;
}
}  // namespace

Result<EventPtr> make_create_event(const Rooms& rooms, const RoomRules& rules, UserId creator, json::Object content,
                                   std::optional<RoomId> id) {
    EventDraft event{std::move(creator)};
    event.type = "m.room.create";
    event.state_key = "";
    event.content = std::move(content);
    event.origin_server_ts = time_of_creation(rooms.clock_.now().count());
    event.id = new_event_id(rooms, rules);
    if (!rules.room_id_is_create_hash) event.room = std::move(id);
    return build_event(std::move(event), rooms.options_.server, rooms.key_, rules);
}

std::optional<EventId> new_event_id(const Rooms& rooms, const RoomRules& rules) {
    if (rules.event_id_format != EventIdFormat::own) return std::nullopt;
    return EventId::trusted("$" + rooms.random_.alphanumeric(18) + ":" + rooms.options_.server.str());
}

Result<std::string> stripped_state(const RoomStore& store, const RoomInfo& room, const StoredEvent& member) {
    auto membership = membership_in(*member.event);
    if (membership != Membership::invite && membership != Membership::knock) return std::string{};
    constexpr std::string_view kTypes[] = {"m.room.create",    "m.room.join_rules", "m.room.canonical_alias",
                                           "m.room.avatar",    "m.room.name",       "m.room.topic",
                                           "m.room.encryption"};
    json::Writer writer;
    writer.begin_array();
    auto strip = [&](const Event& event) {
        writer.begin_object();
        writer.key("content").value(json::Value(event.content));
        writer.key("sender").string(event.sender.view());
        writer.key("state_key").string(*event.state_key);
        writer.key("type").string(event.type);
        writer.end_object();
    };
    for (auto type : kTypes) {
        PEYK_TRY(auto found, store.state(room, member.after, type));
        if (found) strip(*found->event);
    }
    // The inviter, so that a client can show who it was.
    PEYK_TRY(auto inviter, store.state(room, member.after, "m.room.member", member.event->sender.view()));
    if (inviter && inviter->event->state_key != member.event->state_key) strip(*inviter->event);
    strip(*member.event);
    writer.end_array();
    return writer.take();
}

}  // namespace peyk::rooms
