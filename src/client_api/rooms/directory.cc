// Aliases, and which rooms are published. Spec: Client-Server API › Room aliases; Listing rooms.

#include "client_api/rooms/access.h"
#include "rooms/auth/power_levels.h"

namespace peyk::client_api {
namespace {

Result<rooms::PowerLevels> power_of(const RoomServices& services, const RoomAccess& access) {
    PEYK_TRY(auto power, services.store.state(*access.room, access.roots, "m.room.power_levels"));
    PEYK_TRY(auto create, services.store.state(*access.room, access.roots, "m.room.create"));
    return rooms::PowerLevels(power ? power->event : nullptr, create ? create->event : nullptr, *access.room->rules);
}

bool may_alias(const rooms::PowerLevels& power, const UserId& user) {
    return power.user_level(user.view()) >=
           power.event_level("m.room.canonical_alias", rooms::PowerLevels::EventKind::state);
}

class GetAlias {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/directory/room/{roomAlias}", Auth::none};
    explicit GetAlias(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto alias, call.id<RoomAlias>("roomAlias"));
        PEYK_CO_TRY(auto row, services_.directory.resolve(alias));
        if (!row && services_.bridged) {
            PEYK_CO_CHECK(co_await services_.bridged->ask_for(alias));
            PEYK_CO_TRY(row, services_.directory.resolve(alias));
        }
        if (!row) co_return m::not_found("There is no such alias");
        json::Array servers;
        servers.push_back(services_.rooms.server().str());
        co_return Reply::of({{"room_id", row->room.str()}, {"servers", std::move(servers)}});
    }

private:
    RoomServices services_;
};

class PutAlias {
public:
    static constexpr Route kRoute{Method::put, "/_matrix/client/v3/directory/room/{roomAlias}", Auth::user,
                                  Body::object, RateClass::general};
    explicit PutAlias(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto alias, call.id<RoomAlias>("roomAlias"));
        if (alias.server() != services_.rooms.server().view())
            co_return m::invalid_param("The alias belongs to another server");
        PEYK_CO_TRY(auto text, call.need_string("room_id"));
        PEYK_CO_TRY(auto room, RoomId::parse(text));
        PEYK_CO_CHECK(may_make_alias(services_, call.who(), alias));
        // A service has full control over its own aliases, in whatever room.
        if (!call.who().is_service()) PEYK_CO_CHECK(open_joined_room(services_, call.who(), room));
        PEYK_CO_TRY(auto known, services_.store.find(room));
        if (!known) co_return m::not_found("This server does not know the room");
        PEYK_CO_CHECK(co_await services_.directory.add_alias(std::move(alias), std::move(room), call.who().user));
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

class DeleteAlias {
public:
    static constexpr Route kRoute{Method::del, "/_matrix/client/v3/directory/room/{roomAlias}", Auth::user, Body::none,
                                  RateClass::general};
    explicit DeleteAlias(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto alias, call.id<RoomAlias>("roomAlias"));
        PEYK_CO_TRY(auto row, services_.directory.resolve(alias));
        if (!row) co_return m::not_found("There is no such alias");
        if (services_.bridged && services_.bridged->is_taken(alias, call.who().service))
            co_return m::exclusive("This alias belongs to an application service");
        bool own = call.who().is_service() && services_.bridged && services_.bridged->owns(call.who().service, alias);
        if (row->creator != call.who().user && !call.who().admin && !own) {
            auto access = open_joined_room(services_, call.who(), row->room);
            if (!access)
                co_return m::forbidden("Only who made the alias, or who may set the room's aliases, can remove it");
            PEYK_CO_TRY(auto power, power_of(services_, *access));
            if (!may_alias(power, call.who().user))
                co_return m::forbidden("Only who made the alias, or who may set the room's aliases, can remove it");
        }
        PEYK_CO_CHECK(co_await services_.directory.remove_alias(alias));
        PEYK_CO_CHECK(co_await drop_canonical(call.who().user, row->room, alias));
        co_return Reply::empty();
    }

private:
    // A canonical alias that exists no more is taken out of the room's state, if the user may.
    Task<Result<void>> drop_canonical(UserId user, RoomId room, RoomAlias alias) {
        PEYK_CO_TRY(auto write, co_await services_.rooms.enter(std::move(room)));
        PEYK_CO_TRY(auto current, write.state("m.room.canonical_alias"));
        if (!current) co_return Result<void>{};
        auto content = current->content;
        if (const auto* main = content.find("alias"); main && main->string() && *main->string() == alias.str())
            content.erase("alias");
        if (auto* more = content.find("alt_aliases"); more && more->array())
            std::erase_if(*more->array(), [&](const auto& item) { return item == json::Value(alias.str()); });
        if (content == current->content) co_return Result<void>{};
        rooms::Draft draft{"m.room.canonical_alias", "", std::move(content)};
        if (write.add(user, std::move(draft))) co_return co_await std::move(write).commit();
        co_return Result<void>{};
    }

    RoomServices services_;
};

class RoomAliases {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/rooms/{roomId}/aliases"};
    explicit RoomAliases(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
        PEYK_CO_CHECK(check_present(access));
        PEYK_CO_TRY(auto aliases, services_.directory.aliases_of(room));
        json::Array list;
        for (const auto& alias : aliases) list.push_back(alias.str());
        co_return Reply::of({{"aliases", std::move(list)}});
    }

private:
    // The list is that of today: for members, and for everybody where today is for everybody to see.
    Result<void> check_present(RoomAccess& access) const {
        if (access.joined()) return {};
        PEYK_TRY(auto last, services_.store.last(*access.room));
        if (!last) return {};
        PEYK_TRY(auto visibility, access.visibility.visibility_at(last->after));
        if (visibility == rooms::HistoryVisibility::world_readable) return {};
        return m::forbidden("You are not in this room");
    }

    RoomServices services_;
};

class GetVisibility {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/directory/list/room/{roomId}", Auth::none};
    explicit GetVisibility(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto info, services_.store.find(room));
        if (!info) co_return m::not_found("This server does not know the room");
        PEYK_CO_TRY(bool published, services_.directory.published(room));
        co_return Reply::of({{"visibility", published ? "public" : "private"}});
    }

private:
    RoomServices services_;
};

class PutVisibility {
public:
    static constexpr Route kRoute{Method::put, "/_matrix/client/v3/directory/list/room/{roomId}", Auth::user,
                                  Body::optional, RateClass::general};
    explicit PutVisibility(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto visibility, call.optional_string("visibility"));
        auto wanted = visibility.value_or("public");
        if (wanted != "public" && wanted != "private")
            co_return m::invalid_param("'visibility' must be public or private");
        PEYK_CO_TRY(auto info, services_.store.find(room));
        if (!info) co_return m::not_found("This server does not know the room");
        PEYK_CO_TRY(auto access, open_joined_room(services_, call.who(), room));
        PEYK_CO_TRY(auto power, power_of(services_, access));
        if (!may_alias(power, call.who().user)) co_return m::forbidden("You may not publish this room");
        PEYK_CO_CHECK(co_await services_.directory.set_published(std::move(room), wanted == "public"));
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

}  // namespace

void add_directory_endpoints(Api& api, const RoomServices& services) {
    api.add<GetAlias>(services);
    api.add<PutAlias>(services);
    api.add<DeleteAlias>(services);
    api.add<RoomAliases>(services);
    api.add<GetVisibility>(services);
    api.add<PutVisibility>(services);
    add_public_rooms_endpoints(api, services);
}

}  // namespace peyk::client_api
