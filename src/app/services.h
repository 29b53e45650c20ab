#pragma once
// Every service over an open store, by value and in the order of their needs: a member may use those above it.

#include "app/adapters.h"
#include "app/appservices.h"
#include "app/config.h"
#include "app/corner.h"
#include "app/doors.h"
#include "app/erasure.h"
#include "app/media_in_use.h"
#include "app/notices.h"
#include "app/options.h"
#include "app/own_data.h"
#include "app/push_adapters.h"
#include "app/room_traces.h"
#include "app/store.h"
#include "app/third_party.h"
#include "async/feed.h"
#include "async/timers.h"
#include "base/metrics.h"
#include "client_api/account/endpoints.h"
#include "client_api/appservice/endpoints.h"
#include "client_api/endpoint.h"
#include "client_api/push/endpoints.h"
#include "client_api/sync/endpoints.h"
#include "media/media.h"
#include "oauth/endpoints.h"
#include "oauth/rendezvous_endpoints.h"
#include "pages/account_site.h"
#include "pages/pages.h"
#include "privacy/rate_limits.h"
#include "search/searcher.h"
#include "users/users.h"
#include "web/site.h"

namespace peyk::app {

// What the process has one of.
struct Machine {
    const Clock& clock;
    Random& random;
    Timers& timers;
    WorkerPool& workers;
    http::Outbound& outbound;
};

// Purpose:  the services and their routes.
// Owner:    Server.  Stops by: stop(), after the HTTP server has drained.
class Services {
public:
    Services(const Config& config, OpenStore& store, Machine machine,
             std::vector<appservices::Registration> registrations = {}, std::optional<web::Site> site = {});

    // Before traffic: finishes what a crash interrupted. Errors: what the services say.
    Result<void> start();
    void stop();
    // Every hour: what is kept for a time and no longer.
    Task<void> tidy();
    // The services outlive the registry's traffic.
    void add_metrics(metrics::Registry& registry) const;
    http::Router& router() { return router_; }
    const client_api::Api& api() const { return api_; }
    // Lets the pages show the local authority that lies in the data folder now.
    void show_authority(const Config& config) { local_authority_->set(shown_authority(config)); }
    users::Users& users() { return users_; }
    rooms::Rooms& rooms() { return rooms_; }
    keys::Keys& keys() { return keys_; }
    media::Media& media() { return media_; }
    media::MediaLifetime& media_lifetime() { return media_lifetime_; }
    const rooms::Memberships& memberships() const { return memberships_; }
    rooms::RetentionSweep& retention() { return retention_; }
    Erasure& erasure() { return erasure_; }
    Export& exports() { return export_; }
    rooms::RoomRemoval& removals() { return removals_; }
    sync::Connections& connections() { return sync_connections_; }
    // The token for the first administrator, where there is none yet. After start().
    const std::optional<std::string>& first_invitation() const { return first_invitation_; }
    rooms::Notices* notices() { return notices_ ? &*notices_ : nullptr; }
    appservices::QueueTotals bridges() const { return appservices_.totals(); }

private:
    static pages::ResetPassword resetter(users::Users& users);
    static pages::EmailLinks email_links(users::Users& users);
    static users::ThirdPartyPorts third_party_ports(const Config& config, OpenStore& store, Machine machine,
                                                    std::optional<MailOut>& mail_out);
    void add_routes(const Config& config);

    Machine machine_;
    std::optional<std::string> first_invitation_;
    Feed feed_;
    privacy::RateLimiter limiter_;

    appservices::Registry registry_;
    NamesOfServices service_names_;
    std::optional<MailOut> mail_out_;  // absent: no mail server
    UsersObservers observers_;
    PusherChanges pusher_changes_;
    DoorsOfRooms doors_;
    users::Users users_;
    oauth::OAuth oauth_;
    ProfilesOfUsers profiles_;
    SettingsOfSuccessors succession_;
    AccountDataForSync account_data_;

    GuestsLeave guests_leave_;
    rooms::RoomStore room_store_;
    rooms::Activity activity_;
    rooms::Memberships memberships_;
    rooms::Rooms rooms_;
    rooms::MembershipActions membership_actions_;
    rooms::Directory directory_;
    rooms::Reports reports_;
    SendersOfDelayed delayed_senders_;
    rooms::DelayedEvents delayed_;
    rooms::RoomCreator creator_;
    ServerNotices server_notices_;
    rooms::RoomUpgrader upgrader_;
    std::optional<NoticeAccountsOfUsers> notice_accounts_;
    std::optional<rooms::Notices> notices_;  // absent: switched off
    IdentityOfUsers identity_;
    rooms::ThirdPartyInvites third_party_invites_;
    rooms::RoomStream room_stream_;
    rooms::Typing typing_;

    AccountsForKeys key_accounts_;
    DeviceListsToRooms device_lists_;
    keys::Keys keys_;
    media::Media media_;
    MediaInUseHere media_in_use_;
    media::MediaLifetime media_lifetime_;
    Erasure erasure_;
    std::optional<media::Previews> previews_;  // absent: switched off

    RoomsForPush push_rooms_;
    RulesForPush push_rules_source_;
    push::RuleBook push_rules_;  // listens to the feed before the notifier does
    push::UnreadCounts unread_;
    TracesInPush traces_;
    rooms::RetentionSweep retention_;
    push::NotificationList notifications_;
    PushersForPush pushers_;
    NoticesByMail notices_by_mail_;
    push::Sender push_sender_;

    sync::Tokens tokens_;
    sync::Notifier notifier_;
    EncryptionForSync encryption_;
    sync::Presence presence_;
    sync::SyncV3 sync_;
    std::optional<search::Searcher> searcher_;  // absent: switched off
    sync::Connections sync_connections_;
    sync::SlidingSync sliding_sync_;

    Export export_;
    OwnDataForPages own_data_;
    DeviceHistoryFromSync device_history_;
    ReadMarkersInAccountData read_markers_;
    std::unique_ptr<client_api::InteractiveAuth> interactive_auth_;
    ServiceAuthenticator authenticator_;
    InboxesForServices service_inboxes_;
    PresenceForServices service_presence_;
    appservices::HttpWire wire_;
    appservices::Services appservices_;
    BridgedNamesOfServices bridged_;
    TracesOfRooms room_traces_;
    rooms::RoomRemoval removals_;
    http::Router router_;
    client_api::Api api_;
    std::optional<admin::Overview> overview_;
    oauth::Endpoints oauth_endpoints_;
    const std::optional<web::Site> site_;  // absent: no web client
    oauth::RendezvousEndpoints rendezvous_;
    std::shared_ptr<pages::LocalAuthority> local_authority_;
    pages::Pages pages_;
    pages::AccountSite account_site_;
};

}  // namespace peyk::app
