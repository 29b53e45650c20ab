// What a service is told beside events: receipts, typing, presence and to-device messages. Spec: Application Service
// API › Pushing ephemeral data; MSC4203.

#include <algorithm>

#include "appservices/queue.h"

namespace peyk::appservices {
namespace {

constexpr std::size_t kReceiptsInOne = 50;       // of one item
constexpr std::size_t kMaxForeign = 100'000;     // numbers remembered
constexpr std::size_t kMaxTypingRooms = 10'000;  // the same

}  // namespace

void Queue::typing_changed(rooms::RoomNumber room) {
    std::lock_guard lock(mutex_);
    typing_.insert(room);
}

bool Queue::inbox_changed(rooms::UserNumber user) {
    std::lock_guard lock(mutex_);
    if (foreign_.contains(user)) return false;
    inboxes_.insert(user);
    return true;
}

// Ephemeral data follows the events that it is about, so it waits until they are all collected.
Result<void> Queue::collect_ephemeral(storage::Position to, Transaction& into) {
    if (row_.events.position < to) return {};
    PEYK_CHECK(collect_receipts(to, into));
    PEYK_CHECK(collect_typing(into));
    if (parts_.presence) PEYK_CHECK(collect_presence(into));
    return parts_.inboxes ? collect_inboxes(to, into) : Result<void>{};
}

Result<void> Queue::collect_receipts(storage::Position to, Transaction& into) {
    for (auto at = receipts_.begin(); at != receipts_.end();) {
        PEYK_TRY(auto room, parts_.store.find(at->first));
        PEYK_TRY(bool all, !room ? Result<bool>(true) : add_receipts(*room, at->second, to, into));
        if (!all) return {};  // the next transaction goes on with this room
        // Somebody may be writing: then the room is looked at again, from here on.
        if (parts_.activity.is_newer(at->first, to)) {
            at->second = to;
            ++at;
        } else {
            at = receipts_.erase(at);
        }
    }
    row_.receipts = to;
    return {};
}

// False: there was no room for all of them, and none was added.
Result<bool> Queue::add_receipts(const rooms::RoomInfo& room, storage::Position from, storage::Position to,
                                 Transaction& into) {
    PEYK_TRY(auto changes, parts_.stream.changes(room.number, from, to));
    if (changes.receipts.empty()) return true;
    PEYK_TRY(bool wanted, interest_.in(room));
    if (!wanted) return true;
    std::string items;
    std::size_t count = 0;
    for (std::size_t at = 0; at < changes.receipts.size();) {
        json::Object content;
        for (std::size_t in_one = 0; at < changes.receipts.size() && in_one < kReceiptsInOne; ++at) {
            const auto& receipt = changes.receipts[at];
            // Spec: private receipts are for the service's own users only.
            if (receipt.type == "m.read.private" && !parts_.registry.owns(service_, receipt.user)) continue;
            json::Object mark{{"ts", receipt.ts}};
            if (!receipt.thread.empty()) mark.set("thread_id", receipt.thread);
            auto* by_event = content.find(receipt.event.view());
            json::Object types = by_event ? *by_event->object() : json::Object{};
            auto* by_type = types.find(receipt.type);
            json::Object users = by_type ? *by_type->object() : json::Object{};
            users.set(receipt.user.str(), std::move(mark));
            types.set(receipt.type, std::move(users));
            content.set(receipt.event.str(), std::move(types));
            ++in_one;
        }
        if (content.empty()) continue;
        items += items.empty() ? "" : ",";
        items += json::write(
            json::Object{{"type", "m.receipt"}, {"room_id", room.id.str()}, {"content", std::move(content)}});
        ++count;
    }
    if (count == 0) return true;
    bool fits =
        into.ephemeral_count + count <= kMaxEphemeral && into.ephemeral.size() + items.size() < kMaxEphemeralBytes;
    // More than ever fits at once is of no use to anybody: the newest say what the older ones said.
    if (!fits && into.ephemeral_count > 0) return false;
    if (!fits) return true;
    into.ephemeral += (into.ephemeral.empty() ? "" : ",") + items;
    into.ephemeral_count += count;
    return true;
}

Result<void> Queue::collect_typing(Transaction& into) {
    std::unordered_set<rooms::RoomNumber> changed;
    {
        std::lock_guard lock(mutex_);
        changed.swap(typing_);
    }
    for (auto number : changed) {
        PEYK_TRY(auto room, parts_.store.find(number));
        if (!room) continue;
        PEYK_TRY(bool wanted, interest_.in(*room));
        if (!wanted) continue;
        auto typing = parts_.typing.list(number);
        // Presence wakes by the rooms too: nothing was typed then.
        if (typing_told_[number] == typing.changed) continue;
        json::Array users;
        for (const auto& user : typing.users) users.push_back(user.str());
        auto item = json::write(json::Object{{"type", "m.typing"},
                                             {"room_id", room->id.str()},
                                             {"content", json::Object{{"user_ids", std::move(users)}}}});
        if (into.ephemeral_count >= kMaxEphemeral || into.ephemeral.size() + item.size() > kMaxEphemeralBytes) {
            typing_changed(number);
            continue;
        }
        if (typing_told_.size() >= kMaxTypingRooms) typing_told_.clear();
        typing_told_[number] = typing.changed;
        into.ephemeral += (into.ephemeral.empty() ? "" : ",") + item;
        ++into.ephemeral_count;
    }
    return {};
}

// Of users of the service, and of those who are in a room that concerns it.
Result<bool> Queue::wants_presence(const UserId& user) {
    if (parts_.registry.owns(service_, user)) return true;
    if (!parts_.memberships) return false;
    PEYK_TRY(auto rows, parts_.memberships->of(parts_.store.number(user)));
    for (const auto& row : *rows) {
        if (row.membership != rooms::Membership::join) continue;
        PEYK_TRY(auto room, parts_.store.find(row.number));
        if (!room) continue;
        PEYK_TRY(bool wanted, interest_.in(*room));
        if (wanted) return true;
    }
    return false;
}

Result<void> Queue::collect_presence(Transaction& into) {
    auto to = parts_.presence->counter();
    if (to == presence_) return {};
    for (const auto& change : parts_.presence->changed(presence_, to)) {
        PEYK_TRY(bool wanted, wants_presence(change.user));
        if (wanted) {
            bool full = into.ephemeral_count >= kMaxEphemeral ||
                        into.ephemeral.size() + change.json.size() > kMaxEphemeralBytes;
            if (full) return {};  // the next transaction goes on here
            into.ephemeral += (into.ephemeral.empty() ? "" : ",") + change.json;
            ++into.ephemeral_count;
        }
        presence_ = change.count;
    }
    presence_ = to;
    return {};
}

// Nobody else reads the messages of these: somebody with a password of their own syncs, and their messages are left to
// that. Spec: MSC4203, when messages are deleted.
bool Queue::keeps(const UserId& user) const {
    return parts_.registry.owns(service_, user) && (user == service_.sender || parts_.registry.is_taken(user, nullptr));
}

Result<void> Queue::collect_inboxes(storage::Position to, Transaction& into) {
    std::unordered_set<rooms::UserNumber> changed;
    {
        std::lock_guard lock(mutex_);
        changed.swap(inboxes_);
    }
    std::size_t count = 0, bytes = 0;
    for (auto number : changed) {
        PEYK_TRY(auto user, parts_.inboxes->user(number));
        if (!user) continue;
        if (!keeps(*user)) {
            std::lock_guard lock(mutex_);
            if (foreign_.size() >= kMaxForeign) foreign_.clear();
            foreign_.insert(number);
            continue;
        }
        PEYK_TRY(bool all, add_inbox(*user, to, into, count, bytes));
        if (!all) (void)inbox_changed(number);
    }
    return {};
}

// False: some have to wait for the next transaction.
Result<bool> Queue::add_inbox(const UserId& user, storage::Position to, Transaction& into, std::size_t& count,
                              std::size_t& bytes) const {
    PEYK_TRY(auto devices, parts_.inboxes->devices(user));
    for (const auto& device : devices) {
        if (count >= kMaxToDevice || into.to_device.size() >= kMaxInboxes) return false;
        PEYK_TRY(auto messages, parts_.inboxes->messages(user, device, to, kMaxToDevice - count));
        storage::Position last = 0;
        for (const auto& message : messages) {
            if (bytes > 0 && bytes + message.json.size() > kMaxToDeviceBytes) break;
            bytes += message.json.size();
            ++count;
            last = message.position;
        }
        if (last) into.to_device.push_back({user.str(), device.str(), last});
        // As many as were asked for: there may be more of them.
        if (!messages.empty() && (messages.back().position != last || count >= kMaxToDevice)) return false;
    }
    return true;
}

Result<std::string> Queue::render_to_device(const Transaction& transaction) const {
    std::string out;
    for (const auto& inbox : transaction.to_device) {
        if (!parts_.inboxes) break;
        PEYK_TRY(auto messages, parts_.inboxes->messages(UserId::trusted(inbox.user), DeviceId::trusted(inbox.device),
                                                         inbox.to, kMaxToDevice));
        for (const auto& message : messages) {
            if (!out.empty()) out += ',';
            out.append(message.json, 0, message.json.size() - 1);
            out += ",\"to_user_id\":";
            json::write_string(out, inbox.user);
            out += ",\"to_device_id\":";
            json::write_string(out, inbox.device);
            out += '}';
        }
    }
    return out;
}

Task<Result<void>> Queue::empty_inboxes() {
    for (const auto& inbox : row_.pending->to_device) {
        if (!parts_.inboxes) break;
        auto user = UserId::trusted(inbox.user);
        auto device = DeviceId::trusted(inbox.device);
        PEYK_CO_CHECK(co_await parts_.inboxes->taken(std::move(user), std::move(device), inbox.to));
    }
    co_return Result<void>{};
}

}  // namespace peyk::appservices
