#pragma once
// The third-party identifiers of accounts as rows, and where they are bound.

#include <optional>
#include <string>
#include <vector>

#include "async/lane.h"
#include "users/context.h"

namespace peyk::users {

struct ThirdPartyId {
    std::string medium, address;
    Millis validated_at{0}, added_at{0};
};

struct Binding {
    std::string medium, address, id_server;
};

// Owner: ThirdParty.  Runs on: workers; reads block.
class ThirdPartyIds {
public:
    explicit ThirdPartyIds(const Context& context) : context_(context) {}

    Result<std::vector<ThirdPartyId>> of(std::uint64_t user) const;
    // Whose it is; nothing: nobody's.
    Result<std::optional<std::uint64_t>> owner(std::string_view medium, std::string_view address) const;
    // Again by its owner: renews `validated_at`. Errors: M_THREEPID_IN_USE.
    Task<Result<void>> add(std::uint64_t user, ThirdPartyId id);
    // Nothing happens when it is not the user's.
    Task<Result<void>> remove(std::uint64_t user, std::string medium, std::string address);

    Result<std::vector<Binding>> bindings(std::uint64_t user) const;
    Task<Result<void>> add_binding(std::uint64_t user, Binding binding);
    Task<Result<void>> remove_binding(std::uint64_t user, Binding binding);

private:
    std::string key(std::string_view medium, std::string_view address) const;
    std::string key(const Binding& binding) const;

    const Context& context_;
    Lanes lanes_;  // by address
};

}  // namespace peyk::users
