#include "app/services.h"

#include "admin/endpoints.h"
#include "app/cli.h"
#include "base/logging.h"
#include "client_api/search/endpoints.h"

namespace peyk::app {

Services::Services(const Config& config, OpenStore& store, Machine machine,
                   std::vector<appservices::Registration> registrations, std::optional<web::Site> site)
    : machine_(machine),
      limiter_(config.rate_limits(), machine.clock, machine.random),
      registry_(std::move(registrations), config.server.name),
      service_names_(registry_, notices_user(config.server.name)),
      users_(user_options(config), store.db(), feed_, limiter_, machine.clock, machine.random,
             users::Observers{&observers_, &observers_, &observers_, &service_names_, &pusher_changes_, &doors_},
             third_party_ports(config, store, machine, mail_out_)),
      oauth_(oauth_options(config), users_, limiter_, machine.outbound),
      profiles_(users_),
      succession_(users_),
      account_data_(users_),
      room_store_(store.db(), {}, retention_rules(config), &machine.clock),
      memberships_(store.db(), feed_),
      rooms_(store.db(), room_store_, memberships_, activity_, feed_, machine.clock, machine.random,
             store.identity.signing_key,
             room_options(config, succession_, account_data_, config.privacy.guest_access ? &guests_leave_ : nullptr,
                          profiles_)),
      membership_actions_(rooms_, memberships_, profiles_, notices_user(config.server.name)),
      directory_(store.db()),
      reports_(store.db(), machine.clock),
      delayed_senders_(users_),
      delayed_(rooms_, store.db(), delayed_senders_, machine.timers, machine.clock, machine.random, machine.workers),
      creator_(rooms_, directory_, membership_actions_, profiles_, creator_options(config)),
      server_notices_(rooms_, creator_, profiles_, users_, notices_),
      upgrader_(rooms_, directory_, membership_actions_),
      identity_(users_),
      third_party_invites_(rooms_, membership_actions_, identity_),
      room_stream_(store.db(), feed_, activity_, memberships_),
      typing_(feed_, machine.timers, machine.clock),
      key_accounts_(users_),
      device_lists_(room_stream_),
      keys_(store.db(), feed_, machine.clock, keys::Ports{key_accounts_, device_lists_}, key_limits(config)),
      media_(media_options(config), store.db(), machine.clock, machine.random, machine.timers),
      media_in_use_(room_store_, users_),
      media_lifetime_(media::MediaLifetime::Parts{media_, media_in_use_, machine.timers, machine.clock,
                                                  machine.workers.background()},
                      config.media.lifetime),
      erasure_(Erasure::Parts{store.db(), users_, rooms_, memberships_, membership_actions_, media_, machine.clock,
                              machine.random, machine.workers.background()}),
      push_rooms_(room_store_, memberships_, room_stream_, account_data_, machine.clock),
      push_rules_source_(users_, store.db()),
      push_rules_(store.db(), push_rules_source_, feed_),
      unread_(store.db(), push_rooms_, push_rules_),
      traces_(unread_),
      retention_(rooms::RetentionSweep::Parts{store.db(), room_store_, rooms_, activity_, machine.timers, machine.clock,
                                              machine.workers.background(), &traces_}),
      notifications_(store.db(), push_rooms_, unread_),
      pushers_(users_),
      notices_by_mail_(users_, config.base_url()),
      push_sender_(push::Sender::Parts{store.db(), push_rooms_, unread_, pushers_, machine.outbound, feed_,
                                       machine.timers, machine.clock, machine.random,
                                       users_.options().email_notices ? &notices_by_mail_ : nullptr},
                   push_options(config)),
      tokens_(store.db(), store.opened->incarnation()),
      notifier_(feed_, &machine.workers.background()),
      encryption_(keys_, store.db()),
      presence_(config.privacy.presence, room_store_, memberships_, feed_, machine.timers, machine.workers,
                machine.clock),
      sync_(sync::SyncV3::Parts{room_store_, activity_, room_stream_, typing_, memberships_, account_data_, encryption_,
                                tokens_, unread_, notifier_, presence_, machine.timers, machine.clock,
                                machine.random.u64() >> 16, &machine.workers.background()}),
      sync_connections_(store.db(), machine.clock, machine.random.u64()),
      sliding_sync_(sync_.parts(), sync_connections_),
      export_(Export::Parts{store.db(), users_, oauth_, keys_, room_store_, memberships_, room_stream_, directory_,
                            reports_, delayed_, media_, presence_, machine.clock, config.server.name}),
      own_data_(media_, export_),
      device_history_(sync_),
      read_markers_(users_),
      interactive_auth_(client_api::interactive_auth(users_.uia)),
      authenticator_(registry_, users_),
      service_inboxes_(keys_, users_),
      service_presence_(presence_),
      wire_(machine.outbound, machine.clock),
      appservices_(
          appservices::QueueParts{store.db(), registry_, room_store_, activity_, directory_, room_stream_, typing_,
                                  wire_, machine.timers, machine.clock, store.opened->incarnation(), &memberships_,
                                  &service_inboxes_, config.privacy.presence ? &service_presence_ : nullptr},
          feed_, activity_, machine.workers),
      bridged_(appservices_, users_),
      room_traces_(appservices_, users_),
      removals_(rooms::RoomRemoval::Parts{store.db(), rooms_, memberships_, directory_, delayed_, machine.clock,
                                          notices_user(config.server.name), &room_traces_}),
      api_(router_, authenticator_, limiter_, api_options(config)),
      oauth_endpoints_(oauth_),
      site_(std::move(site)),
      rendezvous_(oauth_),
      local_authority_(std::make_shared<pages::LocalAuthority>()),
      pages_(page_facts(config, store.identity, local_authority_, site_.has_value()), resetter(users_),
             email_links(users_)),
      account_site_(page_facts(config, store.identity, local_authority_, site_.has_value()), oauth_, own_data_) {
    show_authority(config);
    guests_leave_.bind(membership_actions_);
    rooms_.bind(traces_);
    observers_.bind(keys_, membership_actions_, memberships_, users_, sync_connections_, room_store_, delayed_,
                    server_notices_, erasure_);
    pusher_changes_.bind(push_sender_);
    doors_.bind(room_store_, memberships_, membership_actions_, users_);
    if (auto sender = notices_user(config)) {
        notice_accounts_.emplace(users_, *sender,
                                 NoticeAccountsOfUsers::Look{config.notices.display_name, config.notices.avatar_url});
        notices_.emplace(rooms::Notices::Parts{rooms_, creator_, membership_actions_, memberships_, *notice_accounts_},
                         notice_options(config));
    }
    add_routes(config);
}

void Services::add_routes(const Config& config) {
    client_api::AccountApiOptions account_options{.capabilities = client_api::delayed_capabilities()};
    if (!registry_.empty()) account_options.unstable_features.emplace_back("fi.mau.msc2659.stable");  // ping
    if (config.retention.enabled) account_options.unstable_features.emplace_back("org.matrix.msc1763");
    if (config.privacy.server_version) account_options.server_version = version();
    if (config.auth.oauth) {  // signing in by QR code, in two forms
        account_options.unstable_features.emplace_back("org.matrix.msc4108");
        account_options.unstable_features.emplace_back("io.element.msc4388");
    }
    account_options.cas_sign_in =
        std::ranges::any_of(config.providers, [](const ProviderConfig& one) { return one.options.synapse_addresses; });
    client_api::add_account_endpoints(api_, users_, std::move(account_options));
    client_api::RoomServices rooms{rooms_,
                                   room_store_,
                                   memberships_,
                                   membership_actions_,
                                   creator_,
                                   upgrader_,
                                   directory_,
                                   reports_,
                                   delayed_,
                                   room_stream_,
                                   typing_,
                                   profiles_,
                                   tokens_,
                                   read_markers_,
                                   account_data_,
                                   machine_.clock,
                                   registry_.empty() ? nullptr : &bridged_,
                                   config.privacy.public_rooms,
                                   &presence_,
                                   config.privacy.third_party_ids ? &third_party_invites_ : nullptr,
                                   config.privacy.refuse_clear_messages};
    client_api::add_room_endpoints(api_, rooms);
    client_api::add_notice_endpoints(api_, rooms, notices());
    client_api::add_invitation_endpoints(api_, rooms, users_);
    if (config.privacy.third_party_ids) client_api::add_third_party_endpoints(api_, third_party_invites_);
    if (config.privacy.user_directory) client_api::add_people_endpoints(api_, rooms, users_);
    if (config.privacy.search) searcher_.emplace(room_store_, memberships_);
    client_api::add_search_endpoints(api_, rooms, searcher_ ? &*searcher_ : nullptr);
    client_api::add_appservice_endpoints(api_, appservices_, room_store_);
    client_api::add_sync_endpoints(api_, sync_, rooms);
    client_api::add_sliding_sync_endpoints(api_, sliding_sync_);
    client_api::add_push_endpoints(api_, notifications_);
    client_api::add_presence_endpoints(api_, presence_, users_);
    client_api::add_keys_endpoints(api_, keys_, *interactive_auth_, device_history_);
    client_api::add_dehydrated_endpoints(api_, keys_, tokens_);
    if (config.privacy.url_previews)
        previews_.emplace(preview_options(config), media_, machine_.outbound, machine_.clock);
    client_api::add_media_endpoints(api_, media_, previews_ ? &*previews_ : nullptr, media_endpoint_options(config));
    add_own_data_endpoints(api_, export_, erasure_, config.server.name);
    overview_.emplace(users_, surroundings_of(config, machine_.clock.now()));
    admin::add_endpoints(api_, users_, removals_, *overview_);
    add_inventory_route(api_, config);
    pages_.add_routes(router_);
    if (site_) site_->add_routes(router_);
    oauth_endpoints_.add_routes(router_);
    rendezvous_.add_routes(router_);
    account_site_.add_routes(router_);
}

namespace {

// A coroutine of its own: the handler of the page may not capture across a suspension.
Task<Result<void>> use_link(users::Users& users, std::string token, std::string password) {
    auto used = co_await users.lifecycle.use_reset_link(std::move(token), std::move(password));
    if (!used) co_return std::unexpected(std::move(used).error());
    co_return Result<void>{};
}

}  // namespace

pages::ResetPassword Services::resetter(users::Users& users) {
    return [&users](std::string token, std::string password) {
        return use_link(users, std::move(token), std::move(password));
    };
}

pages::EmailLinks Services::email_links(users::Users& users) {
    auto& validations = users.third_party.validations();
    return {.look = [&validations](const std::string& sid, std::string_view token) -> std::optional<pages::EmailLink> {
                auto opened = validations.look(sid, token);
                if (!opened) return std::nullopt;
                return pages::EmailLink{opened->purpose == users::Purpose::password_reset, opened->next.url,
                                        opened->next.by_user};
            },
            .confirm = [&validations](const std::string& sid,
                                      std::string_view token) { return validations.confirm(sid, token); }};
}

users::ThirdPartyPorts Services::third_party_ports(const Config& config, OpenStore& store, Machine machine,
                                                   std::optional<MailOut>& mail_out) {
    if (!config.privacy.third_party_ids) return {};
    if (!config.mail.host.empty()) mail_out.emplace(mail_server(config));
    return {&machine.outbound, request_signer(config.server.name, store.identity.signing_key),
            mail_out ? &*mail_out : nullptr};
}

Result<void> Services::start() {
    PEYK_CHECK(media_.start());
    if (users_.options().directory) PEYK_CHECK(users_.names.load());
    PEYK_CHECK(run_blocking(machine_.workers, rooms_.recover()));
    PEYK_CHECK(run_blocking(machine_.workers, removals_.resume()));
    PEYK_CHECK(run_blocking(machine_.workers, keys_.recover()));
    PEYK_CHECK(run_blocking(machine_.workers, users_.lifecycle.resume()));
    PEYK_CHECK(erasure_.start());
    // Before the server makes accounts of its own: a store with any account is not new.
    PEYK_TRY(first_invitation_, run_blocking(machine_.workers, users_.invitations.first()));
    PEYK_CHECK(run_blocking(machine_.workers, make_senders(registry_, users_)));
    if (notices_) PEYK_CHECK(run_blocking(machine_.workers, notices_->prepare()));
    PEYK_CHECK(push_sender_.start());
    PEYK_CHECK(delayed_.start());
    retention_.start();
    media_lifetime_.start();
    return appservices_.start();
}

Task<void> Services::tidy() {
    auto swept = co_await users_.registration_tokens.sweep();
    if (!swept) log::warning("app", "ended invitations are still there: {}", errc_name(swept.error().code));
}

void Services::stop() {
    if (searcher_) searcher_->stop();
    delayed_.stop();
    erasure_.stop();
    retention_.stop();
    media_lifetime_.stop();
    appservices_.stop();
    push_sender_.stop();
    presence_.stop();
    if (previews_) previews_->stop();
    media_.stop();
    if (mail_out_) mail_out_->stop();
    users_.stop();
}

}  // namespace peyk::app
