#include "client_api/account/endpoints.h"

#include "client_api/account/common.h"

namespace peyk::client_api {

void add_account_endpoints(Api& api, users::Users& users, AccountApiOptions options) {
    account::add_registration(api, users);
    account::add_sign_in(api, users, options);
    account::add_passwords(api, users);
    account::add_devices(api, users);
    account::add_profiles(api, users, options.remote_profiles);
    account::add_account_data(api, users);
    account::add_push_rules(api, users);
    account::add_moderation(api, users);
    account::add_server_info(api, users, options);
    account::add_contacts(api, users);
}

namespace account {

Result<void> check_own(const Call& call) {
    PEYK_TRY(auto user, call.id<UserId>("user"));
    if (user == call.who().user) return {};
    return m::forbidden("You can do this for your own account only");
}

Result<void> check_service(const Call& call) {
    if (!call.has_token) return m::missing_token("The token of an application service is missing");
    if (call.service.empty()) return m::unknown_token("No application service has this token");
    return {};
}

void write_session(json::Object& out, const users::SignedIn& session, bool with_ids) {
    out.set("access_token", session.access_token);
    if (!session.refresh_token.empty()) out.set("refresh_token", session.refresh_token);
    if (session.expires_in) out.set("expires_in_ms", session.expires_in->count());
    if (!with_ids) return;
    out.set("user_id", session.user.str());
    out.set("device_id", session.device.str());
    out.set("home_server", session.user.server());
}

users::UiaRequest uia_request(const Call& call) {
    std::string operation(http::method_name(call.request.method));
    return {operation + " " + call.request.path, call.body, call.caller};
}

std::unexpected<Error> switched_off() { return m::forbidden("This feature is switched off on this server"); }

}  // namespace account
}  // namespace peyk::client_api
