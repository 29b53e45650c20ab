#include "client_api/rooms/access.h"

namespace peyk::client_api {

void add_room_endpoints(Api& api, const RoomServices& services) {
    add_creation_endpoints(api, services);
    add_membership_endpoints(api, services);
    add_sending_endpoints(api, services);
    add_state_endpoints(api, services);
    add_history_endpoints(api, services);
    add_relation_endpoints(api, services);
    add_summary_endpoints(api, services);
    add_report_endpoints(api, services);
    add_delayed_endpoints(api, services);
    add_ephemeral_endpoints(api, services);
    add_retention_endpoints(api, services);
    add_directory_endpoints(api, services);
}

Result<RoomAccess> open_room(const RoomServices& services, const users::Caller& caller, const RoomId& id) {
    auto refused = [] { return m::forbidden("You are not in this room, or there is no such room"); };
    PEYK_TRY(auto room, services.store.find(id));
    if (!room) return refused();
    PEYK_TRY(auto row, services.memberships.of(caller.user_number, room->number));
    PEYK_TRY(auto last, services.store.last(*room));
    if (!last) return refused();
    PEYK_TRY(auto ignored, services.account_data.ignored_by(caller.user_number));
    RoomAccess access{room,
                      row,
                      rooms::Visibility(services.store, *room, caller.user_number, row, std::move(ignored)),
                      rooms::reader_for(services.store, caller.user, caller.device, services.clock.now().count()),
                      last->after,
                      last->number + 1};
    if (access.joined()) return access;
    PEYK_TRY(auto visibility, access.visibility.visibility_at(last->after));
    if (visibility == rooms::HistoryVisibility::world_readable) return access;
    if (!row || !row->was_joined || row->forgotten) return refused();
    PEYK_TRY(auto leave, services.store.event(*room, row->event));
    if (!leave) return refused();
    access.roots = leave->after;
    access.end = leave->number + 1;
    return access;
}

Result<RoomAccess> open_joined_room(const RoomServices& services, const users::Caller& caller, const RoomId& id) {
    PEYK_TRY(auto access, open_room(services, caller, id));
    if (!access.joined()) return m::forbidden("You are not in this room");
    return access;
}

Result<rooms::StoredEventPtr> visible_event(const RoomServices& services, RoomAccess& access, const EventId& id) {
    PEYK_TRY(auto event, services.store.event(*access.room, id));
    if (!event || event->number >= access.end) return m::not_found("There is no such event, or you may not see it");
    PEYK_TRY(bool seen, access.visibility.may_see(*event));
    if (!seen) return m::not_found("There is no such event, or you may not see it");
    return event;
}

Result<std::string> event_json(const RoomServices& services, RoomAccess& access, const rooms::StoredEvent& event,
                               rooms::RoomIdMember room_id) {
    std::string out;
    PEYK_CHECK(
        rooms::write_client_event(out, services.store, *access.room, event, access.reader, access.visibility, room_id));
    return out;
}

Result<std::string> events_json(const RoomServices& services, RoomAccess& access,
                                const std::vector<rooms::StoredEventPtr>& events) {
    std::string out = "[";
    for (const auto& event : events) {
        if (out.size() > 1) out += ',';
        PEYK_CHECK(rooms::write_client_event(out, services.store, *access.room, *event, access.reader,
                                             access.visibility, rooms::RoomIdMember::include));
    }
    return out + "]";
}

Result<rooms::EventNumber> boundary_of(const RoomServices& services, const Call& call, const rooms::RoomInfo& room,
                                       const std::string& token) {
    if (!sync::Tokens::is_stream(token)) return services.tokens.decode(token, room.number, call.who().user_number);
    PEYK_TRY(auto position, services.tokens.position(token, call.who().user_number, call.who().device));
    if (!position) return ~rooms::EventNumber{0};
    PEYK_TRY(auto last, services.store.last(room, *position));
    return last ? last->number + 1 : 1;
}

Task<Result<RoomId>> room_of(const RoomServices& services, std::string text) {
    if (!text.starts_with('#')) co_return RoomId::parse(text);
    PEYK_CO_TRY(auto alias, RoomAlias::parse(text));
    PEYK_CO_TRY(auto row, services.directory.resolve(alias));
    if (!row && services.bridged) {
        PEYK_CO_CHECK(co_await services.bridged->ask_for(alias));
        PEYK_CO_TRY(row, services.directory.resolve(alias));
    }
    if (!row) co_return m::not_found("There is no such alias");
    co_return row->room;
}

Result<rooms::ThirdPartyAddress> address_of(const json::Value& given) {
    rooms::ThirdPartyAddress out;
    if (!given.is_object()) return m::bad_json("Who is invited by address must be an object");
    for (auto [key, into] : {std::pair{"id_server", &out.id_server},
                             {"id_access_token", &out.access_token},
                             {"medium", &out.medium},
                             {"address", &out.address}}) {
        const auto* text = given.get(key);
        if (!text) return m::missing_param(fmt::format("'{}' is missing", key));
        if (!text->string()) return m::bad_json(fmt::format("'{}' must be a string", key));
        *into = *text->string();
    }
    return out;
}

Result<void> may_make_alias(const RoomServices& services, const users::Caller& caller, const RoomAlias& alias) {
    if (!services.bridged) return {};
    if (services.bridged->is_taken(alias, caller.service))
        return m::exclusive("This alias belongs to an application service");
    if (caller.is_service() && !services.bridged->owns(caller.service, alias))
        return m::exclusive("This alias is not in the namespaces of the application service");
    return {};
}

}  // namespace peyk::client_api
