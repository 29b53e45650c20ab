#pragma once
// The registered clients. Spec: Client-Server API › Dynamic client registration flow.

#include <memory>
#include <mutex>
#include <optional>

#include "oauth/client_metadata.h"
#include "users/context.h"
#include "users/sessions.h"

namespace peyk::oauth {

struct Client {
    std::string id;
    ClientMetadata metadata;
};
using ClientPtr = std::shared_ptr<const Client>;

// Purpose:  registers clients and finds them. Equal descriptions share one id, which is a digest of the description.
// Owner:    OAuth.  Runs on: any worker; find() blocks on a read.
// Bounded: when there are too many, those go that signed no device in and are older than an hour, which is longer
// than any flow. Clients with a session stay, as the specification demands.
class Clients {
public:
    Clients(const users::Context& context, const users::Sessions& sessions, std::size_t limit = 5000)
        : context_(context), sessions_(sessions), limit_(limit) {}

    // Whether this very description is registered: to register it again takes no place. Blocks on a read.
    Result<bool> knows(const ClientMetadata& metadata) const;
    // Errors: temporarily_unavailable when all places are taken.
    Task<Expected<Client>> add(ClientMetadata metadata);
    Result<ClientPtr> find(std::string_view id) const;  // null: unknown

private:
    Result<std::size_t> sweep();

    const users::Context& context_;
    const users::Sessions& sessions_;
    const std::size_t limit_;
    Lanes lanes_;                       // one: registrations come one after the other
    std::optional<std::size_t> count_;  // inside the lane
    Millis swept_{-1};
};

}  // namespace peyk::oauth
