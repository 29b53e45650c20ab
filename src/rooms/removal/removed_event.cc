#include "rooms/removal/removed_event.h"

#include "base/bytes.h"
#include "core/json.h"

namespace peyk::rooms {
namespace {

constexpr std::string_view kReason = "The administrators of this server have removed this room";

struct News {
    std::string sender;
    std::int64_t at = 0;
};

Result<News> news_in(const RoomMembership& row) {
    auto parsed = json::parse(row.removed ? row.stripped_state : "");
    auto sender = parsed ? parsed->get_string("sender") : std::nullopt;
    auto at = parsed ? parsed->get_integer("at") : std::nullopt;
    if (!sender || !at) return fail(Errc::corrupt, "the row of a removed room does not decode");
    return News{std::string(*sender), *at};
}

}  // namespace

std::string removal_news(const UserId& server_user, Millis at) {
    return json::write(json::Object{{"sender", server_user.str()}, {"at", at.count()}});
}

Result<std::int64_t> removed_at(const RoomMembership& row) {
    PEYK_TRY(auto news, news_in(row));
    return news.at;
}

Result<std::string> removed_event(const storage::Db& db, const RoomMembership& row, const UserId& user) {
    PEYK_TRY(auto news, news_in(row));
    std::string name;
    put_bytes(name, row.room.view());
    put_bytes(name, user.view());
    return json::write(
        json::Object{{"type", "m.room.member"},
                     {"state_key", user.str()},
                     {"sender", std::move(news.sender)},
                     {"content", json::Object{{"membership", "leave"}, {"reason", std::string(kReason)}}},
                     {"origin_server_ts", news.at},
                     {"event_id", "$" + base64_encode(db.digest("removed room", name), Base64::url)}});
}

}  // namespace peyk::rooms
