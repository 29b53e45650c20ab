#include "users/third_party/third_party.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/errors.h"

namespace peyk::users {
namespace {

constexpr std::string_view kEmail = "email";

struct Letter {
    std::string_view subject, english, persian;
};

Letter letter_for(Purpose purpose) {
    switch (purpose) {
        case Purpose::registration:
        case Purpose::add:
            return {"Confirm your e-mail address",
                    "Somebody, probably you, gave this e-mail address to {}. To confirm that it is yours, open this "
                    "address within an hour:",
                    "کسی، احتمالاً خودتان، این نشانی ایمیل را به {} داده است. برای تأیید، این پیوند را تا یک ساعت دیگر "
                    "باز کنید:"};
        case Purpose::password_reset: break;
    }
    return {
        "Set a new password",
        "Somebody, probably you, asked to set a new password for the account of this e-mail address at {}. If it was "
        "you, open this address within an hour and confirm:",
        "کسی، احتمالاً خودتان، خواسته است گذرواژهٔ حسابِ این ایمیل در {} عوض شود. اگر خودتان بودید، این پیوند را تا "
        "یک ساعت دیگر باز کنید و تأیید کنید:"};
}

constexpr std::string_view kOtherwise =
    "If you did not ask for this, ignore this mail.\nاگر شما نخواسته‌اید، این نامه را "
    "نادیده "
    "بگیرید.\n";

}  // namespace

Task<Result<std::string>> ThirdParty::request_email(EmailRequest request) {
    if (!can_mail()) co_return fail(Error{Errc::forbidden, "This server sends no e-mail", "M_THREEPID_DENIED"});
    // Elsewhere no flow of registration takes an address.
    bool open = context_.options.registration == RegistrationMode::open;
    if (request.purpose == Purpose::registration && !open)
        co_return fail(Error{Errc::forbidden, "Registration takes no e-mail address here", "M_THREEPID_DENIED"});
    PEYK_CO_TRY(auto address, canonical_email(request.address));
    PEYK_CO_TRY(auto account, account_of(kEmail, address));
    if (request.purpose == Purpose::password_reset) {
        if (!account) co_return fail(Error{Errc::bad_request, "No account has this address", "M_THREEPID_NOT_FOUND"});
    } else if (account) {
        co_return fail(Error{Errc::bad_request, "This address belongs to an account", "M_THREEPID_IN_USE"});
    }
    PEYK_CO_TRY(auto started, validations_.start(request.purpose, address, std::move(request.client_secret),
                                                 request.attempt, std::move(request.next)));
    if (!started.send) co_return started.sid;
    if (auto taken = limiter_.take(privacy::RateClass::mail, address); !taken) {
        validations_.not_sent(started.sid);
        co_return fail(std::move(taken.error()));
    }
    auto letter = letter_for(request.purpose);
    const auto& options = context_.options;
    auto link = fmt::format("{}/_peyk/email?sid={}&token={}", options.public_base_url, started.sid, started.token);
    auto text =
        fmt::format("{}\n\n{}\n\n{}\n\n{}\n\n{}", fmt::format(fmt::runtime(letter.english), options.server_name), link,
                    fmt::format(fmt::runtime(letter.persian), options.server_name), link, kOtherwise);
    auto sent = co_await mailer_->send(std::move(address), std::string(letter.subject), std::move(text));
    if (!sent) validations_.not_sent(started.sid);
    if (!sent) co_return fail(Error{Errc::unavailable, "The e-mail could not be sent; try again later", "M_UNKNOWN"});
    co_return started.sid;
}

Task<Result<void>> ThirdParty::write_to(std::uint64_t user, std::string address, std::string subject,
                                        std::string text) {
    if (!can_mail()) co_return fail(Errc::unavailable, "no mail can be sent");
    PEYK_CO_TRY(address, canonical_email(address));
    PEYK_CO_TRY(auto ids, ids_.of(user));
    bool own = std::ranges::any_of(ids, [&](const auto& id) { return id.medium == kEmail && id.address == address; });
    if (!own) co_return m::not_found("The address is none of this account");
    PEYK_CO_CHECK(limiter_.take(privacy::RateClass::mail, address));
    co_return co_await mailer_->send(std::move(address), std::move(subject), std::move(text));
}

Result<AccountPtr> ThirdParty::account_of(std::string_view medium, std::string_view address) const {
    if (medium != kEmail) return AccountPtr{};
    auto canonical = canonical_email(address);
    if (!canonical) return AccountPtr{};
    PEYK_TRY(auto user, ids_.owner(kEmail, *canonical));
    if (!user) return AccountPtr{};
    PEYK_TRY(auto account, accounts_.by_number(*user));
    if (!account || account->deactivated) return AccountPtr{};
    return account;
}

Task<Result<void>> ThirdParty::add(std::uint64_t user, Validated validated) {
    ThirdPartyId id{std::move(validated.medium), std::move(validated.address), validated.at, context_.clock.now()};
    co_return co_await ids_.add(user, std::move(id));
}

Task<Result<void>> ThirdParty::bind(UserId user, std::string id_server, std::string token, std::string sid,
                                    std::string client_secret) {
    auto binding = servers_->bind(id_server, std::move(token), std::move(sid), std::move(client_secret), user);
    PEYK_CO_TRY(auto bound, co_await std::move(binding));
    Binding row{std::move(bound.medium), std::move(bound.address), std::move(id_server)};
    co_return co_await ids_.add_binding(accounts_.number(user), std::move(row));
}

Task<Result<bool>> ThirdParty::unbind_one(UserId user, Binding binding) {
    auto asked = co_await servers_->unbind(binding.id_server, binding.medium, binding.address, user);
    if (!asked) co_return false;
    PEYK_CO_CHECK(co_await ids_.remove_binding(accounts_.number(user), std::move(binding)));
    co_return true;
}

Task<Result<bool>> ThirdParty::unbind(UserId user, std::string medium, std::string address,
                                      std::optional<std::string> id_server) {
    if (id_server) {
        Binding one{std::move(medium), std::move(address), *std::move(id_server)};
        co_return co_await unbind_one(std::move(user), std::move(one));
    }
    PEYK_CO_TRY(auto bindings, ids_.bindings(accounts_.number(user)));
    bool all = true;
    for (auto& binding : bindings) {
        if (binding.medium != medium || binding.address != address) continue;
        PEYK_CO_TRY(bool done, co_await unbind_one(user, std::move(binding)));
        all = all && done;
    }
    co_return all;
}

Task<Result<bool>> ThirdParty::remove(UserId user, std::string medium, std::string address,
                                      std::optional<std::string> id_server) {
    PEYK_CO_TRY(bool unbound, co_await unbind(user, medium, address, std::move(id_server)));
    auto canonical = canonical_email(address);
    PEYK_CO_CHECK(co_await ids_.remove(accounts_.number(user), std::move(medium),
                                       canonical ? *std::move(canonical) : std::move(address)));
    co_return unbound;
}

Task<Result<bool>> ThirdParty::forget(UserId user) {
    if (!on_) co_return true;
    auto number = accounts_.number(user);
    bool all = true;
    PEYK_CO_TRY(auto bindings, ids_.bindings(number));
    for (auto& binding : bindings) {
        PEYK_CO_TRY(bool done, co_await unbind_one(user, binding));
        all = all && done;
        // The account is gone either way; nobody could ask again.
        if (!done) PEYK_CO_CHECK(co_await ids_.remove_binding(number, std::move(binding)));
    }
    PEYK_CO_TRY(auto held, ids_.of(number));
    for (auto& id : held) PEYK_CO_CHECK(co_await ids_.remove(number, std::move(id.medium), std::move(id.address)));
    co_return all;
}

}  // namespace peyk::users
