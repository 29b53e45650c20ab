#include "client_api/keys/endpoints.h"

#include "client_api/keys/parts.h"

namespace peyk::client_api {
namespace {

class PasswordAuth final : public InteractiveAuth {
public:
    explicit PasswordAuth(users::Uia& uia) : uia_(uia) {}
    Task<Result<json::Object>> require(users::UiaRequest request) override {
        auto flows = users::Uia::password_or_pages();
        PEYK_CO_TRY(auto grant, co_await uia_.require(std::move(request), std::move(flows)));
        co_return std::move(grant.body);
    }

private:
    users::Uia& uia_;
};

}  // namespace

std::unique_ptr<InteractiveAuth> interactive_auth(users::Uia& uia) { return std::make_unique<PasswordAuth>(uia); }

void add_keys_endpoints(Api& api, keys::Keys& keys, InteractiveAuth& auth, DeviceListHistory& history) {
    add_key_exchange_endpoints(api, keys, history);
    add_cross_signing_endpoints(api, keys, auth);
    add_backup_version_endpoints(api, keys);
    add_backup_session_endpoints(api, keys);
    add_to_device_endpoint(api, keys);
}

}  // namespace peyk::client_api
