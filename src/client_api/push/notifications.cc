// Spec: Client-Server API › GET /notifications.

#include "client_api/push/endpoints.h"

namespace peyk::client_api {
namespace {

class GetNotifications {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/notifications"};
    explicit GetNotifications(push::NotificationList& notifications) : notifications_(notifications) {}
    Task<Result<Reply>> run(Call call) {
        push::NotificationList::Query query;
        query.from = call.request.parameter("from").value_or("");
        PEYK_CO_TRY(auto limit, call.number("limit", 20, 1, 100));
        query.limit = static_cast<std::size_t>(limit);
        query.highlights_only = call.request.parameter("only") == "highlight";
        Reply reply;
        PEYK_CO_TRY(reply.json, notifications_.list(call.who().user, call.who().user_number, query));
        co_return reply;
    }

private:
    push::NotificationList& notifications_;
};

}  // namespace

void add_push_endpoints(Api& api, push::NotificationList& notifications) { api.add<GetNotifications>(notifications); }

}  // namespace peyk::client_api
