#pragma once
// The services that are registered, and what belongs to whom.

#include <span>

#include "appservices/registration.h"

namespace peyk::appservices {

// Purpose:  answers by token, by name and by namespace.  Owner: app::Services.  Runs on: any thread; never changes.
class Registry {
public:
    Registry(std::vector<Registration> services, std::string server_name)
        : services_(std::move(services)), server_name_(std::move(server_name)) {}

    bool empty() const { return services_.empty(); }
    std::span<const Registration> all() const { return services_; }
    // Null: none. Takes the same time for every token of the same length.
    const Registration* by_token(std::string_view as_token) const;
    const Registration* by_id(std::string_view id) const;
    std::vector<const Registration*> of_protocol(std::string_view protocol) const;

    // A local user that the service may act as: its sender, or in one of its namespaces.
    bool owns(const Registration& service, const UserId& user) const;
    bool owns(const Registration& service, const RoomAlias& alias) const;
    // Whether a service other than `asker` (null: a person asks) keeps the name for itself.
    bool is_taken(const UserId& user, const Registration* asker) const;
    bool is_taken(const RoomAlias& alias, const Registration* asker) const;

private:
    bool is_local(std::string_view server) const { return server == server_name_; }

    const std::vector<Registration> services_;
    const std::string server_name_;
};

}  // namespace peyk::appservices
