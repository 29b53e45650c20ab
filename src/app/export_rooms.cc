// The rooms of an export: what the user is and was in them, and what they said there.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <set>

#include "app/export_stream.h"
#include "base/bytes.h"
#include "rooms/events/client_event.h"
#include "rooms/tables.h"

namespace peyk::app {
namespace {

constexpr std::size_t kPage = 500;
constexpr std::size_t kReadAtOnce = 400;    // events of a room, whoever sent them
constexpr std::size_t kEventsInFile = 500;  // of the user
constexpr std::size_t kMostBytes = 1 << 20;

std::string time_text(std::int64_t ms) {
    if (ms < 0 || ms / 1000 > 253'402'300'799) return "?";
    return fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

// What an event says in one line, for people.
std::string line_of(const json::Value& event) {
    const auto* content = event.get("content");
    auto type = std::string(event.get_string("type").value_or("?"));
    if (!content || !content->object() || content->object()->empty()) return type;
    if (type == "m.room.encrypted") return "(encrypted)";
    for (std::string_view key : {"body", "membership", "name", "topic"}) {
        if (auto text = content->get_string(key)) return std::string(*text);
    }
    if (const auto* relates = content->get("m.relates_to")) {
        if (auto key = relates->get_string("key")) return std::string(*key);
    }
    return type;
}

}  // namespace

struct ExportStream::SeenRooms {
    std::set<rooms::RoomNumber> rooms;
    std::size_t count = 0;  // also those without a row
};

struct ExportStream::Room {
    rooms::RoomInfoPtr info;
    std::size_t ordinal = 0;
    std::string name;
    json::Object row;
    std::optional<rooms::RoomMembership> membership;
    rooms::EventNumber at = 0, end = 0;
    std::size_t events = 0, parts = 0;
    json::Array waiting;
    std::size_t bytes = 0;
    pages::Html page;
    std::unique_ptr<rooms::Visibility> visibility;
};

Result<void> ExportStream::rooms() {
    // Two passes of rooms that change meanwhile do not matter, each is read by itself.
    std::vector<std::shared_ptr<Room>> found;
    auto seen = std::make_shared<SeenRooms>();
    std::string from;
    while (true) {
        PEYK_TRY(auto rows, parts_.db.scan(rooms::kMemberships, number_, from, "", kPage));
        for (const auto& entry : rows) {
            PEYK_TRY(auto info, parts_.rooms.find(get_u64be(entry.rest.data())));
            PEYK_TRY(auto row, parts_.memberships.of(number_, get_u64be(entry.rest.data())));
            if (!row) continue;
            auto room = std::make_shared<Room>();
            room->info = std::move(info);
            room->ordinal = found.size() + 1;
            room->row = json::Object{{"room_id", row->room.str()},
                                     {"membership", std::string(rooms::membership_text(row->membership))},
                                     {"forgotten", row->forgotten}};
            if (row->removed) room->row.set("removed", true);
            if (!row->stripped_state.empty() && !row->removed)
                room->row.set("invitation",
                              json::parse(row->stripped_state).value_or(json::Value(row->stripped_state)));
            seen->rooms.insert(row->number);
            room->membership = std::move(row);
            found.push_back(std::move(room));
        }
        if (rows.size() < kPage) break;
        from = rows.back().rest + '\0';
    }
    seen->count = found.size();
    next([this, seen] { return done(forgotten_rooms(seen, {})); });
    for (auto it = found.rbegin(); it != found.rend(); ++it) {
        next([this, room = *it] { return done(begin_room(room)); });
    }
    return {};
}

// Of a room that was forgotten the user has no row any more, but what they said there is still held: the room knows.
Result<void> ExportStream::forgotten_rooms(std::shared_ptr<SeenRooms> seen, std::string from) {
    PEYK_TRY(auto rows, parts_.db.walk(rooms::kRoomInfo, from, kPage));
    std::vector<std::shared_ptr<Room>> found;
    for (const auto& entry : rows) {
        if (seen->rooms.contains(entry.owner)) continue;
        PEYK_TRY(auto info, parts_.rooms.find(entry.owner));
        if (!info) continue;
        PEYK_TRY(auto top, parts_.rooms.top(*info));
        PEYK_TRY(auto membership, parts_.rooms.membership(*info, top.roots, number_));
        if (membership == rooms::Membership::none) continue;
        auto room = std::make_shared<Room>();
        room->ordinal = ++seen->count;
        room->row = json::Object{{"room_id", info->id.str()},
                                 {"membership", std::string(rooms::membership_text(membership))},
                                 {"forgotten", true}};
        room->info = std::move(info);
        found.push_back(std::move(room));
    }
    if (!from.empty()) next([this, seen, from] { return done(forgotten_rooms(seen, from)); });
    for (auto it = found.rbegin(); it != found.rend(); ++it) {
        next([this, room = *it] { return done(begin_room(room)); });
    }
    return {};
}

// What the user may see as the room's state, as GET /rooms/{roomId}/state has it: the present one, the one when they
// left, or none. What a room was called since is not theirs to know.
Result<std::optional<rooms::StateRoots>> ExportStream::shown_state(const rooms::RoomStore& rooms, Room& room,
                                                                   const rooms::StateRoots& now) {
    const auto& row = room.membership;
    if (row && row->membership == rooms::Membership::join) return now;
    PEYK_TRY(auto visibility, room.visibility->visibility_at(now));
    if (visibility == rooms::HistoryVisibility::world_readable) return now;
    if (!row || !row->was_joined || row->forgotten) return std::nullopt;
    PEYK_TRY(auto left, rooms.event(*room.info, row->event));
    if (!left) return std::nullopt;
    return left->after;
}

Result<void> ExportStream::begin_room(std::shared_ptr<Room> room) {
    if (!room->info) {  // an invitation to a room that is not here
        next([this, room] { return done(end_room(room)); });
        return {};
    }
    const auto& info = *room->info;
    PEYK_TRY(auto top, parts_.rooms.top(info));
    room->end = top.number + 1;
    room->visibility = std::make_unique<rooms::Visibility>(parts_.rooms, info, number_, room->membership);
    PEYK_TRY(auto roots, shown_state(parts_.rooms, *room, top.roots));
    if (roots) {
        PEYK_TRY(auto name, parts_.rooms.state(info, *roots, "m.room.name"));
        if (name) {
            json::Value content(name->event->content);
            room->name = std::string(content.get_string("name").value_or(""));
            room->row.set("name", room->name);
        }
    }
    PEYK_TRY(auto receipts, parts_.room_stream.receipts(info.number, {.own = number_, .newest = 0}));
    for (const auto& receipt : receipts) {
        if (receipt.user != user_) continue;
        json::Object row{
            {"room_id", info.id.str()}, {"event_id", receipt.event.str()}, {"type", receipt.type}, {"ts", receipt.ts}};
        if (!receipt.thread.empty()) row.set("thread_id", receipt.thread);
        receipts_.emplace_back(std::move(row));
    }
    PEYK_TRY(auto aliases, parts_.directory.aliases_of(info.id));
    for (const auto& alias : aliases) {
        PEYK_TRY(auto made, parts_.directory.resolve(alias));
        if (made && made->creator == user_)
            aliases_.emplace_back(json::Object{{"alias", alias.str()}, {"room_id", info.id.str()}});
    }
    next([this, room] { return done(room_events(room)); });
    return {};
}

Result<void> ExportStream::room_events(std::shared_ptr<Room> room) {
    const auto& info = *room->info;
    PEYK_TRY(auto run,
             parts_.rooms.run(info, room->at, room->end, kReadAtOnce, kReadAtOnce, storage::Store::Order::forward));
    room->at = run.read == 0 ? room->end : run.next;
    rooms::Reader reader{user_, number_, {}, parts_.clock.now().count()};
    for (const auto& event : run.events) {
        if (event->event->sender != user_) continue;
        std::string text;
        PEYK_CHECK(rooms::write_client_event(text, parts_.rooms, info, *event, reader, *room->visibility,
                                             rooms::RoomIdMember::leave_out, rooms::Bundle::nothing));
        room->bytes += text.size();
        PEYK_TRY(auto value, json::parse(text));
        room->page.raw("<li><time dir=\"ltr\">").text(time_text(value.get_integer("origin_server_ts").value_or(-1)));
        room->page.raw("</time> <bdi>").text(line_of(value)).raw("</bdi></li>\n");
        room->waiting.push_back(std::move(value));
        ++room->events;
    }
    const bool over = room->at >= room->end;
    if (!room->waiting.empty() && (over || room->waiting.size() >= kEventsInFile || room->bytes >= kMostBytes)) {
        ++room->parts;
        json_file(fmt::format("rooms/{}-{}.json", room->ordinal, room->parts),
                  json::Value(std::exchange(room->waiting, {})));
        pages::Html page;
        page.raw("<h1><bdi>")
            .text(room->name.empty() ? info.id.view() : std::string_view(room->name))
            .raw("</bdi></h1>");
        page.raw("<p><a href=\"../index.html\">index</a> <code dir=\"ltr\">")
            .text(info.id.view())
            .raw("</code></p><ol>");
        page.append(std::exchange(room->page, {})).raw("</ol>");
        page.raw("<p><a href=\"").text(fmt::format("{}-{}.json", room->ordinal, room->parts)).raw("\">JSON</a>");
        if (!over)
            page.raw(" <a href=\"")
                .text(fmt::format("{}-{}.html", room->ordinal, room->parts + 1))
                .raw("\">&gt;&gt;</a>");
        page.raw("</p>");
        zip_.file(out_, fmt::format("rooms/{}-{}.html", room->ordinal, room->parts), export_page(info.id.view(), page));
        room->bytes = 0;
    }
    if (over) {
        next([this, room] { return done(end_room(room)); });
    } else {
        next([this, room] { return done(room_events(room)); });
    }
    return {};
}

Result<void> ExportStream::end_room(std::shared_ptr<Room> room) {
    room->row.set("own_events", room->events);
    const auto* id = room->row.find("room_id");
    auto text = room->name.empty() && id && id->string() ? *id->string() : room->name;
    room_list_.raw("<tr><td><bdi>").text(text).raw("</bdi></td><td>");
    const auto* membership = room->row.find("membership");
    room_list_.text(membership && membership->string() ? *membership->string() : std::string()).raw("</td><td>");
    if (room->parts > 0) {
        auto page = fmt::format("rooms/{}-1.html", room->ordinal);
        room->row.set("events", fmt::format("rooms/{}-1.json", room->ordinal));
        room_list_.raw("<a href=\"").text(page).raw("\">").text(std::to_string(room->events)).raw("</a>");
    } else {
        room_list_.text("0");
    }
    room_list_.raw("</td></tr>");
    rooms_.emplace_back(std::move(room->row));
    return {};
}

}  // namespace peyk::app
