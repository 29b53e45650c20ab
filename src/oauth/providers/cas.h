#pragma once
// A CAS server. CAS Protocol 3.0 Specification: /login, and the validation of tickets.

#include "oauth/providers/provider.h"

namespace peyk::oauth {

// Purpose:  sends browsers to one CAS server, and has it validate the tickets that they bring.
// Owner:    Providers.  Runs on: any worker.
class CasProvider final : public Provider {
public:
    CasProvider(ProviderOptions options, http::Outbound& outbound) : Provider(std::move(options), outbound) {}

    // A service is the address of this server that a ticket is for, with all that its query holds but the ticket.
    static std::string service(std::string_view redirect_uri, std::string_view state);
    // Where a browser gets a ticket for a service. `anew`: by proving who the person is, signed in there or not.
    std::string login_address(std::string_view service, bool anew) const;
    // Whose ticket it is, and what else is said of them. A ticket is good once.
    Task<Outcome<json::Object>> validate(std::string ticket, std::string service, bool anew);
    // Faults: not_allowed.
    Outcome<Person> judge(const json::Object& claims, const IsKnown& is_known) const;

    Task<Outcome<std::string>> address_for(Question question) override;
    Task<Outcome<Person>> identify(Answer answer, IsKnown is_known) override;
    Task<Outcome<void>> check() override;  // whether it refuses what is no ticket

private:
    std::string base() const;
    Task<Outcome<std::string>> ask(std::string query);
};

}  // namespace peyk::oauth
