// Notices by administrators, on the path that existing tools know. Spec: Client-Server API › Server Notices.

#include "rooms/notices/notices.h"

#include "client_api/rooms/access.h"

namespace peyk::client_api {
namespace {

class SendNotice {
public:
    static constexpr Route kRoutes[] = {
        {Method::post, "/_synapse/admin/v1/send_server_notice", Auth::admin, Body::object, RateClass::general},
        {Method::put, "/_synapse/admin/v1/send_server_notice/{txnId}", Auth::admin, Body::object, RateClass::general}};
    SendNotice(const RoomServices& services, rooms::Notices* notices) : services_(services), notices_(notices) {}

    Task<Result<Reply>> run(Call call) {
        if (!notices_) co_return m::unknown("Server notices are not switched on here");
        PEYK_CO_TRY(auto name, call.need_string("user_id"));
        PEYK_CO_TRY(auto user, UserId::parse(name));
        if (!services_.rooms.is_local(user)) co_return m::unknown("Notices go to users of this server only");
        PEYK_CO_TRY(const auto* content, call.optional_object("content"));
        if (!content) co_return m::missing_param("'content' is missing");
        PEYK_CO_TRY(auto type, call.optional_string("type"));
        rooms::Notice notice{*content};
        if (type) notice.type = *std::move(type);
        PEYK_CO_TRY(notice.state_key, call.optional_string("state_key"));
        std::optional<rooms::Transaction> transaction;
        if (call.request.method == Method::put) {
            // By recipient too: told under one id, each gets the notice once.
            auto scope = "notice " + user.str();
            transaction = rooms::Transaction{call.who().user, call.who().device, std::move(scope), call.text("txnId")};
        }
        PEYK_CO_TRY(auto event, co_await notices_->send(std::move(user), std::move(notice), std::move(transaction)));
        co_return Reply::of({{"event_id", event.str()}});
    }

private:
    RoomServices services_;
    rooms::Notices* notices_;
};

}  // namespace

void add_notice_endpoints(Api& api, const RoomServices& services, rooms::Notices* notices) {
    api.add<SendNotice>(services, notices);
}

}  // namespace peyk::client_api
