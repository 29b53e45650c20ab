// Messages from device to device.

#include "client_api/keys/parts.h"

namespace peyk::client_api {
namespace {

// Spec: PUT /_matrix/client/v3/sendToDevice/{eventType}/{txnId}
class SendToDevice {
public:
    static constexpr Route kRoute{.method = Method::put,
                                  .path = "/_matrix/client/v3/sendToDevice/{type}/{txn}",
                                  .body = Body::object,
                                  .rate = RateClass::general,
                                  .max_body = 4 * 1024 * 1024};
    explicit SendToDevice(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        auto type = call.text("type");
        auto transaction = call.text("txn");
        if (type.empty() || type.size() > kMaxIdBytes) co_return m::invalid_param("The event type is too long");
        if (transaction.empty() || transaction.size() > kMaxIdBytes)
            co_return m::invalid_param("The transaction id is too long");
        PEYK_CO_TRY(const auto* messages, call.optional_object("messages"));
        if (!messages) co_return m::missing_param("'messages' is missing");
        const auto& who = call.who();
        keys::ToDeviceSend send{who.user,        who.user_number,        who.device,
                                std::move(type), std::move(transaction), *messages};
        PEYK_CO_CHECK(co_await keys_.to_device().send(std::move(send)));
        co_return Reply::empty();
    }

private:
    keys::Keys& keys_;
};

}  // namespace

void add_to_device_endpoint(Api& api, keys::Keys& keys) { api.add<SendToDevice>(keys); }

}  // namespace peyk::client_api
