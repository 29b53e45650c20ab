// NOTSPEC: invitations as links. What a link says to anybody who has it, using it with an account, and the links that
// members make to their rooms. Making an account with one is POST /register with a registration token, as specified.

#include "users/invitations.h"

#include "client_api/account/common.h"
#include "client_api/rooms/access.h"
#include "users/users.h"

namespace peyk::client_api {
namespace {

constexpr std::string_view kOfRoom = "/_peyk/client/v1/rooms/{roomId}/invitations";

// The room as its members know it. Nothing when it has no name.
Result<std::optional<std::string>> name_of(const RoomServices& services, const RoomId& id) {
    PEYK_TRY(auto room, services.store.find(id));
    if (!room) return std::nullopt;
    PEYK_TRY(auto last, services.store.last(*room));
    if (!last) return std::nullopt;
    PEYK_TRY(auto event, services.store.state(*room, last->after, "m.room.name"));
    const auto* name = event ? event->event->content.find("name") : nullptr;
    if (!name || !name->string() || name->string()->empty()) return std::nullopt;
    return *name->string();
}

// Anybody may ask. A token that nobody chose has 142 bits, and guesses are limited like those of passwords, so that
// what is said here is said to who was given the link. Of one that is not good any more: why, and nothing else.
class LookAtInvitation {
public:
    static constexpr Route kRoute{Method::get, "/_peyk/client/v1/invitation/{token}", Auth::none, Body::none,
                                  RateClass::login};
    LookAtInvitation(const RoomServices& services, users::Users& users) : services_(services), users_(users) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto seen, users_.invitations.look(call.request.capture("token")));
        bool valid = seen.state == users::TokenState::valid;
        json::Object out{{"valid", valid},
                         {"state", users::token_state_name(seen.state)},
                         {"server_name", users_.options().server_name}};
        if (!seen.token) co_return Reply::of(out);
        out.set("may_register", users_.registration.mode() != users::RegistrationMode::closed);
        if (seen.token->first) out.set("administrator", true);
        if (seen.token->room) {
            json::Object room{{"room_id", seen.token->room->str()}};
            PEYK_CO_TRY(auto name, name_of(services_, *seen.token->room));
            if (name) room.set("name", *name);
            out.set("room", std::move(room));
        }
        co_return Reply::of(out);
    }

private:
    RoomServices services_;
    users::Users& users_;
};

class AcceptInvitation {
public:
    static constexpr Route kRoute{Method::post, "/_peyk/client/v1/invitation/{token}/accept", Auth::user,
                                  Body::optional, RateClass::login};
    explicit AcceptInvitation(users::Users& users) : users_(users) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(users::check_active(call.who()));
        PEYK_CO_TRY(auto room, co_await users_.invitations.accept(call.who().user, call.text("token")));
        json::Object out;
        if (room) out.set("room_id", room->str());
        co_return Reply::of(out);
    }

private:
    users::Users& users_;
};

class RoomInvitation {
public:
    explicit RoomInvitation(users::Users& users) : users_(users), invitations_(users.invitations) {}

protected:
    Result<void> check_on() const {
        if (!users_.options().room_invitations) return account::switched_off();
        return {};
    }
    json::Object rendered(const users::RegistrationToken& token) const {
        json::Object out{{"token", token.token},
                         {"url", users_.options().public_base_url + "/i/" + token.token},
                         {"completed", token.completed},
                         {"state", users::token_state_name(users_.registration_tokens.state(token))}};
        if (token.uses_allowed) out.set("uses", *token.uses_allowed);
        if (token.expiry) out.set("expires_ts", token.expiry->count());
        return out;
    }

    users::Users& users_;
    users::Invitations& invitations_;
};

class MakeInvitation : RoomInvitation {
public:
    static constexpr Route kRoute{Method::post, kOfRoom, Auth::user, Body::optional, RateClass::invite};
    using RoomInvitation::RoomInvitation;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_on());
        PEYK_CO_CHECK(users::check_active(call.who()));
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto uses, call.optional_integer("uses"));
        PEYK_CO_TRY(auto lifetime, call.optional_integer("lifetime_ms"));
        users::Invitations::Wish wish{call.who().user, std::move(room)};
        if (uses) wish.uses = *uses;
        if (lifetime) wish.lifetime = Millis{*lifetime};
        PEYK_CO_TRY(auto made, co_await invitations_.make(std::move(wish)));
        co_return Reply::of(rendered(made));
    }
};

class ListInvitations : RoomInvitation {
public:
    static constexpr Route kRoute{Method::get, kOfRoom};
    using RoomInvitation::RoomInvitation;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_on());
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto made, invitations_.of(call.who().user, room));
        json::Array list;
        for (const auto& token : made) list.emplace_back(rendered(token));
        co_return Reply::of({{"invitations", std::move(list)}});
    }
};

// Also where making them is switched off: what is there can be taken back.
class RevokeInvitation : RoomInvitation {
public:
    static constexpr Route kRoute{Method::del, "/_peyk/client/v1/rooms/{roomId}/invitations/{token}", Auth::user,
                                  Body::none, RateClass::general};
    using RoomInvitation::RoomInvitation;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_CHECK(co_await invitations_.revoke(call.who().user, std::move(room), call.text("token")));
        co_return Reply::empty();
    }
};

}  // namespace

void add_invitation_endpoints(Api& api, const RoomServices& services, users::Users& users) {
    api.add<LookAtInvitation>(services, users);
    api.add<AcceptInvitation>(users);
    api.add<MakeInvitation>(users);
    api.add<ListInvitations>(users);
    api.add<RevokeInvitation>(users);
}

}  // namespace peyk::client_api
