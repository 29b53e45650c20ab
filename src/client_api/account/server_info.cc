// What the server says about itself. Spec: Client-Server API › API Versions, › Capabilities negotiation, › Well-known
// URIs.

#include "client_api/account/common.h"

#include <fmt/format.h>

namespace peyk::client_api::account {
namespace {

constexpr int kNewestMinor = 19;  // of version 1 of the specification

json::Object enabled(bool on) { return {{"enabled", on}}; }

class Versions {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/versions", Auth::none};
    explicit Versions(const AccountApiOptions& options) {
        json::Array versions;
        for (const char* old : {"r0.0.1", "r0.1.0", "r0.2.0", "r0.3.0", "r0.4.0", "r0.5.0", "r0.6.0", "r0.6.1"})
            versions.emplace_back(old);
        for (int minor = 1; minor <= kNewestMinor; ++minor) versions.emplace_back(fmt::format("v1.{}", minor));
        json::Object features;
        // In the specification for long; older clients ask for them by these names.
        for (const char* name :
             {"org.matrix.e2e_cross_signing", "org.matrix.msc2285.stable", "org.matrix.msc3266",
              "org.matrix.msc3827.stable", "org.matrix.msc3916.stable", "org.matrix.msc4155", "org.matrix.msc4222",
              "org.matrix.msc4380", "uk.half-shot.msc2666.query_mutual_rooms",
              "uk.half-shot.msc2666.query_mutual_rooms.stable", "uk.tcpip.msc4133", "uk.tcpip.msc4133.stable"})
            features.set(name, true);
        features.set("org.matrix.msc3391", true);  // deleting account data
        features.set("org.matrix.msc3881", true);  // pushers that are switched off
        // MSC4140, delayed events.
        features.set("org.matrix.msc4140", true);
        features.set("org.matrix.msc4140.stable", true);
        // MSC4143: where calls meet.
        features.set("org.matrix.msc4143", true);
        // MSC4186, sliding sync.
        features.set("org.matrix.simplified_msc3575", true);
        for (const auto& name : options.unstable_features) features.set(name, true);
        json::Object answer{{"versions", std::move(versions)}};
        if (!options.server_version.empty()) {  // MSC4383
            features.set("net.zemos.msc4383", true);
            answer.set("net.zemos.msc4383.server", json::Object{{"name", "peyk"}, {"version", options.server_version}});
        }
        answer.set("unstable_features", std::move(features));
        answer_ = json::write(answer);
    }

    Task<Result<Reply>> run(Call) { co_return Reply{200, answer_}; }

private:
    std::string answer_;
};

// What the caller may do, not what the server can: clients hide what is not enabled.
class Capabilities {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/capabilities"};
    Capabilities(users::Users& users, const AccountApiOptions& more)
        : accounts_(users.accounts), third_party_(users.third_party) {
        json::Object rooms;
        for (int version = 1; version <= 12; ++version) rooms.set(std::to_string(version), "stable");
        base_.set("m.room_versions",
                  json::Object{{"default", users.options().default_room_version}, {"available", std::move(rooms)}});
        for (const auto& [name, text] : more.capabilities) {
            auto value = json::parse(text);
            if (!value) panic("a capability does not parse: " + name);
            base_.set(name, *std::move(value));
        }
    }

    Task<Result<Reply>> run(Call call) {
        const auto& who = call.who();
        PEYK_CO_TRY(auto account, accounts_.find(who.user));
        // Apps of the browser are sent to the account page for all that asks for the password; guests have none.
        bool legacy = account && !who.oauth && !who.guest;
        bool password = legacy && !account->password_hash.empty();
        bool mail = legacy && third_party_.can_mail();
        auto capabilities = base_;
        capabilities.set("m.change_password", enabled(password || mail));
        capabilities.set("m.get_login_token", enabled(password));
        capabilities.set("m.3pid_changes", enabled(password && mail));
        capabilities.set("m.set_displayname", enabled(true));
        capabilities.set("m.set_avatar_url", enabled(!who.guest));
        auto fields = enabled(true);
        if (who.guest) fields.set("allowed", json::Array{json::Value("displayname")});
        capabilities.set("uk.tcpip.msc4133.profile_fields", fields);
        capabilities.set("m.profile_fields", std::move(fields));
        if (who.admin) capabilities.set("m.account_moderation", json::Object{{"suspend", true}, {"lock", true}});
        co_return Reply::of({{"capabilities", std::move(capabilities)}});
    }

private:
    users::Accounts& accounts_;
    const users::ThirdParty& third_party_;
    json::Object base_;
};

class WellKnownClient {
public:
    static constexpr Route kRoute{Method::get, "/.well-known/matrix/client", Auth::none};
    explicit WellKnownClient(const users::Options& options) : options_(options) {}

    Task<Result<Reply>> run(Call) {
        if (options_.public_base_url.empty()) co_return m::not_found("This server announces no address");
        json::Object out{{"m.homeserver", json::Object{{"base_url", options_.public_base_url}}}};
        const auto& livekit = options_.calls.livekit_url;  // MSC4143
        if (!livekit.empty())
            out.set("org.matrix.msc4143.rtc_foci",
                    json::Array{json::Object{{"type", "livekit"}, {"livekit_service_url", livekit}}});
        co_return Reply::of(out);
    }

private:
    const users::Options& options_;
};

class WellKnownSupport {
public:
    static constexpr Route kRoute{Method::get, "/.well-known/matrix/support", Auth::none};
    explicit WellKnownSupport(const users::Options& options) : options_(options) {}

    Task<Result<Reply>> run(Call) {
        json::Object out;
        json::Array contacts;
        for (const auto& contact : options_.support_contacts) {
            json::Object item{{"role", contact.role}};
            if (!contact.matrix_id.empty()) item.set("matrix_id", contact.matrix_id);
            if (!contact.email_address.empty()) item.set("email_address", contact.email_address);
            if (item.size() > 1) contacts.emplace_back(std::move(item));
        }
        if (!contacts.empty()) out.set("contacts", std::move(contacts));
        if (!options_.support_page.empty()) out.set("support_page", options_.support_page);
        if (out.empty()) co_return m::not_found("This server announces no contacts");
        co_return Reply::of(out);
    }

private:
    const users::Options& options_;
};

}  // namespace

void add_server_info(Api& api, users::Users& users, const AccountApiOptions& options) {
    api.add<Versions>(options);
    api.add<Capabilities>(users, options);
    api.add<WellKnownClient>(users.options());
    api.add<WellKnownSupport>(users.options());
}

}  // namespace peyk::client_api::account
