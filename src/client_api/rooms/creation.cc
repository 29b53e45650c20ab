// POST /createRoom. Spec: Client-Server API › Creation.

#include "base/logging.h"
#include "client_api/rooms/access.h"

namespace peyk::client_api {
namespace {

constexpr std::size_t kMaxInitialState = 200;
constexpr std::size_t kMaxAddresses = 20;
constexpr std::size_t kMaxCreators = 100;

class CreateRoom {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/createRoom", Auth::user, Body::object,
                                  RateClass::general};
    explicit CreateRoom(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(users::check_active(call.who()));
        PEYK_CO_TRY(auto wanted, parse(call));
        PEYK_CO_CHECK(check_alias(call, wanted));
        for (const auto& user : wanted.invites) {
            if (services_.bridged) PEYK_CO_CHECK(co_await services_.bridged->ask_for(user));
        }
        PEYK_CO_TRY(auto addresses, invited_addresses(call));
        PEYK_CO_TRY(auto room, co_await services_.creator.create(call.who().user, std::move(wanted)));
        for (auto& address : addresses) {
            auto inviting = services_.third_party->invite(call.who().user, room, std::move(address), {});
            auto invited = co_await std::move(inviting);
            // The room is there: an error now would have the client make another one.
            if (!invited)
                log::warning("rooms", "an invitation to a new room failed: {}", errc_name(invited.error().code));
        }
        co_return Reply::of({{"room_id", room.str()}});
    }

private:
    static Result<std::vector<rooms::Draft>> initial_state(const json::Array& list) {
        if (list.size() > kMaxInitialState) return m::invalid_param("Too many events in 'initial_state'");
        std::vector<rooms::Draft> out;
        for (const auto& item : list) {
            auto type = item.get_string("type");
            const auto* content = item.get_object("content");
            if (!type || !content) return m::bad_json("An event in 'initial_state' needs 'type' and 'content'");
            const auto* key = item.get("state_key");
            if (key && !key->string()) return m::bad_json("'state_key' must be a string");
            out.push_back(rooms::Draft{std::string(*type), key ? *key->string() : "", *content});
        }
        return out;
    }

    // Spec: Application Service API › Server admin style permissions.
    Result<void> check_alias(const Call& call, const rooms::NewRoom& wanted) const {
        if (!services_.bridged || !wanted.alias_localpart) return {};
        auto alias = RoomAlias::parse("#" + *wanted.alias_localpart + ":" + services_.rooms.server().str());
        if (!alias) return {};  // refused where the alias is made
        return may_make_alias(services_, call.who(), *alias);
    }

    Result<std::vector<rooms::ThirdPartyAddress>> invited_addresses(const Call& call) const {
        std::vector<rooms::ThirdPartyAddress> out;
        PEYK_TRY(const auto* list, call.optional_array("invite_3pid"));
        if (!list) return out;
        if (list->size() > kMaxAddresses) return m::invalid_param("Too many people in 'invite_3pid'");
        for (const auto& item : *list) {
            PEYK_TRY(auto address, address_of(item));
            out.push_back(std::move(address));
        }
        return out;
    }

    Result<rooms::NewRoom> parse(const Call& call) const {
        rooms::NewRoom out;
        PEYK_TRY(auto preset, call.optional_string("preset"));
        out.preset = preset.value_or("");
        PEYK_TRY(auto visibility, call.optional_string("visibility"));
        if (visibility && *visibility != "public" && *visibility != "private")
            return m::invalid_param("'visibility' must be public or private");
        out.is_public = visibility == "public";
        PEYK_TRY(out.alias_localpart, call.optional_string("room_alias_name"));
        PEYK_TRY(out.name, call.optional_string("name"));
        PEYK_TRY(out.topic, call.optional_string("topic"));
        PEYK_TRY(out.version, call.optional_string("room_version"));
        PEYK_TRY(auto direct, call.optional_bool("is_direct"));
        out.is_direct = direct.value_or(false);
        out.chooses_encryption = call.who().is_service();
        PEYK_TRY(const auto* creation, call.optional_object("creation_content"));
        if (creation) out.creation_content = *creation;
        PEYK_TRY(const auto* power, call.optional_object("power_level_content_override"));
        if (power) out.power_level_override = *power;
        PEYK_TRY(const auto* invites, call.optional_array("invite"));
        for (const auto& item : invites ? *invites : json::Array{}) {
            if (!item.string()) return m::bad_json("'invite' must be a list of user ids");
            PEYK_TRY(auto user, UserId::parse(*item.string()));
            out.invites.push_back(std::move(user));
        }
        PEYK_TRY(const auto* third_party, call.optional_array("invite_3pid"));
        if (third_party && !third_party->empty() && !services_.third_party)
            return fail(Error{Errc::unsupported, "Invitations by e-mail or telephone are switched off on this server",
                              "M_FORBIDDEN"});
        PEYK_TRY(const auto* state, call.optional_array("initial_state"));
        if (state) {
            PEYK_TRY(out.initial_state, initial_state(*state));
        }
        return out;
    }

    RoomServices services_;
};

// Spec: Client-Server API › Room Upgrades.
class UpgradeRoom {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/rooms/{roomId}/upgrade", Auth::user, Body::object,
                                  RateClass::general};
    explicit UpgradeRoom(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(users::check_active(call.who()));
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto version, call.need_string("new_version"));
        PEYK_CO_TRY(auto creators, creators_of(call));
        PEYK_CO_TRY(auto replacement, co_await services_.upgrader.upgrade(call.who().user, std::move(room),
                                                                          std::move(version), std::move(creators)));
        co_return Reply::of({{"replacement_room", replacement.str()}});
    }

private:
    static Result<std::vector<UserId>> creators_of(const Call& call) {
        std::vector<UserId> out;
        PEYK_TRY(const auto* list, call.optional_array("additional_creators"));
        if (!list) return out;
        if (list->size() > kMaxCreators) return m::invalid_param("Too many 'additional_creators'");
        for (const auto& item : *list) {
            if (!item.string()) return m::bad_json("'additional_creators' must be a list of user ids");
            PEYK_TRY(auto user, UserId::parse(*item.string()));
            out.push_back(std::move(user));
        }
        return out;
    }

    RoomServices services_;
};

}  // namespace

void add_creation_endpoints(Api& api, const RoomServices& services) {
    api.add<CreateRoom>(services);
    api.add<UpgradeRoom>(services);
}

}  // namespace peyk::client_api
