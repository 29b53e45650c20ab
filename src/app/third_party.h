#pragma once
// How users/ and rooms/ reach mail and identity servers.

#include <atomic>

#include "async/executor.h"
#include "core/signing.h"
#include "http/smtp.h"
#include "rooms/membership/third_party_invites.h"
#include "users/users.h"

namespace peyk::app {

// Mails over the operator's server, on a small pool of its own: SMTP blocks.
class MailOut final : public users::Mailer {
public:
    explicit MailOut(http::MailServer server) : server_(std::move(server)), pool_("mail", 2) {}
    Task<Result<void>> send(std::string to, std::string subject, std::string text) override;
    // Ends what waits, not what is under way.
    void stop() {
        stopping_ = true;
        pool_.stop();
    }

private:
    const http::MailServer server_;
    std::atomic<bool> stopping_ = false;
    WorkerPool pool_;
};

// Spec: Server-Server API › Request Authentication.
users::SignRequest request_signer(std::string server_name, const SigningKey& key);

class IdentityOfUsers final : public rooms::IdentityService {
public:
    explicit IdentityOfUsers(users::Users& users) : users_(users) {}
    Task<Result<std::optional<UserId>>> look_up(rooms::ThirdPartyAddress address) override;
    Task<Result<json::Object>> store_invite(rooms::ThirdPartyAddress address, json::Object about) override;
    Task<Result<bool>> key_is_valid(std::string url, std::string public_key) override;

private:
    users::Users& users_;
};

}  // namespace peyk::app
