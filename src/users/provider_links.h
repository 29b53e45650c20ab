#pragma once
// Which account a person at an OpenID provider signs in to. Of that person nothing is kept but a keyed digest: who
// takes the disk, or asks the operator, does not learn who somebody is at their school.

#include <string>
#include <string_view>
#include <vector>

#include "async/lane.h"
#include "users/accounts.h"

namespace peyk::users {

// One person at one provider.
struct ProviderLink {
    std::string issuer;
    std::string digest;  // keyed, of the issuer and its name for the person (`sub`); 16 bytes
};

// Purpose:  links between persons and accounts; a person has one account, an account up to kMost persons.
// Owner:    Users.  Runs on: any worker; reads block.
// Two rows make a link, and only both together count: one in the server's shard says whose it is, one in the owner's
// shard holds it. The first is written first and deleted last, so that a crash leaves nothing that has an effect.
class ProviderLinks {
public:
    static constexpr std::size_t kMost = 20;

    ProviderLinks(const Context& context, const Accounts& accounts) : context_(context), accounts_(accounts) {}

    ProviderLink link(std::string_view issuer, std::string_view subject) const;
    // Null: nobody's. Locked accounts are found, ended ones are not.
    Result<AccountPtr> account_of(const ProviderLink& link) const;
    Result<std::vector<ProviderLink>> of(std::uint64_t user) const;
    // Whether a provider of the configuration signs the account in.
    Result<bool> usable(std::uint64_t user) const;
    bool is_configured(std::string_view issuer) const;

    // Errors: M_USER_IN_USE (the person has another account here), M_NOT_FOUND (the account has ended), M_FORBIDDEN
    // (too many). A link that is there already is no error.
    Task<Result<void>> add(std::uint64_t user, ProviderLink link);
    // Errors: conflict when the account could not be signed in to any more.
    Task<Result<void>> remove(std::uint64_t user, std::string digest);
    // All of an account that has ended. May be called again.
    Task<Result<void>> forget(std::uint64_t user);

    // For an account that is about to be made: until the guard goes nobody else is linked with that person. The batch
    // that makes the account takes put(). Errors: M_USER_IN_USE.
    Task<Result<Lanes::Guard>> claim(std::uint64_t user, ProviderLink link);
    void put(storage::Change& change, std::uint64_t user, const ProviderLink& link) const;
    // The account was not made after all. Inside the guard.
    Task<void> give_up(ProviderLink link);

private:
    Result<std::optional<std::uint64_t>> owner(const ProviderLink& link) const;
    Result<void> check_other_way_in(std::uint64_t user, const std::string& digest) const;
    Task<Result<void>> erase(std::uint64_t user, std::string digest, bool even_the_last);

    const Context& context_;
    const Accounts& accounts_;
    Lanes lanes_;  // by digest; entered before the lane of the user
};

}  // namespace peyk::users
