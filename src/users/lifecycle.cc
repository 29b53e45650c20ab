#include "users/lifecycle.h"

#include <limits>

#include "base/bytes.h"
#include "base/logging.h"
#include "core/errors.h"
#include "users/tables.h"

namespace peyk::users {
namespace {
constexpr std::uint64_t kServer = 0;
constexpr std::size_t kPage = 500;

// Row of kResetLinks: {"expires", "keep"}; of before devices could be kept, the time alone.
struct LinkTerms {
    Millis expires{0};
    Devices devices = Devices::end;
};

std::string encode_link(Millis expires, Devices devices) {
    return json::write(json::Object{{"expires", expires.count()}, {"keep", devices == Devices::keep}});
}

Result<LinkTerms> decode_link(std::string_view body) {
    PEYK_TRY(json::Value row, json::parse(body));
    if (auto expires = row.integer()) return LinkTerms{Millis{*expires}};
    bool keep = row.get_bool("keep").value_or(false);
    return LinkTerms{Millis{row.get_integer("expires").value_or(0)}, keep ? Devices::keep : Devices::end};
}

// Row of kEndedAccounts: the user id, and "erase" on a line of its own when that was asked for.
constexpr std::string_view kEraseMark = "\nerase";

std::string encode_note(const UserId& user, bool erase) {
    return erase ? user.str() + std::string(kEraseMark) : user.str();
}

struct EndNote {
    UserId user;
    bool erase;
};
EndNote decode_note(std::string_view body) {
    bool erase = body.ends_with(kEraseMark);
    if (erase) body.remove_suffix(kEraseMark.size());
    return {UserId::trusted(std::string(body)), erase};
}

}  // namespace

Lifecycle::Lifecycle(const Context& context, Accounts& accounts, Passwords& passwords, Sessions& sessions,
                     AccountData& data, Filters& filters, Profiles& profiles, Tickets& login_tokens, NameIndex& names,
                     ThirdParty& third_party, ProviderLinks& provider_links, Pushers& pushers,
                     AccountObserver* observer)
    : context_(context),
      accounts_(accounts),
      passwords_(passwords),
      sessions_(sessions),
      data_(data),
      filters_(filters),
      profiles_(profiles),
      login_tokens_(login_tokens),
      names_(names),
      third_party_(third_party),
      provider_links_(provider_links),
      pushers_(pushers),
      observer_(observer) {}

Task<Result<void>> Lifecycle::change_password(UserId user, std::string password, bool logout_devices,
                                              std::optional<DeviceId> keep) {
    PEYK_CO_CHECK(passwords_.check_new(password, user.localpart()));
    PEYK_CO_TRY(auto hash, co_await passwords_.hash(std::move(password)));
    auto number = accounts_.number(user);
    auto lane = co_await context_.lanes.enter(number);
    PEYK_CO_TRY(auto account, accounts_.by_number(number));
    if (!account || account->deactivated) co_return m::not_found("There is no such account");
    auto changed = std::make_shared<Account>(*account);
    changed->password_hash = std::move(hash);
    auto change = context_.change_of(number);
    accounts_.put(change, *changed);
    Ended ended;
    if (logout_devices) {
        PEYK_CO_TRY(ended, sessions_.remove_in(change, number, std::move(keep)));
    }
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    accounts_.remember(std::move(changed));
    login_tokens_.revoke(user.view());
    lane.leave();
    co_await sessions_.ended(std::move(user), std::move(ended));
    co_return Result<void>{};
}

Task<Result<void>> Lifecycle::delete_data(std::uint64_t user) {
    for (bool done = false; !done;) {
        auto change = context_.change_of(user);
        PEYK_CO_TRY(bool data, data_.delete_some(change, user));
        PEYK_CO_TRY(bool filters, filters_.delete_some(change, user));
        profiles_.delete_in(change, user);
        PEYK_CO_TRY(auto links, context_.db.scan(kResetLinks, user, "", "", kPage));
        for (const auto& row : links) change.del(kResetLinks, user, row.rest);
        PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
        done = data && filters;
    }
    co_return Result<void>{};
}

Task<Result<json::Object>> Lifecycle::deactivate(UserId user, Ending ending) {
    PEYK_CO_TRY(auto account, accounts_.find(user));
    if (!account) co_return m::not_found("There is no such account");
    if (ending.erase && observer_) PEYK_CO_CHECK(co_await observer_->erasing(user, account->number, ending));
    // What is still to do is written down first, in the server's shard.
    std::string key;
    put_u64be(key, account->number);
    auto note = context_.server_change();
    note.put(kEndedAccounts, kServer, key, encode_note(user, ending.erase));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(note)));

    auto lane = co_await context_.lanes.enter(account->number);
    PEYK_CO_TRY(account, accounts_.find(user));
    auto over = std::make_shared<Account>(*account);
    over->deactivated = true;
    over->erased = over->erased || ending.erase;
    over->admin = over->locked = over->suspended = false;
    over->password_hash.clear();
    auto change = context_.change_of(account->number);
    accounts_.put(change, *over);
    PEYK_CO_TRY(auto ended, sessions_.remove_in(change, account->number, std::nullopt));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    accounts_.remember(over);
    names_.remove(over->number);
    login_tokens_.revoke(user.view());
    PEYK_CO_CHECK(co_await delete_data(account->number));
    lane.leave();
    co_await sessions_.ended(std::move(user), std::move(ended));
    co_return co_await leave_rooms(std::move(over));
}

// One by one, since others know of them: the index of all pushers, and who sends to them.
Task<Result<void>> Lifecycle::remove_pushers(std::uint64_t user) {
    PEYK_CO_TRY(auto pushers, pushers_.stored(user));
    for (auto& pusher : pushers) PEYK_CO_CHECK(co_await pushers_.remove(user, std::move(pusher.key)));
    co_return Result<void>{};
}

Task<Result<json::Object>> Lifecycle::leave_rooms(AccountPtr account) {
    json::Object receipt;
    PEYK_CO_CHECK(co_await remove_pushers(account->number));
    if (observer_) PEYK_CO_CHECK(co_await observer_->deactivated(account->id, account->number, account->erased));
    PEYK_CO_CHECK(co_await third_party_.forget(account->id));
    PEYK_CO_CHECK(co_await provider_links_.forget(account->number));
    if (account->erased) {
        if (observer_) PEYK_CO_CHECK(co_await observer_->shredding(account->id, account->number));
        PEYK_CO_CHECK(co_await shred(account->id));
        if (observer_) {
            PEYK_CO_TRY(receipt, co_await observer_->erased(account->id, account->number));
        }
    }
    std::string key;
    put_u64be(key, account->number);
    auto change = context_.server_change();
    change.del(kEndedAccounts, kServer, key);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return receipt;
}

Task<Result<void>> Lifecycle::shred(UserId user) {
    auto number = accounts_.number(user);
    auto lane = co_await context_.lanes.enter(number);
    // The cache knows the account while its row is away, so that nobody can take the name in between.
    auto name = std::make_shared<Account>(Account{.id = std::move(user), .number = number});
    name->deactivated = name->erased = true;
    accounts_.remember(name);
    PEYK_CO_CHECK(context_.db.drop_owner(storage::Owner::user, number));
    auto change = context_.change_of(number);
    accounts_.put(change, *name);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    accounts_.remember(std::move(name));
    co_return Result<void>{};
}

Task<Result<void>> Lifecycle::resume() {
    PEYK_CO_TRY(auto rows, context_.db.scan(kEndedAccounts, kServer, "", "", kPage));
    for (const auto& row : rows) {
        if (row.rest.size() != 8) continue;
        auto number = get_u64be(row.rest.data());
        PEYK_CO_TRY(auto account, accounts_.by_number(number));
        auto note = decode_note(row.body);
        if (!account && note.erase) {
            // The crash came when everything was destroyed and only the name was still to be written.
            account = std::make_shared<Account>(
                Account{.id = note.user, .number = number, .deactivated = true, .erased = true});
        }
        // Noted, but the crash came before the account ended: it goes on living, and its owner asks again.
        if (!account || !account->deactivated) {
            auto change = context_.server_change();
            change.del(kEndedAccounts, kServer, row.rest);
            PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
            continue;
        }
        auto lane = co_await context_.lanes.enter(account->number);
        PEYK_CO_CHECK(co_await delete_data(account->number));
        lane.leave();
        if (auto left = co_await leave_rooms(std::move(account)); !left)
            log::warning("users", "an ended account could not leave its rooms yet: {}", left.error().detail);
    }
    co_return Result<void>{};
}

Task<Result<Lifecycle::ResetLink>> Lifecycle::make_reset_link(UserId user, Devices devices) {
    auto number = accounts_.number(user);
    auto lane = co_await context_.lanes.enter(number);
    PEYK_CO_TRY(auto account, accounts_.find(user));
    if (!account || account->deactivated) co_return m::not_found("There is no such account");
    PEYK_CO_CHECK(check_is_somebody(*account));
    auto token = make_token(TokenKind::reset, number, context_.db, context_.random);
    auto expires = context_.clock.now() + context_.options.reset_link_lifetime;
    auto change = context_.change_of(number);
    PEYK_CO_TRY(auto old, context_.db.scan(kResetLinks, number, "", "", kPage));
    for (const auto& row : old) change.del(kResetLinks, number, row.rest);
    change.put(kResetLinks, number, token.digest, encode_link(expires, devices));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    ResetLink link{token.text, {}, expires};
    if (!context_.options.public_base_url.empty())
        link.url = context_.options.public_base_url + "/_peyk/reset?token=" + token.text;
    co_return link;
}

Task<Result<UserId>> Lifecycle::use_reset_link(std::string token, std::string password) {
    auto link = read_token(TokenKind::reset, token, context_.db);
    if (!link) co_return m::forbidden("This link is not valid");
    PEYK_CO_TRY(auto early, context_.db.get(kResetLinks, link->owner, link->digest));
    if (!early) co_return m::forbidden("This link is not valid");
    PEYK_CO_TRY(auto account, accounts_.by_number(link->owner));
    if (!account || account->deactivated) co_return m::forbidden("This link is not valid");
    PEYK_CO_CHECK(passwords_.check_new(password, account->id.localpart()));
    PEYK_CO_TRY(auto hash, co_await passwords_.hash(std::move(password)));

    auto lane = co_await context_.lanes.enter(link->owner);
    PEYK_CO_TRY(auto row, context_.db.get(kResetLinks, link->owner, link->digest));
    PEYK_CO_TRY(account, accounts_.by_number(link->owner));
    if (!row || row->gone || !account || account->deactivated) co_return m::forbidden("This link is not valid");
    PEYK_CO_TRY(auto terms, decode_link(row->body));
    auto change = context_.change_of(link->owner);
    change.del(kResetLinks, link->owner, link->digest);
    if (terms.expires <= context_.clock.now()) {
        PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
        co_return m::forbidden("This link has expired");
    }
    auto changed = std::make_shared<Account>(*account);
    changed->password_hash = std::move(hash);
    accounts_.put(change, *changed);
    Ended ended;
    if (terms.devices == Devices::end) {
        PEYK_CO_TRY(ended, sessions_.remove_in(change, link->owner, std::nullopt));
    }
    json::Object notice{{"kind", "password_reset"}, {"day", context_.today()}};
    PEYK_CO_CHECK(data_.put_in(change, link->owner, std::nullopt, kSecurityNotice, notice, AccountData::Quota::always));
    PEYK_CO_TRY(auto position, co_await context_.db.commit(std::move(change)));
    accounts_.remember(std::move(changed));
    login_tokens_.revoke(account->id.view());
    lane.leave();
    context_.feed.publish({FeedEntry::Kind::user, link->owner, position});
    co_await sessions_.ended(account->id, std::move(ended));
    if (observer_) co_await observer_->password_reset(account->id);
    co_return account->id;
}

Result<std::optional<SecurityNotice>> Lifecycle::notice(std::uint64_t user) const {
    PEYK_TRY(auto content, data_.stored(user, std::nullopt, kSecurityNotice));
    json::Value notice(std::move(content));
    auto day = notice.get_integer("day");
    if (!day || *day < 0 || *day > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return SecurityNotice{static_cast<std::uint32_t>(*day), notice.get_bool("dismissed").value_or(false)};
}

Task<Result<void>> Lifecycle::dismiss_notice(std::uint64_t user) {
    PEYK_CO_TRY(auto shown, notice(user));
    if (!shown || shown->dismissed) co_return Result<void>{};
    AccountData::Edit edit = [](json::Object& content) -> Result<void> {
        content.set("dismissed", true);
        return {};
    };
    co_return co_await data_.edit(user, std::nullopt, std::string(kSecurityNotice), std::move(edit));
}

Task<Result<void>> Lifecycle::set_state(UserId user, State state, bool on) {
    Accounts::Edit edit = [state, on](Account& account) -> Result<void> {
        if (account.deactivated) return m::not_found("There is no such account");
        (state == State::locked ? account.locked : account.suspended) = on;
        return {};
    };
    auto number = accounts_.number(user);
    PEYK_CO_CHECK(co_await accounts_.update(number, std::move(edit)));
    co_return Result<void>{};
}

}  // namespace peyk::users
