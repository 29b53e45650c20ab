// Joining, leaving, inviting, kicking, banning, knocking, forgetting; the list of joined rooms.
// Spec: Client-Server API › Room membership.

#include "client_api/rooms/access.h"

namespace peyk::client_api {
namespace {

using Action = Task<Result<void>> (rooms::MembershipActions::*)(UserId, RoomId, UserId,
                                                                rooms::MembershipActions::Extra);

Result<rooms::MembershipActions::Extra> extra_of(const Call& call) {
    rooms::MembershipActions::Extra extra;
    PEYK_TRY(extra.reason, call.optional_string("reason"));
    return extra;
}

// NOTSPEC: what a join's body holds besides goes into the member event, as clients could always do it; the same event
// can be sent by PUT state. What the server itself puts there is not theirs to say.
json::Object content_of(const Call& call) {
    constexpr std::string_view kOwn[] = {
        "membership", "displayname",        "avatar_url",         "is_direct",
        "reason",     "third_party_invite", "third_party_signed", "join_authorised_via_users_server"};
    auto content = call.body;
    for (auto key : kOwn) content.erase(key);
    return content;
}

// The proof of an invitation by e-mail; null: none is given. Errors: M_BAD_JSON; M_FORBIDDEN where that is switched
// off.
Result<const json::Object*> third_party_proof(const RoomServices& services, const Call& call, std::string_view key) {
    PEYK_TRY(const auto* given, call.optional_object(key));
    if (!given) return nullptr;
    json::Value value(*given);
    for (auto part : {"mxid", "sender", "token"}) {
        if (!value.get_string(part)) return m::bad_json(fmt::format("'{}.{}' must be a string", key, part));
    }
    const auto* signatures = value.get_object("signatures");
    if (!signatures) return m::bad_json(fmt::format("'{}.signatures' must be an object", key));
    for (const auto& [server, keys] : *signatures) {
        if (!keys.object()) return m::bad_json(fmt::format("'{}.signatures' must hold objects", key));
        for (const auto& [id, signature] : *keys.object()) {
            if (!signature.string()) return m::bad_json(fmt::format("'{}.signatures' must hold strings", key));
        }
    }
    if (services.third_party) return given;
    return fail(
        Error{Errc::unsupported, "Invitations by e-mail or telephone are switched off on this server", "M_FORBIDDEN"});
}

// A room that does not exist here could only be reached over federation.
Result<void> need_known(const RoomServices& services, const RoomId& room) {
    PEYK_TRY(auto info, services.store.find(room));
    if (!info) return m::not_found("This server does not know the room");
    return {};
}

class Join {
public:
    static constexpr Route kRoutes[] = {
        {Method::post, "/_matrix/client/v3/join/{roomIdOrAlias}", Auth::user, Body::optional, RateClass::join},
        {Method::post, "/_matrix/client/v3/rooms/{roomIdOrAlias}/join", Auth::user, Body::optional, RateClass::join}};
    explicit Join(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(users::check_active(call.who()));
        PEYK_CO_TRY(auto room, co_await room_of(services_, call.text("roomIdOrAlias")));
        PEYK_CO_TRY(auto extra, extra_of(call));
        extra.more = content_of(call);
        PEYK_CO_TRY(const auto* proof, third_party_proof(services_, call, "third_party_signed"));
        PEYK_CO_CHECK(need_known(services_, room));
        if (proof) {
            auto given = *proof;
            PEYK_CO_CHECK(co_await services_.third_party->exchange(room, call.who().user, std::move(given)));
        }
        PEYK_CO_CHECK(co_await services_.actions.join(call.who().user, room, std::move(extra)));
        co_return Reply::of({{"room_id", room.str()}});
    }

private:
    RoomServices services_;
};

class Knock {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/knock/{roomIdOrAlias}", Auth::user, Body::optional,
                                  RateClass::join};
    explicit Knock(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(users::check_active(call.who()));
        PEYK_CO_TRY(auto room, co_await room_of(services_, call.text("roomIdOrAlias")));
        PEYK_CO_TRY(auto extra, extra_of(call));
        PEYK_CO_CHECK(need_known(services_, room));
        PEYK_CO_CHECK(co_await services_.actions.knock(call.who().user, room, std::move(extra)));
        co_return Reply::of({{"room_id", room.str()}});
    }

private:
    RoomServices services_;
};

class Leave {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/rooms/{roomId}/leave", Auth::user, Body::optional,
                                  RateClass::general};
    explicit Leave(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto extra, extra_of(call));
        PEYK_CO_CHECK(need_known(services_, room));
        PEYK_CO_CHECK(co_await services_.actions.leave(call.who().user, std::move(room), std::move(extra)));
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

class Forget {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/rooms/{roomId}/forget", Auth::user, Body::optional,
                                  RateClass::general};
    explicit Forget(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_CHECK(co_await services_.actions.forget(call.who().user, std::move(room)));
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

// What one member does to another.
class ActOnMember {
public:
    ActOnMember(const RoomServices& services, Action action) : services_(services), action_(action) {}
    Task<Result<http::Response>> run(Call call) {
        PEYK_CO_CHECK(users::check_active(call.who()));
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto extra, extra_of(call));
        if (call.body.contains("medium") || call.body.contains("address")) {
            if (services_.third_party && action_ == &rooms::MembershipActions::invite) {
                PEYK_CO_TRY(auto address, address_of(json::Value(call.body)));
                auto inviting = services_.third_party->invite(call.who().user, std::move(room), std::move(address),
                                                              std::move(extra));
                PEYK_CO_CHECK(co_await std::move(inviting));
                co_return http::Response::json(200, "{}");
            }
            co_return fail(Error{Errc::unsupported,
                                 "Invitations by e-mail or telephone are switched off on this server", "M_FORBIDDEN"});
        }
        PEYK_CO_TRY(auto text, call.need_string("user_id"));
        PEYK_CO_TRY(auto target, UserId::parse(text));
        PEYK_CO_CHECK(need_known(services_, room));
        if (services_.bridged) PEYK_CO_CHECK(co_await services_.bridged->ask_for(target));
        PEYK_CO_CHECK(co_await (services_.actions.*action_)(call.who().user, std::move(room), std::move(target),
                                                            std::move(extra)));
        co_return http::Response::json(200, "{}");
    }

private:
    RoomServices services_;
    Action action_;
};

class JoinedRooms {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/joined_rooms"};
    explicit JoinedRooms(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto rows, services_.memberships.of(call.who().user_number));
        json::Array joined;
        for (const auto& row : *rows) {
            if (row.membership == rooms::Membership::join) joined.push_back(row.room.str());
        }
        co_return Reply::of({{"joined_rooms", std::move(joined)}});
    }

private:
    RoomServices services_;
};

void add_action(Api& api, const RoomServices& services, std::string_view path, RateClass rate, Action action) {
    auto endpoint = std::make_shared<ActOnMember>(services, action);
    Route route{Method::post, path, Auth::user, Body::object, rate};
    api.add(route, [endpoint](Call call) { return endpoint->run(std::move(call)); });
}

}  // namespace

void add_membership_endpoints(Api& api, const RoomServices& services) {
    using Actions = rooms::MembershipActions;
    api.add<Join>(services);
    api.add<Knock>(services);
    api.add<Leave>(services);
    api.add<Forget>(services);
    api.add<JoinedRooms>(services);
    add_action(api, services, "/_matrix/client/v3/rooms/{roomId}/invite", RateClass::invite, &Actions::invite);
    add_action(api, services, "/_matrix/client/v3/rooms/{roomId}/kick", RateClass::general, &Actions::kick);
    add_action(api, services, "/_matrix/client/v3/rooms/{roomId}/ban", RateClass::general, &Actions::ban);
    add_action(api, services, "/_matrix/client/v3/rooms/{roomId}/unban", RateClass::general, &Actions::unban);
}

}  // namespace peyk::client_api
