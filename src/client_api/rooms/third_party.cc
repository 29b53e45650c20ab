// Invitations by e-mail address: the identity server's call when an address found its person.
// Spec: Server-Server API › Third-party invites, PUT …/3pid/onbind.

#include "base/logging.h"
#include "client_api/rooms/endpoints.h"
#include "rooms/membership/third_party_invites.h"

namespace peyk::client_api {
namespace {

constexpr std::size_t kMaxInvites = 100;

// Anybody may call this; each invitation carries its own proof. The identity server learns that some were refused, so
// that it can say so, but neither which nor why: whoever asks without a proof learns nothing about rooms and people.
class OnBind {
public:
    static constexpr Route kRoutes[] = {
        {Method::put, "/_matrix/federation/v1/3pid/onbind", Auth::none, Body::object, RateClass::registration},
        {Method::post, "/_matrix/federation/v1/3pid/onbind", Auth::none, Body::object, RateClass::registration}};
    explicit OnBind(rooms::ThirdPartyInvites& invites) : invites_(invites) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(const auto* list, call.optional_array("invites"));
        auto invites = list ? *list : json::Array{};
        if (invites.size() > kMaxInvites) co_return m::invalid_param("Too many invitations at once");
        bool refused = false;
        for (const auto& invite : invites) {
            auto room = RoomId::parse(invite.get_string("room_id").value_or(""));
            auto user = UserId::parse(invite.get_string("mxid").value_or(""));
            const auto* proof = invite.get_object("signed");
            if (!room || !user || !proof) {
                refused = true;
                continue;
            }
            auto given = *proof;
            auto exchanging = invites_.exchange(*std::move(room), *std::move(user), std::move(given));
            auto done = co_await std::move(exchanging);
            if (done) continue;
            refused = true;
            log::debug("rooms", "a third-party invitation was not taken up: {}", done.error().detail);
        }
        if (refused) co_return m::forbidden("Not all of these invitations could be taken up");
        co_return Reply::empty();
    }

private:
    rooms::ThirdPartyInvites& invites_;
};

}  // namespace

void add_third_party_endpoints(Api& api, rooms::ThirdPartyInvites& invites) { api.add<OnBind>(invites); }

}  // namespace peyk::client_api
