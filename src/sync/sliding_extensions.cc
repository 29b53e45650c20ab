#include "sync/sliding_extensions.h"

#include <algorithm>

namespace peyk::sync {
namespace {

using rooms::Membership;

bool names(const std::optional<std::vector<std::string>>& wanted, std::string_view name) {
    if (!wanted) return true;
    return std::any_of(wanted->begin(), wanted->end(), [&](const auto& one) { return one == "*" || one == name; });
}

bool covers(const ExtensionRequest& extension, const ScopedRoom& room) {
    if (!extension.enabled) return false;
    if (room.subscribed && names(extension.rooms, room.room.row->room.view())) return true;
    return std::any_of(room.lists.begin(), room.lists.end(),
                       [&](std::string_view list) { return names(extension.lists, list); });
}

bool is_in(const SlidingExtensions::Room& room) {
    return room.scoped->room.row->membership == Membership::join && !room.ended;
}

void add(std::string& out, std::string_view name, const std::string& object) {
    if (!out.empty()) out += ',';
    json::write_string(out, name);
    out += ':';
    out += object;
}

}  // namespace

Result<SlidingExtensions::Output> SlidingExtensions::write(const Input& input) const {
    Output out;
    PEYK_CHECK(to_device(input, out));
    PEYK_CHECK(e2ee(input, out));
    PEYK_CHECK(account_data(input, out));
    PEYK_CHECK(receipts(input, out));
    PEYK_CHECK(typing(input, out));
    return out;
}

Result<void> SlidingExtensions::to_device(const Input& input, Output& out) const {
    const auto& request = input.request;
    if (!request.to_device.enabled) return {};
    auto user = input.window.reader.number;
    storage::Position since = 0;
    if (request.to_device_since) {
        PEYK_TRY(auto token, tokens_.decode(*request.to_device_since, user, request.device));
        since = token ? token->to_device : 0;
    }
    PEYK_TRY(auto messages,
             encryption_.inbox(request.user, request.device, since, input.window.to, request.to_device_limit));
    StreamToken next;
    next.position = next.to_device =
        messages.size() >= request.to_device_limit && !messages.empty() ? messages.back().position : input.window.to;
    json::Writer writer;
    writer.begin_object().key("next_batch").string(tokens_.encode(next, user, request.device));
    writer.key("events").begin_array();
    for (const auto& message : messages) writer.raw(message.json);
    writer.end_array().end_object();
    out.news = out.news || !messages.empty();
    add(out.json, "to_device", writer.text());
    return {};
}

Result<void> SlidingExtensions::e2ee(const Input& input, Output& out) const {
    const auto& request = input.request;
    if (!request.e2ee.enabled) return {};
    std::string members;
    if (!input.window.first) {
        PEYK_TRY(auto lists, device_lists_.read(request.user, input.rows, input.window.from, input.window.to));
        if (!lists.changed.empty() || !lists.left.empty()) {
            out.news = true;
            members = "\"device_lists\":" + device_lists_json(lists) + ',';
        }
    }
    PEYK_TRY(auto counts, key_counts(encryption_, request.user, request.device));
    add(out.json, "e2ee", '{' + members + counts + '}');
    return {};
}

// What changed for rooms that were told of before; everything for those that were not.
Result<void> SlidingExtensions::account_data(const Input& input, Output& out) const {
    const auto& extension = input.request.account_data;
    if (!extension.enabled) return {};  // the flags are gone: when it comes back, everything is sent
    auto user = input.window.reader.number;
    bool global_known = !input.window.first && (input.old_flags & ConnectionState::account_data);
    out.flags |= ConnectionState::account_data;
    std::vector<AccountDataItem> changes, everything;
    if (!input.window.first) {
        PEYK_TRY(changes, account_data_.changes(user, input.window.from, input.window.to));
    }
    auto known = [&](const auto& room) {
        return !room.initial && room.known.record && (room.known.record->flags & RoomRecord::account_data) &&
               room.known.record->behind == 0;
    };
    bool need_all = !global_known;
    for (auto& [number, room] : input.rooms) {
        if (!covers(extension, *room.scoped)) continue;
        room.record.flags |= RoomRecord::account_data;
        need_all = need_all || !known(room);
    }
    if (need_all) {
        PEYK_TRY(everything, account_data_.snapshot(user));
    }
    std::string global;
    std::map<RoomId, std::string> rooms;
    auto take = [&](const std::vector<AccountDataItem>& items, bool of_known) {
        for (const auto& item : items) {
            std::string* into = nullptr;
            if (!item.room) {
                if (of_known == global_known) into = &global;
            } else if (auto found = input.rooms.find(store_.number(*item.room)); found != input.rooms.end()) {
                if (covers(extension, *found->second.scoped) && known(found->second) == of_known)
                    into = &rooms.try_emplace(*item.room).first->second;
            }
            if (!into) continue;
            if (!into->empty()) *into += ',';
            append_item(*into, item);
        }
    };
    take(changes, true);
    take(everything, false);
    for (const auto& item : changes) {
        if (item.room) out.changed_data.insert(store_.number(*item.room));
    }
    if (global.empty() && rooms.empty()) return {};
    out.news = true;
    std::string json = "{\"global\":[" + global + "],\"rooms\":{";
    bool first = true;
    for (const auto& [room, items] : rooms) {
        if (!std::exchange(first, false)) json += ',';
        json::write_string(json, room.view());
        json += ":[" + items + ']';
    }
    add(out.json, "account_data", json + "}}");
    return {};
}

Result<std::string> SlidingExtensions::receipts_of(const Input& input, const Room& room) const {
    auto number = room.scoped->room.row->number;
    const auto& me = input.window.reader.user;
    rooms::ReceiptLimit limit{input.window.reader.number, kReceiptsTold};
    bool known = !room.initial && room.known.record && (room.known.record->flags & RoomRecord::receipts);
    if (known) {
        const auto& facts = room.scoped->room.facts;
        if (facts && facts->newest <= room.known.position) return std::string{};
        PEYK_TRY(auto changes, stream_.changes(number, room.known.position, input.window.to, limit));
        return receipts_event(changes.receipts, me);
    }
    PEYK_TRY(auto all, stream_.receipts(number, limit));
    // Of a room that comes whole: the user's own, and those at events that come with it.
    if (room.initial) {
        std::erase_if(all, [&](const auto& receipt) {
            return receipt.user != me &&
                   std::find(room.timeline.begin(), room.timeline.end(), receipt.event) == room.timeline.end();
        });
    }
    return receipts_event(all, me);
}

Result<void> SlidingExtensions::receipts(const Input& input, Output& out) const {
    std::string rooms;
    for (auto& [number, room] : input.rooms) {
        const auto& row = *room.scoped->room.row;
        if (!is_in(room) || !covers(input.request.receipts, *room.scoped)) continue;
        PEYK_TRY(auto event, receipts_of(input, room));
        room.record.flags |= RoomRecord::receipts;
        if (!event.empty()) add(rooms, row.room.view(), event);
    }
    if (rooms.empty()) return {};
    out.news = true;
    add(out.json, "receipts", "{\"rooms\":{" + rooms + "}}");
    return {};
}

Result<void> SlidingExtensions::typing(const Input& input, Output& out) const {
    std::string rooms;
    bool same_process = input.token && input.token->process == input.process;
    for (const auto& [number, room] : input.rooms) {
        const auto& row = *room.scoped->room.row;
        if (!is_in(room) || !covers(input.request.typing, *room.scoped)) continue;
        auto list = typing_.list(number);
        bool known = same_process && !room.initial && room.known.record && room.known.record->behind == 0;
        bool changed = known ? list.changed > input.token->typing : !list.users.empty();
        if (changed) add(rooms, row.room.view(), typing_event(list.users));
    }
    if (rooms.empty()) return {};
    out.news = true;
    add(out.json, "typing", "{\"rooms\":{" + rooms + "}}");
    return {};
}

}  // namespace peyk::sync
