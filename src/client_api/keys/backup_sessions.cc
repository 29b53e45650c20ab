// Sessions in the key backup: PUT, GET and DELETE of all of them, those of a room, and one.

#include "client_api/keys/parts.h"

namespace peyk::client_api {
namespace {

constexpr std::string_view kAll = "/_matrix/client/v3/room_keys/keys";
constexpr std::string_view kRoom = "/_matrix/client/v3/room_keys/keys/{room}";
constexpr std::string_view kSession = "/_matrix/client/v3/room_keys/keys/{room}/{session}";

// About fifteen thousand sessions. Clients send some hundreds at once.
constexpr std::size_t kMostUpload = 10 * 1024 * 1024;
constexpr std::size_t kMostSession = 64 * 1024;

Result<std::string> version_of(const Call& call) {
    auto version = call.request.parameter("version");
    if (!version) return m::missing_param("'version' is missing");
    return std::move(*version);
}

Result<keys::BackupScope> scope_of(const Call& call) {
    keys::BackupScope scope;
    if (call.request.capture("room").empty()) return scope;
    PEYK_TRY(auto room, call.id<RoomId>("room"));
    scope.room = room.str();
    if (auto session = call.text("session"); !session.empty()) scope.session = std::move(session);
    return scope;
}

Reply reply(const keys::BackupTotals& totals) {
    return Reply::of({{"count", totals.count}, {"etag", std::to_string(totals.etag)}});
}

class PutSessions {
public:
    static constexpr std::array kRoutes{Route{.method = Method::put,
                                              .path = kAll,
                                              .body = Body::object,
                                              .rate = RateClass::keys,
                                              .max_body = kMostUpload},
                                        Route{.method = Method::put,
                                              .path = kRoom,
                                              .body = Body::object,
                                              .rate = RateClass::keys,
                                              .max_body = kMostUpload},
                                        Route{.method = Method::put,
                                              .path = kSession,
                                              .body = Body::object,
                                              .rate = RateClass::keys,
                                              .max_body = kMostSession}};
    explicit PutSessions(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto version, version_of(call));
        PEYK_CO_TRY(auto scope, scope_of(call));
        PEYK_CO_TRY(auto sessions, parse(call.body, scope));
        call.body = {};
        auto putting = keys_.backup().put(call.who().user_number, std::move(version), std::move(sessions));
        PEYK_CO_TRY(auto totals, co_await std::move(putting));
        co_return reply(totals);
    }

private:
    using Sessions = std::vector<keys::BackupSession>;

    Result<Sessions> parse(const json::Object& body, const keys::BackupScope& scope) const {
        Sessions sessions;
        if (scope.session) {
            PEYK_CHECK(add_session(sessions, *scope.room, *scope.session, json::Value(body)));
        } else if (scope.room) {
            PEYK_CHECK(add_room(sessions, *scope.room, body));
        } else {
            const auto* rooms = body.find("rooms");
            if (!rooms) return m::missing_param("'rooms' is missing");
            if (!rooms->is_object()) return m::bad_json("'rooms' must be an object");
            for (const auto& [room_text, room] : *rooms->object()) {
                PEYK_TRY(auto id, RoomId::parse(room_text));
                if (!room.is_object()) return m::bad_json("a room must be an object");
                PEYK_CHECK(add_room(sessions, id.str(), *room.object()));
            }
        }
        return sessions;
    }

    Result<void> add_room(Sessions& sessions, const std::string& room, const json::Object& object) const {
        const auto* of_room = object.find("sessions");
        if (!of_room) return m::missing_param("'sessions' is missing");
        if (!of_room->is_object()) return m::bad_json("'sessions' must be an object");
        for (const auto& [session, data] : *of_room->object()) PEYK_CHECK(add_session(sessions, room, session, data));
        return {};
    }

    Result<void> add_session(Sessions& sessions, const std::string& room, const std::string& session,
                             const json::Value& data) const {
        PEYK_TRY(auto one, keys::BackupSession::parse(room, session, data, keys_.limits().backup_session_bytes));
        sessions.push_back(std::move(one));
        return {};
    }

    keys::Keys& keys_;
};

class GetSessions {
public:
    static constexpr std::array kRoutes{Route{.method = Method::get, .path = kAll},
                                        Route{.method = Method::get, .path = kRoom},
                                        Route{.method = Method::get, .path = kSession}};
    explicit GetSessions(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto version, version_of(call));
        PEYK_CO_TRY(auto scope, scope_of(call));
        auto user = call.who().user_number;
        PEYK_CO_TRY(auto text, scope.session ? one(user, version, scope)
                               : scope.room  ? of_room(user, version, scope)
                                             : all(user, version));
        co_return Reply{200, std::move(text)};
    }

private:
    Result<std::string> one(std::uint64_t user, const std::string& version, const keys::BackupScope& scope) const {
        std::string found;
        auto each = [&](const keys::BackupSession& session) { found = session.json; };
        PEYK_CHECK(keys_.backup().read(user, version, scope, each));
        if (found.empty()) return m::not_found("Key not found.");
        return found;
    }

    Result<std::string> of_room(std::uint64_t user, const std::string& version, const keys::BackupScope& scope) const {
        json::Writer writer;
        writer.begin_object().key("sessions").begin_object();
        auto each = [&](const keys::BackupSession& session) { writer.key(session.session).raw(session.json); };
        PEYK_CHECK(keys_.backup().read(user, version, scope, each));
        writer.end_object().end_object();
        return writer.take();
    }

    // The sessions come room by room.
    Result<std::string> all(std::uint64_t user, const std::string& version) const {
        json::Writer writer;
        std::string room;
        writer.begin_object().key("rooms").begin_object();
        auto each = [&](const keys::BackupSession& session) {
            if (session.room != room) {
                if (!room.empty()) writer.end_object().end_object();
                room = session.room;
                writer.key(room).begin_object().key("sessions").begin_object();
            }
            writer.key(session.session).raw(session.json);
        };
        PEYK_CHECK(keys_.backup().read(user, version, {}, each));
        if (!room.empty()) writer.end_object().end_object();
        writer.end_object().end_object();
        return writer.take();
    }

    keys::Keys& keys_;
};

class DeleteSessions {
public:
    static constexpr std::array kRoutes{Route{.method = Method::del, .path = kAll, .rate = RateClass::keys},
                                        Route{.method = Method::del, .path = kRoom, .rate = RateClass::keys},
                                        Route{.method = Method::del, .path = kSession, .rate = RateClass::keys}};
    explicit DeleteSessions(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto version, version_of(call));
        PEYK_CO_TRY(auto scope, scope_of(call));
        auto removing = keys_.backup().remove(call.who().user_number, std::move(version), std::move(scope));
        PEYK_CO_TRY(auto totals, co_await std::move(removing));
        co_return reply(totals);
    }

private:
    keys::Keys& keys_;
};

}  // namespace

void add_backup_session_endpoints(Api& api, keys::Keys& keys) {
    api.add<PutSessions>(keys);
    api.add<GetSessions>(keys);
    api.add<DeleteSessions>(keys);
}

}  // namespace peyk::client_api
