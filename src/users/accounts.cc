#include "users/accounts.h"

#include "core/errors.h"
#include "core/json.h"
#include "users/tables.h"

namespace peyk::users {
namespace {
constexpr std::size_t kCached = 50'000;
enum Flag : std::int64_t {
    kAdmin = 1,
    kLocked = 2,
    kSuspended = 4,
    kDeactivated = 8,
    kErased = 16,
    kSecondFactor = 32,
    kPasswordApps = 64,
    kGuest = 128,
    kOfServer = 256
};
}  // namespace

std::string Account::encode() const {
    std::int64_t flags = (admin ? kAdmin : 0) | (locked ? kLocked : 0) | (suspended ? kSuspended : 0) |
                         (deactivated ? kDeactivated : 0) | (erased ? kErased : 0) |
                         (second_factor ? kSecondFactor : 0) | (password_apps ? kPasswordApps : 0) |
                         (guest ? kGuest : 0) | (of_server ? kOfServer : 0);
    json::Object row{{"id", id.str()}, {"day", created_day}, {"flags", flags}};
    if (!password_hash.empty()) row.set("password", password_hash);
    if (!user_type.empty()) row.set("type", user_type);
    return json::write(row);
}

Result<Account> Account::decode(std::uint64_t number, std::string_view row) {
    PEYK_TRY(json::Value value, json::parse(row));
    auto id = value.get_string("id");
    if (!id) return fail(Errc::corrupt, "an account row has no id");
    auto flags = value.get_integer("flags").value_or(0);
    return Account{.id = UserId::trusted(std::string(*id)),
                   .number = number,
                   .password_hash = std::string(value.get_string("password").value_or("")),
                   .created_day = static_cast<std::uint32_t>(value.get_integer("day").value_or(0)),
                   .user_type = std::string(value.get_string("type").value_or("")),
                   .guest = (flags & kGuest) != 0,
                   .admin = (flags & kAdmin) != 0,
                   .locked = (flags & kLocked) != 0,
                   .suspended = (flags & kSuspended) != 0,
                   .deactivated = (flags & kDeactivated) != 0,
                   .erased = (flags & kErased) != 0,
                   .second_factor = (flags & kSecondFactor) != 0,
                   .password_apps = (flags & kPasswordApps) != 0,
                   .of_server = (flags & kOfServer) != 0};
}

Result<void> check_is_somebody(const Account& account) {
    if (!account.of_server) return {};
    return m::forbidden("This account is the server's own: nobody signs in as it");
}

Result<UserId> Accounts::complete(std::string_view name) const {
    if (name.starts_with('@')) return UserId::parse(name);
    return UserId::parse("@" + std::string(name) + ":" + context_.options.server_name);
}

Result<AccountPtr> Accounts::read(std::uint64_t number) const {
    PEYK_TRY(auto row, context_.db.get(kAccounts, number, ""));
    if (!row || row->gone) return AccountPtr{};
    PEYK_TRY(auto account, Account::decode(number, row->body));
    return std::make_shared<const Account>(std::move(account));
}

Result<AccountPtr> Accounts::by_number(std::uint64_t number) const {
    std::uint64_t before;
    {
        std::lock_guard lock(mutex_);
        if (auto hit = cache_.find(number); hit != cache_.end()) return hit->second;
        before = changes_;
    }
    PEYK_TRY(auto account, read(number));
    if (!account) return account;
    std::lock_guard lock(mutex_);
    if (changes_ == before) {
        if (cache_.size() >= kCached) cache_.erase(cache_.begin());
        cache_[number] = account;
    }
    return account;
}

Result<AccountPtr> Accounts::find(const UserId& user) const {
    if (!is_local(user)) return AccountPtr{};
    PEYK_TRY(auto account, by_number(number(user)));
    if (account && account->id != user) return AccountPtr{};  // two names with one number
    return account;
}

Result<bool> Accounts::exists(const UserId& user) const {
    PEYK_TRY(auto account, find(user));
    return account && !account->deactivated;
}

Result<bool> Accounts::any() const {
    std::string next;
    PEYK_TRY(auto rows, context_.db.walk(kAccounts, next, 1));
    return !rows.empty();
}

Result<std::vector<AccountPtr>> Accounts::page(std::string& next, std::size_t limit) const {
    PEYK_TRY(auto rows, context_.db.walk(kAccounts, next, limit));
    std::vector<AccountPtr> found;
    for (const auto& row : rows) {
        if (row.entry.gone) continue;
        PEYK_TRY(auto account, Account::decode(row.owner, row.entry.body));
        found.push_back(std::make_shared<const Account>(std::move(account)));
    }
    return found;
}

void Accounts::put(storage::Change& change, const Account& account) const {
    change.put(kAccounts, account.number, "", account.encode());
}

void Accounts::remember(AccountPtr account) const {
    std::lock_guard lock(mutex_);
    ++changes_;
    auto number = account->number;
    cache_[number] = std::move(account);
}

Task<Result<AccountPtr>> Accounts::create(Account account, Also also) {
    auto lane = co_await context_.lanes.enter(account.number);
    PEYK_CO_TRY(auto row, context_.db.get(kAccounts, account.number, ""));
    if (row) co_return m::user_in_use("This user name is taken");
    auto change = context_.change_of(account.number);
    put(change, account);
    if (also) also(change);
    auto made = std::make_shared<const Account>(std::move(account));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    remember(made);
    co_return AccountPtr(made);
}

Task<Result<AccountPtr>> Accounts::update(std::uint64_t number, Edit edit) {
    auto lane = co_await context_.lanes.enter(number);
    PEYK_CO_TRY(auto account, read(number));
    if (!account) co_return m::not_found("There is no such account");
    auto edited = std::make_shared<Account>(*account);
    PEYK_CO_CHECK(edit(*edited));
    auto change = context_.change_of(number);
    put(change, *edited);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    AccountPtr now = std::move(edited);
    remember(now);
    co_return now;
}

}  // namespace peyk::users
