#include "keys/inboxes.h"

#include <algorithm>

#include "base/bytes.h"
#include "keys/rows.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

std::string day_key(std::uint16_t day, std::string_view digest = {}) {
    std::string key;
    put_u16be(key, day);
    return key.append(digest);
}

}  // namespace

std::uint16_t day_of(const Clock& clock) {
    return static_cast<std::uint16_t>(std::chrono::floor<std::chrono::days>(clock.now()).count());
}

// One group of users on its way through their lanes.
struct Inboxes::Delivery {
    std::string source;
    std::string message_id;
    std::uint16_t today;
    std::optional<storage::Change> change = {};   // of the user at hand
    std::optional<std::uint64_t> next_slot = {};  // of the user at hand, once looked up
    std::uint64_t bytes_each = 0;                 // that each device of the user at hand may have
    std::vector<std::pair<std::uint64_t, storage::Db::Pending>> pending = {};

    std::string digest(const storage::Db& db, const DeviceId& device) const {
        std::string text;
        put_bytes(text, source);
        put_bytes(text, message_id);
        put_bytes(text, device.view());
        return db.digest("to-device message", text);
    }
};

Task<Result<void>> Inboxes::deliver(std::string source, std::string message_id, std::vector<Addressed> addressed) {
    Delivery delivery{std::move(source), std::move(message_id), day_of(parts_.clock)};
    for (std::size_t at = 0; at < addressed.size();) {
        auto end = std::min(at + kLanesAtOnce, addressed.size());
        std::vector<Addressed> group(std::make_move_iterator(addressed.begin() + static_cast<std::ptrdiff_t>(at)),
                                     std::make_move_iterator(addressed.begin() + static_cast<std::ptrdiff_t>(end)));
        PEYK_CO_CHECK(co_await deliver_group(delivery, std::move(group)));
        at = end;
    }
    co_return Result<void>{};
}

// All users of the group in one group commit.
Task<Result<void>> Inboxes::deliver_group(Delivery& delivery, std::vector<Addressed> group) {
    std::vector<std::uint64_t> numbers;
    for (const auto& addressed : group) numbers.push_back(parts_.db.number(addressed.user.view()));
    auto guards = co_await parts_.lanes.enter_all(numbers);
    Result<void> outcome;
    for (std::size_t i = 0; i < group.size() && outcome; ++i) {
        outcome = co_await parts_.cleanup.settle(numbers[i]);
        if (outcome) outcome = plan(delivery, group[i]);
    }
    delivery.change.reset();
    for (auto& [number, commit] : delivery.pending) {
        auto position = co_await std::move(commit).wait();
        if (position) {
            parts_.feed.publish({FeedEntry::Kind::user, number, *position});
        } else {
            outcome = fail(std::move(position).error());
        }
    }
    delivery.pending.clear();
    co_return outcome;
}

// Queues what there is of the user's change, and begins the next one.
void Inboxes::next_change(Delivery& delivery, std::uint64_t user_number) {
    auto& db = parts_.db;
    if (delivery.change && !delivery.change->empty())
        delivery.pending.emplace_back(user_number, db.start_commit(std::move(*delivery.change)));
    delivery.change.emplace(db, Owner::user, user_number, db.epoch(Owner::user, user_number));
}

// Inside the user's lane.
Result<void> Inboxes::plan(Delivery& delivery, const Addressed& addressed) {
    auto number = parts_.db.number(addressed.user.view());
    PEYK_TRY(auto devices, ports_.accounts.devices(addressed.user));
    delivery.change.reset();
    delivery.next_slot.reset();
    delivery.bytes_each =
        std::min(limits_.inbox_bytes, limits_.account_inbox_bytes / std::max<std::uint64_t>(1, devices.size()));
    next_change(delivery, number);
    for (const auto& device : devices) {
        auto named = addressed.to_device.find(device.id);
        if (named != addressed.to_device.end()) {
            PEYK_CHECK(put(delivery, number, device.id, named->second));
        } else if (addressed.to_all) {
            PEYK_CHECK(put(delivery, number, device.id, *addressed.to_all));
        }
        if (delivery.change->bytes() + limits_.to_device_message_bytes > kChangeBytes) next_change(delivery, number);
    }
    next_change(delivery, number);
    return {};
}

Result<void> Inboxes::put(Delivery& delivery, std::uint64_t user_number, const DeviceId& device,
                          const std::string& json) {
    auto digest = delivery.digest(parts_.db, device);
    PEYK_TRY(bool repeated, is_repeated(delivery, user_number, digest));
    if (repeated) return {};
    auto number = device_number(parts_.db, device);
    PEYK_TRY(auto state, state_for(delivery, user_number, number));
    PEYK_CHECK(make_room(delivery, user_number, state, json.size()));
    delivery.change->put(kInbox, user_number, state.key(state.next), json);
    delivery.change->put(kDelivered, user_number, day_key(delivery.today, digest), {});
    if (state.next % 16 == 0) PEYK_CHECK(forget_old(delivery, user_number));
    ++state.next;
    state.bytes += json.size();
    delivery.change->put(kInboxStates, user_number, key_of(number), state.encode());
    return {};
}

Result<bool> Inboxes::is_repeated(const Delivery& delivery, std::uint64_t user_number, std::string_view digest) const {
    for (std::uint16_t age : {0, 1}) {
        auto day = static_cast<std::uint16_t>(delivery.today - age);
        PEYK_TRY(auto seen, parts_.db.get(kDelivered, user_number, day_key(day, digest)));
        if (seen) return true;
    }
    return false;
}

// One message in sixteen removes up to sixty-four marks, so that removal keeps ahead.
Result<void> Inboxes::forget_old(Delivery& delivery, std::uint64_t user_number) {
    auto yesterday = static_cast<std::uint16_t>(delivery.today - 1);
    PEYK_TRY(auto old, parts_.db.scan(kDelivered, user_number, {}, day_key(yesterday), 64));
    for (const auto& row : old) delivery.change->del(kDelivered, user_number, row.rest);
    return {};
}

Result<InboxState> Inboxes::state_for(Delivery& delivery, std::uint64_t user_number, std::uint64_t device) {
    PEYK_TRY(auto held, load_inbox_state(parts_.db, user_number, device));
    if (held) return *held;
    // Numbers given out in this change are not in the store yet.
    auto& next = delivery.next_slot;
    if (!next) {
        PEYK_TRY(auto row, parts_.db.get(kInboxSlots, user_number, {}));
        next = row ? ByteReader(row->body).varint() : 0;
    }
    if (*next >= InboxState::kSlots) return fail(Errc::full, "the account has had too many devices");
    InboxState fresh{.slot = (*next)++};
    std::string body;
    put_varint(body, *next);
    delivery.change->put(kInboxSlots, user_number, {}, body);
    return fresh;
}

// Beyond the limits the oldest messages go: of a device that has not come for long, the newest keys matter most.
Result<void> Inboxes::make_room(Delivery& delivery, std::uint64_t user_number, InboxState& state, std::size_t bytes) {
    while (!state.empty() &&
           (state.next - state.first >= limits_.inbox_messages || state.bytes + bytes > delivery.bytes_each)) {
        PEYK_TRY(auto row, parts_.db.get(kInbox, user_number, state.key(state.first)));
        if (row) {
            delivery.change->puncture(kInbox, user_number, state.row(state.first));
            delivery.change->del(kInbox, user_number, state.key(state.first));
            state.bytes -= std::min<std::uint64_t>(state.bytes, row->body.size());
        }
        ++state.first;
    }
    return {};
}

Result<InboxPage> Inboxes::inbox(std::uint64_t user_number, const DeviceId& device, storage::Position from,
                                 storage::Position to, std::size_t limit) const {
    InboxPage page;
    PEYK_TRY(auto state, load_inbox_state(parts_.db, user_number, device_number(parts_.db, device)));
    if (!state || state->empty()) return page;
    limit = std::clamp<std::size_t>(limit, 1, 100);
    auto next = state->key(state->first);
    auto end = state->key(state->next);
    while (true) {
        PEYK_TRY(auto rows, parts_.db.scan(kInbox, user_number, next, end, limit + 1));
        for (auto& row : rows) {
            // Positions rise with the message number.
            if (row.position > to) return page;
            if (row.position <= from || row.gone) continue;
            if (page.messages.size() == limit) {
                page.more = true;
                return page;
            }
            page.messages.push_back({row.position, std::move(row.body)});
        }
        if (rows.size() <= limit) return page;
        next = rows.back().rest + '\0';
    }
}

Result<std::vector<std::uint64_t>> Inboxes::waiting(std::string& next) const {
    constexpr std::size_t kPage = 1000;
    std::vector<std::uint64_t> out;
    PEYK_TRY(auto rows, parts_.db.walk(kInboxStates, next, kPage));
    for (const auto& row : rows) {
        PEYK_TRY(auto state, InboxState::decode(row.entry.body));
        if (!state.empty() && (out.empty() || out.back() != row.owner)) out.push_back(row.owner);
    }
    return out;
}

Task<Result<void>> Inboxes::acknowledge(std::uint64_t user_number, DeviceId device, storage::Position up_to) {
    auto& db = parts_.db;
    auto number = device_number(db, device);
    // Most syncs acknowledge nothing: found out without the lane.
    PEYK_CO_TRY(auto state, load_inbox_state(db, user_number, number));
    if (!state || state->empty()) co_return Result<void>{};
    PEYK_CO_TRY(auto oldest, db.get(kInbox, user_number, state->key(state->first)));
    if (oldest && oldest->position > up_to) co_return Result<void>{};

    auto lane = co_await parts_.lanes.enter(user_number);
    bool more = true;
    while (more) {
        storage::Change change(db, Owner::user, user_number, db.epoch(Owner::user, user_number));
        PEYK_CO_TRY(more, acknowledge_some(change, user_number, number, up_to));
        if (change.empty()) break;
        PEYK_CO_TRY([[maybe_unused]] auto position, co_await db.commit(std::move(change)));
    }
    co_return Result<void>{};
}

// True when there may be more to remove than fits into this change.
Result<bool> Inboxes::acknowledge_some(storage::Change& change, std::uint64_t user_number, std::uint64_t device,
                                       storage::Position up_to) const {
    constexpr std::size_t kPage = 1000;
    PEYK_TRY(auto held, load_inbox_state(parts_.db, user_number, device));
    if (!held || held->empty()) return false;
    auto state = *held;
    PEYK_TRY(auto rows, parts_.db.scan(kInbox, user_number, state.key(state.first), state.key(state.next), kPage));
    std::size_t removed = 0;
    for (const auto& row : rows) {
        if (row.position > up_to) break;
        auto number = get_u64be(row.rest.data());
        change.puncture(kInbox, user_number, number);
        change.del(kInbox, user_number, row.rest);
        state.first = (number & ((std::uint64_t{1} << InboxState::kMessageBits) - 1)) + 1;
        state.bytes -= std::min<std::uint64_t>(state.bytes, row.body.size());
        ++removed;
    }
    if (rows.size() < kPage && removed == rows.size()) {
        state.first = state.next;
        state.bytes = 0;
    }
    if (state != *held) change.put(kInboxStates, user_number, key_of(device), state.encode());
    return removed == kPage;
}

}  // namespace peyk::keys
