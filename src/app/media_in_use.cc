#include "app/media_in_use.h"

#include "rooms/tables.h"

namespace peyk::app {
namespace {

constexpr std::size_t kPage = 200;
constexpr std::string_view kScheme = "mxc://";

}  // namespace

void each_media_in(const json::Value& value, std::string_view server, const FoundMedia& found) {
    if (const auto* text = value.string()) {
        std::string_view rest(*text);
        if (!rest.starts_with(kScheme)) return;
        rest.remove_prefix(kScheme.size());
        if (rest.starts_with(server) && rest.substr(server.size()).starts_with('/'))
            found(rest.substr(server.size() + 1));
    } else if (const auto* array = value.array()) {
        for (const auto& item : *array) each_media_in(item, server, found);
    } else if (const auto* object = value.object()) {
        for (const auto& [key, inner] : *object) each_media_in(inner, server, found);
    }
}

void MediaInUseHere::note(const json::Value& value) {
    const auto& db = store_.db();
    each_media_in(value, users_.options().server_name, [&](std::string_view id) { named_.insert(db.number(id)); });
}

bool MediaInUseHere::contains(const media::MediaId& id) const { return named_.contains(store_.db().number(id.str())); }

Result<void> MediaInUseHere::refresh(std::stop_token stop) {
    PEYK_CHECK(look_at_rooms(stop));
    PEYK_CHECK(look_at_users(stop));
    // Half a look is no look: what was not seen must not read as unused.
    if (stop.stop_requested()) return fail(Errc::cancelled, "the server stops");
    return {};
}

Result<void> MediaInUseHere::look_at_rooms(std::stop_token stop) {
    std::string next;
    do {
        PEYK_TRY(auto rows, store_.db().walk(rooms::kRoomInfo, next, kPage));
        for (const auto& row : rows) {
            if (stop.stop_requested()) return {};
            PEYK_TRY(auto room, store_.find(row.owner));
            if (room) PEYK_CHECK(look_at(*room));
        }
    } while (!next.empty());
    return {};
}

Result<void> MediaInUseHere::look_at(const rooms::RoomInfo& room) {
    PEYK_TRY(auto last, store_.last(room));
    if (!last) return {};
    auto& seen = seen_[room.number];
    if (seen == last->after) return {};
    PEYK_TRY(auto changes, store_.changes(room, seen, last->after));
    std::vector<rooms::StateEntry> entries;
    for (const auto& change : changes) {
        if (change.after) entries.push_back(*change.after);
    }
    PEYK_TRY(auto events, store_.load(room, entries));
    for (const auto& event : events) note(event->event->content);
    seen = last->after;
    return {};
}

Result<void> MediaInUseHere::look_at_users(std::stop_token stop) {
    std::string next;
    do {
        PEYK_TRY(auto accounts, users_.accounts.page(next, kPage));
        for (const auto& account : accounts) {
            if (stop.stop_requested()) return {};
            if (account->deactivated) continue;
            PEYK_TRY(auto profile, users_.profiles.get(account->id));
            note(profile);
            PEYK_TRY(auto items, users_.account_data.snapshot(account->number));
            for (const auto& item : items) {
                if (!item.content.contains(kScheme)) continue;
                PEYK_TRY(auto content, json::parse(item.content));
                note(content);
            }
        }
    } while (!next.empty());
    return {};
}

}  // namespace peyk::app
