#pragma once
// The accounts of this server.

#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "users/account.h"
#include "users/context.h"

namespace peyk::users {

// Purpose:  finds, makes and changes account rows; a bounded cache in memory.
// Owner:    Users.  Runs on: any worker; find() and by_number() may block on a read.
class Accounts {
public:
    explicit Accounts(const Context& context) : context_(context) {}

    bool is_local(const UserId& user) const { return user.server() == context_.options.server_name; }
    // "@local:server" or a bare localpart, as sign-in takes it. Errors: M_INVALID_PARAM.
    Result<UserId> complete(std::string_view user_or_localpart) const;
    std::uint64_t number(const UserId& user) const { return context_.db.number(user.view()); }

    // Null: there is none (remote users have none). Deactivated accounts are found.
    Result<AccountPtr> find(const UserId& user) const;
    Result<AccountPtr> by_number(std::uint64_t number) const;
    // An account that was not deactivated.
    Result<bool> exists(const UserId& user) const;
    // False only in a new store.
    Result<bool> any() const;
    // Accounts in the order of their numbers; `next` is where to go on (empty at first and when done).
    Result<std::vector<AccountPtr>> page(std::string& next, std::size_t limit) const;

    // `also` may add rows of the user to the batch. Errors: M_USER_IN_USE.
    using Also = std::function<void(storage::Change&)>;
    Task<Result<AccountPtr>> create(Account account, Also also = {});
    // Applies `edit` to the newest row inside the user's lane. Errors: M_NOT_FOUND, and what `edit` returns.
    using Edit = std::function<Result<void>(Account&)>;
    Task<Result<AccountPtr>> update(std::uint64_t number, Edit edit);

    // For changes that carry the account row among others: the row, and what to tell after the commit.
    void put(storage::Change& change, const Account& account) const;
    void remember(AccountPtr account) const;

private:
    Result<AccountPtr> read(std::uint64_t number) const;

    const Context& context_;
    mutable std::mutex mutex_;
    mutable std::unordered_map<std::uint64_t, AccountPtr> cache_;
    mutable std::uint64_t changes_ = 0;  // a row that was read before a change must not enter the cache after it
};

}  // namespace peyk::users
