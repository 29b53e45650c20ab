#include "client_api/sync/endpoints.h"

namespace peyk::client_api {
namespace {

// Spec: Client-Server API › Presence.
class PutPresence {
public:
    static constexpr Route kRoute{Method::put, "/_matrix/client/v3/presence/{userId}/status", Auth::user, Body::object};
    explicit PutPresence(sync::Presence& presence) : presence_(presence) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto user, call.id<UserId>("userId"));
        PEYK_CO_TRY(auto text, call.need_string("presence"));
        PEYK_CO_TRY(auto status, call.optional_string("status_msg"));
        auto state = sync::presence_state_of(text);
        if (!state) co_return m::invalid_param("'presence' must be online, offline or unavailable");
        if (user != call.who().user) co_return m::forbidden("That is the presence of somebody else");
        PEYK_CO_CHECK(presence_.set(user, call.who().device, *state, std::move(status)));
        co_return Reply::empty();
    }

private:
    sync::Presence& presence_;
};

class GetPresence {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/presence/{userId}/status"};
    GetPresence(sync::Presence& presence, const users::Users& users) : presence_(presence), users_(users) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto user, call.id<UserId>("userId"));
        if (user != call.who().user) {
            PEYK_CO_TRY(bool exists, users_.accounts.exists(user));
            bool shared = false;
            if (exists) {
                PEYK_CO_TRY(shared, presence_.share_a_room(call.who().user_number, users_.accounts.number(user)));
            }
            // The same for those who do not exist, so that nobody can ask who does.
            if (!shared) co_return m::forbidden("You share no room with this user");
        }
        co_return Reply::of(presence_.get(user));
    }

private:
    sync::Presence& presence_;
    const users::Users& users_;
};

}  // namespace

void add_presence_endpoints(Api& api, sync::Presence& presence, const users::Users& users) {
    if (!presence.enabled()) return;  // the account module answers that it is off
    api.add<PutPresence>(presence);
    api.add<GetPresence>(presence, users);
}

}  // namespace peyk::client_api
