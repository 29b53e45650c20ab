#include "appservices/registry.h"

#include <algorithm>

#include "base/bytes.h"

namespace peyk::appservices {

const Registration* Registry::by_token(std::string_view as_token) const {
    const Registration* found = nullptr;
    for (const auto& service : services_) {
        if (equal_constant_time(service.as_token.reveal(), as_token)) found = &service;
    }
    return found;
}

const Registration* Registry::by_id(std::string_view id) const {
    auto found = std::ranges::find(services_, id, &Registration::id);
    return found == services_.end() ? nullptr : &*found;
}

std::vector<const Registration*> Registry::of_protocol(std::string_view protocol) const {
    std::vector<const Registration*> out;
    for (const auto& service : services_) {
        if (std::ranges::find(service.protocols, protocol) != service.protocols.end()) out.push_back(&service);
    }
    return out;
}

bool Registry::owns(const Registration& service, const UserId& user) const {
    return is_local(user.server()) && (user == service.sender || service.users.covers(user.view()));
}

bool Registry::owns(const Registration& service, const RoomAlias& alias) const {
    return service.aliases.covers(alias.view());
}

bool Registry::is_taken(const UserId& user, const Registration* asker) const {
    if (!is_local(user.server())) return false;
    return std::ranges::any_of(services_, [&](const auto& service) {
        return &service != asker && (user == service.sender || service.users.covers_exclusively(user.view()));
    });
}

bool Registry::is_taken(const RoomAlias& alias, const Registration* asker) const {
    return std::ranges::any_of(services_, [&](const auto& service) {
        return &service != asker && service.aliases.covers_exclusively(alias.view());
    });
}

}  // namespace peyk::appservices
