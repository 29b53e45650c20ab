#pragma once
// E-mail addresses at accounts. Spec: Client-Server API › Account Administrative Contact Information.

#include "privacy/rate_limits.h"
#include "users/accounts.h"
#include "users/third_party/identity_servers.h"
#include "users/third_party/third_party_ids.h"
#include "users/third_party/validations.h"

namespace peyk::users {

// Port: how a mail leaves. Errors: as http::send_mail.
class Mailer {
public:
    virtual ~Mailer() = default;
    virtual Task<Result<void>> send(std::string to, std::string subject, std::string text) = 0;
};

// What app/ gives. Null: not there.
struct ThirdPartyPorts {
    http::Outbound* outbound = nullptr;  // null: no third-party identifiers at all
    SignRequest sign = {};
    Mailer* mailer = nullptr;  // null: no mail can be sent
};

// Purpose:  proves, keeps, binds and forgets addresses.  Owner: Users.  Runs on: workers.
class ThirdParty {
public:
    ThirdParty(const Context& context, const Accounts& accounts, privacy::RateLimiter& limiter, ThirdPartyPorts ports)
        : context_(context),
          accounts_(accounts),
          limiter_(limiter),
          mailer_(ports.mailer),
          on_(ports.outbound != nullptr),
          ids_(context),
          validations_(context.clock, context.random) {
        if (ports.outbound) servers_.emplace(*ports.outbound, std::move(ports.sign));
    }

    bool on() const { return on_; }
    bool can_mail() const { return on_ && mailer_ != nullptr; }
    Validations& validations() { return validations_; }
    // Only where on().
    IdentityServers& servers() { return *servers_; }

    // A mail of this server's own to one of the user's addresses. Errors: not_found (it is none of them), unavailable,
    // M_LIMIT_EXCEEDED.
    Task<Result<void>> write_to(std::uint64_t user, std::string address, std::string subject, std::string text);

    struct EmailRequest {
        Purpose purpose;
        std::string address, client_secret;
        std::int64_t attempt = 1;
        NextLink next = {};
    };
    // Mails a link; answers the session. Errors: M_THREEPID_DENIED (no mail can be sent, or not for registration),
    // M_THREEPID_IN_USE, M_THREEPID_NOT_FOUND (no such account, for a new password), M_INVALID_PARAM,
    // M_LIMIT_EXCEEDED (this address has had mails enough for now, whoever asked).
    Task<Result<std::string>> request_email(EmailRequest request);

    Result<std::vector<ThirdPartyId>> of(std::uint64_t user) const { return ids_.of(user); }
    // The account of an address; null: none. The address may be written in any case.
    Result<AccountPtr> account_of(std::string_view medium, std::string_view address) const;
    // Errors: M_THREEPID_IN_USE.
    Task<Result<void>> add(std::uint64_t user, Validated validated);

    Task<Result<void>> bind(UserId user, std::string id_server, std::string token, std::string sid,
                            std::string client_secret);
    // At that server, or at all where it is bound. True: they all agreed, or there was none.
    Task<Result<bool>> unbind(UserId user, std::string medium, std::string address,
                              std::optional<std::string> id_server);
    // Unbinds, and takes the address from the account.
    Task<Result<bool>> remove(UserId user, std::string medium, std::string address,
                              std::optional<std::string> id_server);
    // The account ended. True: everything is unbound. May be called again.
    Task<Result<bool>> forget(UserId user);

private:
    Task<Result<bool>> unbind_one(UserId user, Binding binding);

    const Context& context_;
    const Accounts& accounts_;
    privacy::RateLimiter& limiter_;
    Mailer* mailer_;
    const bool on_;
    ThirdPartyIds ids_;
    Validations validations_;
    std::optional<IdentityServers> servers_;
};

}  // namespace peyk::users
