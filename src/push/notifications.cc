#include "push/notifications.h"

#include <algorithm>
#include <tuple>

#include "base/bytes.h"
#include "core/errors.h"

namespace peyk::push {

namespace {
constexpr storage::Position kNow = ~storage::Position{0};
}

// An event's place among all events of all rooms.
struct NotificationList::Place {
    storage::Position position;
    RoomNumber room;
    EventNumber number;
    auto operator<=>(const Place&) const = default;
};

// A room, and the newest event in it that notified and was not listed yet.
struct NotificationList::Cursor {
    struct Item {
        EventNumber number;
        bool read;
    };
    RoomKey room;
    EventNumber low, newest;       // the room's events that are looked at
    EventNumber high;              // what is still to be listed lies between `low` and this
    std::vector<Item> found = {};  // the newest first
    std::size_t next = 0;          // in `found`
    bool more = true;              // there may be others below those
    StoredEventPtr event = {};
    bool read = false;
    Place place() const { return {event->position, room.number, event->number}; }
};

// A token names the last event that was listed: nothing that its reader does not know.
Result<std::optional<NotificationList::Place>> NotificationList::place_of(const std::string& token,
                                                                          UserNumber number) const {
    if (token.empty()) return std::nullopt;
    auto bad = [] { return m::invalid_param("'from' is no token of this endpoint"); };
    auto text = base64_decode(token, Base64::url);
    auto space = text ? text->find(' ') : std::string::npos;
    if (space == std::string::npos) return bad();
    auto room = RoomId::parse(std::string_view(*text).substr(0, space));
    auto event = EventId::parse(std::string_view(*text).substr(space + 1));
    if (!room || !event) return bad();
    RoomKey key{*room, db_.number(room->view())};
    PEYK_TRY(auto joined, source_.joined(number, key.number));
    if (!joined) return bad();
    PEYK_TRY(auto stored, source_.event(key, *event));
    if (!stored) return bad();
    return Place{stored->position, key.number, stored->number};
}

// As many as an answer can hold, in one walk. From the room's last event: what is read is known from what comes later.
Result<void> NotificationList::look(const UserId& user, UserNumber number, const Query& query, Cursor& cursor) const {
    cursor.found.clear();
    cursor.next = 0;
    auto take = [&](const UnreadCounts::Notice& notice) {
        if (notice.number >= cursor.high || (query.highlights_only && !notice.highlight)) return true;
        cursor.found.push_back({notice.number, notice.read});
        return cursor.found.size() <= query.limit;
    };
    PEYK_CHECK(counts_.each(user, number, cursor.room, cursor.low, cursor.newest + 1, take));
    cursor.more = cursor.found.size() > query.limit;
    return {};
}

// False when the room has no more.
Result<bool> NotificationList::advance(const UserId& user, UserNumber number, const Query& query,
                                       Cursor& cursor) const {
    for (;;) {
        if (cursor.next == cursor.found.size()) {
            if (!cursor.more) return false;
            PEYK_CHECK(look(user, number, query, cursor));
            if (cursor.found.empty()) return false;
        }
        auto item = cursor.found[cursor.next++];
        cursor.high = item.number;
        cursor.read = item.read;
        PEYK_TRY(auto events, source_.events(cursor.room, item.number, item.number + 1));
        if (events.empty()) continue;
        cursor.event = events.front();
        return true;
    }
}

Result<void> NotificationList::write(std::string& out, const UserId& user, UserNumber number,
                                     const Cursor& cursor) const {
    PEYK_TRY(auto found, counts_.actions(user, number, cursor.room, *cursor.event));
    out += "{\"actions\":" + (found.actions ? found.actions->json : std::string("[]")) + ",\"event\":";
    PEYK_CHECK(source_.write_event(out, cursor.room, *cursor.event, user));
    out += ",\"profile_tag\":\"\",\"read\":";
    out += cursor.read ? "true" : "false";
    out += ",\"room_id\":";
    json::write_string(out, cursor.room.id.view());
    out += ",\"ts\":" + std::to_string(cursor.event->event->origin_server_ts) + '}';
    return {};
}

Result<std::string> NotificationList::list(const UserId& user, UserNumber number, const Query& query) {
    PEYK_TRY(auto start, place_of(query.from, number));
    PEYK_TRY(auto rooms, source_.joined(number));
    auto older = [](const Cursor& a, const Cursor& b) { return a.place() < b.place(); };
    std::vector<Cursor> heap;
    for (auto& joined : rooms) {
        PEYK_TRY(auto newest, source_.last(joined.room, kNow));
        auto high = newest;
        if (start) {
            PEYK_TRY(high, source_.last(joined.room, start->position));
        }
        Cursor cursor{std::move(joined.room), newest > kWindow ? newest - kWindow : 0, newest, high + 1};
        PEYK_TRY(bool more, advance(user, number, query, cursor));
        // Several events can have one position: those that were listed are passed by.
        while (more && start && !(cursor.place() < *start)) {
            PEYK_TRY(more, advance(user, number, query, cursor));
        }
        if (more) heap.push_back(std::move(cursor));
    }
    std::ranges::make_heap(heap, older);
    std::string list, token;
    for (std::size_t count = 0; count < query.limit && !heap.empty(); ++count) {
        std::ranges::pop_heap(heap, older);
        auto& top = heap.back();
        if (!list.empty()) list += ',';
        PEYK_CHECK(write(list, user, number, top));
        token = top.room.id.str() + ' ' + top.event->event->id.str();
        PEYK_TRY(bool more, advance(user, number, query, top));
        if (more) {
            std::ranges::push_heap(heap, older);
        } else {
            heap.pop_back();
        }
    }
    std::string out = "{\"notifications\":[" + list + ']';
    if (!heap.empty() && !token.empty()) out += ",\"next_token\":\"" + base64_encode(token, Base64::url) + '"';
    return out + '}';
}

}  // namespace peyk::push
