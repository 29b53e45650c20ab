#pragma once
// From the configuration to what each service takes.

#include "app/config.h"
#include "client_api/endpoint.h"
#include "client_api/media/endpoints.h"
#include "http/client/client.h"
#include "http/server.h"
#include "http/smtp.h"
#include "keys/limits.h"
#include "media/media.h"
#include "oauth/oauth.h"
#include "pages/pages.h"
#include "push/sender.h"
#include "rooms/timeline/create_room.h"
#include "users/options.h"

namespace peyk::app {

struct Identity;

rooms::Rooms::Options room_options(const Config& config, rooms::Succession& succession,
                                   const rooms::InvitePolicies& invite_policies, rooms::GuestAccessObserver* guests,
                                   const rooms::GuestAccounts& guest_accounts);
rooms::RetentionRules retention_rules(const Config& config);
rooms::RoomCreator::Options creator_options(const Config& config);
users::Options user_options(const Config& config);
keys::Limits key_limits(const Config& config);
http::MailServer mail_server(const Config& config);
media::MediaOptions media_options(const Config& config);
media::PreviewOptions preview_options(const Config& config);
oauth::OauthOptions oauth_options(const Config& config);
client_api::ApiOptions api_options(const Config& config);
client_api::MediaEndpointOptions media_endpoint_options(const Config& config);
http::ServerConfig http_config(const Config& config);
http::ClientOptions client_options(const Config& config);
push::SenderOptions push_options(const Config& config);
// The listener of the metrics.
http::ServerConfig metrics_http_config(const Config& config);
// `authority` is for the pages to look at whenever one is asked for.
pages::Facts page_facts(const Config& config, const Identity& identity,
                        std::shared_ptr<const pages::LocalAuthority> authority, bool web_client = false);
// The certificate of the local authority that lies in the data folder; null: none.
std::shared_ptr<const pages::LocalAuthority::Shown> shown_authority(const Config& config);

}  // namespace peyk::app
