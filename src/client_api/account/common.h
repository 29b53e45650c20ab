#pragma once
// What the endpoints of this folder share.

#include "client_api/account/endpoints.h"

namespace peyk::client_api::account {

// The {user} of the path is the caller. Errors: M_INVALID_PARAM (no user id), M_FORBIDDEN.
Result<void> check_own(const Call& call);
// An application service's token came with the request. Errors: M_MISSING_TOKEN, M_UNKNOWN_TOKEN.
Result<void> check_service(const Call& call);
// What POST /login, /register and /refresh say about a session.
void write_session(json::Object& out, const users::SignedIn& session, bool with_ids);
users::UiaRequest uia_request(const Call& call);
// "This feature is switched off on this server": every feature that the quiet profile hides answers with it.
std::unexpected<Error> switched_off();

// One group of endpoints each.
void add_registration(Api& api, users::Users& users);
void add_sign_in(Api& api, users::Users& users, const AccountApiOptions& options);
void add_passwords(Api& api, users::Users& users);
void add_devices(Api& api, users::Users& users);
void add_profiles(Api& api, users::Users& users, RemoteProfiles* remote);
void add_account_data(Api& api, users::Users& users);
void add_push_rules(Api& api, users::Users& users);
void add_moderation(Api& api, users::Users& users);
void add_server_info(Api& api, users::Users& users, const AccountApiOptions& options);
void add_contacts(Api& api, users::Users& users);
void add_third_party(Api& api, users::Users& users);  // where it is switched on

}  // namespace peyk::client_api::account
