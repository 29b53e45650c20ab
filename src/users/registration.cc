#include "users/registration.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/logging.h"
#include "core/errors.h"
#include "core/hmac.h"
#include "users/tables.h"

namespace peyk::users {
namespace {

constexpr Millis kNonceLife{60'000};
constexpr std::size_t kMaxNonces = 10'000;
constexpr std::size_t kMaxDisplayName = 256;

Result<std::optional<std::string>> text_member(const json::Object& body, std::string_view key) {
    const auto* value = body.find(key);
    if (!value) return std::nullopt;
    if (!value->string()) return m::bad_json(fmt::format("'{}' must be a string", key));
    return *value->string();
}

Result<bool> flag_member(const json::Object& body, std::string_view key) {
    const auto* value = body.find(key);
    if (!value) return false;
    if (!value->boolean()) return m::bad_json(fmt::format("'{}' must be true or false", key));
    return *value->boolean();
}

}  // namespace

struct Registration::Wish {
    std::optional<std::string> localpart;
    std::string password;
    std::optional<DeviceId> device;
    std::optional<std::string> device_name;
    bool inhibit_login = false;
    bool refreshable = false;
    std::optional<UserId> guest;  // who is to become a full user
};

Registration::Registration(const Context& context, Accounts& accounts, Passwords& passwords, RegistrationTokens& tokens,
                           Sessions& sessions, Uia& uia, NameIndex& people, ThirdParty& third_party,
                           ProviderLinks& provider_links, Invitations& invitations, const ServiceNames* names)
    : context_(context),
      accounts_(accounts),
      passwords_(passwords),
      tokens_(tokens),
      sessions_(sessions),
      uia_(uia),
      people_(people),
      third_party_(third_party),
      provider_links_(provider_links),
      invitations_(invitations),
      names_(names),
      nonces_(context.clock, context.random, "", kMaxNonces) {}

Result<std::string> Registration::check_localpart(std::string_view wanted) const {
    std::string name(wanted);
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    if (!is_new_localpart(name)) return m::invalid_username("A user name is made of a-z 0-9 . _ = - / +");
    if (name.size() + context_.options.server_name.size() + 2 > kMaxIdBytes)
        return m::invalid_username("The user name is too long");
    return name;
}

Result<void> Registration::available(std::string_view localpart) const {
    PEYK_TRY(auto name, check_localpart(localpart));
    PEYK_TRY(auto user, accounts_.complete(name));
    if (names_ && names_->is_taken(user, {})) return m::exclusive("This user name belongs to an application service");
    PEYK_TRY(auto account, accounts_.by_number(accounts_.number(user)));
    if (account) return m::user_in_use("This user name is taken");
    return {};
}

std::string Registration::random_localpart() const {
    auto name = context_.random.letters(12);
    for (char& c : name) c = static_cast<char>(c | 0x20);
    return name;
}

bool Registration::possible_in_browser() const {
    return mode() != RegistrationMode::closed ||
           std::ranges::any_of(context_.options.providers, &IdentityProvider::registration);
}

Task<Result<AccountPtr>> Registration::create(NewAccount wanted, Accounts::Also more) {
    PEYK_CO_TRY(auto name, check_localpart(wanted.localpart));
    PEYK_CO_TRY(auto user, accounts_.complete(name));
    auto number = accounts_.number(user);
    Account account{.id = std::move(user),
                    .number = number,
                    .created_day = context_.today(),
                    .user_type = wanted.user_type.substr(0, 64),
                    .guest = wanted.guest,
                    .admin = wanted.admin,
                    .of_server = wanted.of_server};
    if (!wanted.password.empty()) {
        PEYK_CO_TRY(account.password_hash, co_await passwords_.hash(std::move(wanted.password)));
    }
    auto displayname = wanted.displayname.value_or(name);
    if (displayname.size() > kMaxDisplayName) co_return m::too_large("The display name is too long");
    Accounts::Also also = [number, displayname, more](storage::Change& change) {
        if (more) more(change);
        if (displayname.empty()) return;
        change.put(kProfiles, number, "", json::write(json::Object{{"displayname", displayname}}));
    };
    PEYK_CO_TRY(auto made, co_await accounts_.create(std::move(account), std::move(also)));
    people_.put(made->id, made->number, displayname);
    if (!made->admin) co_return made;
    auto over = co_await invitations_.end_first();
    if (!over) log::warning("users", "the first invitation is still open: {}", errc_name(over.error().code));
    co_return made;
}

std::vector<UiaFlow> Registration::flows() const {
    if (mode() == RegistrationMode::token) return {UiaFlow{kStageRegistrationToken}};
    std::vector<UiaFlow> open{UiaFlow{kStageDummy}};
    if (third_party_.can_mail()) open.push_back(UiaFlow{kStageEmail});
    return open;
}

Result<Registration::Wish> Registration::parse(const json::Object& body) const {
    PEYK_CHECK(check_auth(body));
    Wish wish;
    PEYK_TRY(wish.localpart, text_member(body, "username"));
    if (wish.localpart) {
        PEYK_TRY(wish.localpart, check_localpart(*wish.localpart));
    }
    PEYK_TRY(auto password, text_member(body, "password"));
    if (password) {
        PEYK_CHECK(passwords_.check_new(*password, wish.localpart.value_or("")));
        wish.password = *std::move(password);
    }
    PEYK_TRY(auto device, text_member(body, "device_id"));
    if (device && !device->empty()) {
        PEYK_TRY(wish.device, DeviceId::parse(*device));
    }
    PEYK_TRY(wish.device_name, text_member(body, "initial_device_display_name"));
    PEYK_TRY(wish.inhibit_login, flag_member(body, "inhibit_login"));
    PEYK_TRY(wish.refreshable, flag_member(body, "refresh_token"));
    PEYK_TRY(auto guest_token, text_member(body, "guest_access_token"));
    if (guest_token) {
        PEYK_TRY(auto guest, sessions_.authenticate(*guest_token));
        // Spec: Guest Access: the name is required, and is the guest's own.
        if (!guest.guest || wish.localpart != guest.user.localpart())
            return m::forbidden("'guest_access_token' must be the token of the guest that 'username' names");
        wish.guest = std::move(guest.user);
    }
    return wish;
}

// Spec: POST /register: what can be refused is refused before any stage is asked for.
Result<void> Registration::fits(const Wish& wish) const {
    if (!wish.localpart || wish.guest) return {};
    return available(*wish.localpart);
}

Task<Result<Registration::Registered>> Registration::register_user(Request request) {
    if (mode() == RegistrationMode::closed) co_return m::forbidden("Registration is closed on this server");
    PEYK_CO_TRY(auto first_look, parse(request.body));
    const auto* auth = request.body.find("auth");
    bool resumed = auth && auth->get_string("session");
    if (!resumed) PEYK_CO_CHECK(fits(first_look));
    UiaRequest ask{std::move(request.operation), std::move(request.body), std::nullopt, true};
    auto wanted_flows = flows();
    PEYK_CO_TRY(auto grant, co_await uia_.require(std::move(ask), std::move(wanted_flows)));
    if (grant.third_party && grant.third_party->purpose != Purpose::registration) {
        uia_.reopen(grant);
        co_return m::forbidden("This address was confirmed for something else");
    }
    auto parsed = parse(grant.body);
    if (!parsed) {
        if (!grant.registration_token.empty()) tokens_.release(grant.registration_token);
        uia_.reopen(grant);
        co_return fail(std::move(parsed.error()));
    }
    auto wish = *std::move(parsed);
    if (!grant.result.empty()) {  // asked again, perhaps since the answer was lost
        auto made = UserId::trusted(grant.result);
        PEYK_CO_TRY(auto account, accounts_.find(made));
        if (!account) co_return m::unknown("The account that this session made is gone");
        co_return co_await finish(std::move(account), std::move(wish));
    }
    auto session = grant.session;
    Wish same = wish;
    auto account = co_await make_account(grant, std::move(same));
    if (!account) {
        uia_.reopen(grant);
        co_return fail(std::move(account.error()));
    }
    uia_.keep_result(session, (*account)->id.str());
    // The account stands without it: somebody else may have been quicker with the same address.
    if (grant.third_party) (void)co_await third_party_.add((*account)->number, *grant.third_party);
    co_return co_await finish(*account, std::move(wish));
}

Task<Result<AccountPtr>> Registration::make_account(UiaGrant grant, Wish wish) {
    auto token = grant.registration_token;
    auto good = wish.password.empty() ? m::missing_param("'password' is missing") : fits(wish);
    if (!good) {
        if (!token.empty()) tokens_.release(token);
        co_return fail(std::move(good.error()));
    }
    NewAccount wanted{.localpart = wish.localpart.value_or(random_localpart()), .password = std::move(wish.password)};
    if (wish.guest) {
        wanted.guest = true;
        wanted.localpart = wish.guest->localpart();
    }
    if (!token.empty()) co_return co_await make_with_token(std::move(wanted), std::move(token));
    co_return co_await make_or_upgrade(std::move(wanted));
}

// `guest` says here that there is a guest of that name, who becomes a full user.
Task<Result<AccountPtr>> Registration::make_or_upgrade(NewAccount wanted) {
    if (!wanted.guest) co_return co_await create(std::move(wanted));
    PEYK_CO_TRY(auto guest, accounts_.complete(wanted.localpart));
    co_return co_await upgrade_guest(std::move(guest), std::move(wanted.password));
}

// The token first: a crash in between wastes a use, the other order would give an account away.
Task<Result<AccountPtr>> Registration::make_with_token(NewAccount wanted, std::string token) {
    PEYK_CO_TRY(auto invitation, tokens_.find(token));
    PEYK_CO_CHECK(co_await tokens_.spend(token));
    wanted.admin = invitation && invitation->first && !wanted.guest;
    auto account = co_await make_or_upgrade(std::move(wanted));
    if (!account) {
        (void)co_await tokens_.give_back(std::move(token));
    } else if (invitation) {
        auto user = (*account)->id;
        co_await invitations_.arrived(*std::move(invitation), std::move(user));
    }
    co_return account;
}

Task<Result<AccountPtr>> Registration::register_in_browser(NewAccount wanted, std::string token) {
    if (mode() == RegistrationMode::closed) co_return m::forbidden("Registration is closed on this server");
    PEYK_CO_CHECK(available(wanted.localpart));
    PEYK_CO_CHECK(passwords_.check_new(wanted.password, wanted.localpart));
    // Where anybody may make an account, a token is of use for what it promises besides.
    if (mode() == RegistrationMode::open && token.empty()) co_return co_await create(std::move(wanted));
    PEYK_CO_TRY(bool held, tokens_.reserve(token));
    if (!held) co_return fail(Error{Errc::forbidden, "This registration token is not valid", "M_UNAUTHORIZED"});
    co_return co_await make_with_token(std::move(wanted), std::move(token));
}

Task<Result<AccountPtr>> Registration::register_through_provider(NewAccount wanted, ProviderLink link) {
    PEYK_CO_CHECK(available(wanted.localpart));
    PEYK_CO_TRY(auto name, check_localpart(wanted.localpart));
    PEYK_CO_TRY(auto user, accounts_.complete(name));
    auto number = accounts_.number(user);
    auto guard = co_await provider_links_.claim(number, link);
    if (!guard && guard.error().m_code == "M_USER_IN_USE")
        co_return fail(Errc::conflict, "This person has an account here already");
    if (!guard) co_return std::unexpected(std::move(guard.error()));
    Accounts::Also with_link = [this, number, link](storage::Change& change) {
        provider_links_.put(change, number, link);
    };
    auto account = co_await create(std::move(wanted), std::move(with_link));
    if (!account) co_await provider_links_.give_up(std::move(link));
    co_return account;
}

Task<Result<AccountPtr>> Registration::upgrade_guest(UserId guest, std::string password) {
    PEYK_CO_TRY(auto hash, co_await passwords_.hash(std::move(password)));
    Accounts::Edit edit = [hash](Account& account) -> Result<void> {
        if (!account.guest || account.deactivated) return m::forbidden("This account is no guest any more");
        account.guest = false;
        account.password_hash = hash;
        return {};
    };
    co_return co_await accounts_.update(accounts_.number(guest), std::move(edit));
}

// Spec: POST /register, kind "guest": everything but the name of the device is ignored.
Task<Result<Registration::Registered>> Registration::register_guest(Request request) {
    if (!context_.options.guests) co_return m::guest_forbidden("There are no guest accounts on this server");
    // Of the other fields a guest has no use, but they must be what they are.
    PEYK_CO_TRY(auto given, parse(request.body));
    Wish wish;
    wish.device_name = std::move(given.device_name);
    NewAccount wanted{.localpart = random_localpart(), .guest = true};
    PEYK_CO_TRY(auto account, co_await create(std::move(wanted)));
    co_return co_await finish(std::move(account), std::move(wish));
}

Task<Result<Registration::Registered>> Registration::finish(AccountPtr account, Wish wish) {
    Registered out{account->id};
    if (!wish.inhibit_login) {
        SignIn wanted{std::move(account), std::move(wish.device), std::move(wish.device_name), wish.refreshable};
        PEYK_CO_TRY(out.signed_in, co_await sessions_.sign_in(std::move(wanted)));
        if (!wish.password.empty()) uia_.began_with_password(out.signed_in->session);
    }
    co_return out;
}

Task<Result<Registration::Registered>> Registration::register_for_service(std::string service, json::Object body) {
    PEYK_CO_CHECK(text_member(body, "password"));
    body.erase("password");  // its users have none
    PEYK_CO_TRY(auto wish, parse(body));
    if (!wish.localpart) co_return m::missing_param("'username' is missing");
    PEYK_CO_TRY(auto user, accounts_.complete(*wish.localpart));
    if (!names_ || !names_->owns(service, user) || names_->is_taken(user, service))
        co_return m::exclusive("This user name is not in the namespaces of the application service");
    NewAccount wanted{.localpart = *wish.localpart};
    PEYK_CO_TRY(auto account, co_await create(std::move(wanted)));
    co_return co_await finish(std::move(account), std::move(wish));
}

Result<std::string> Registration::shared_secret_nonce() {
    if (context_.options.registration_shared_secret.empty())
        return m::forbidden("Registration by shared secret is switched off on this server");
    return nonces_.issue("", kNonceLife);
}

Task<Result<SignedIn>> Registration::register_by_secret(SharedSecretRequest request) {
    const auto& secret = context_.options.registration_shared_secret;
    if (secret.empty()) co_return m::forbidden("Registration by shared secret is switched off on this server");
    for (const auto* text : {&request.nonce, &request.user, &request.password, &request.user_type}) {
        if (text->contains('\0')) co_return m::invalid_param("A NUL has no place in this request");
    }
    if (!nonces_.take(request.nonce)) co_return m::unknown("Unknown or used nonce");
    std::string text =
        request.nonce + '\0' + request.user + '\0' + request.password + '\0' + (request.admin ? "admin" : "notadmin");
    if (!request.user_type.empty()) text += '\0' + request.user_type;
    if (!equal_constant_time(hex_encode(hmac_sha1(secret, text)), request.mac))
        co_return m::forbidden("HMAC incorrect");
    if (request.password.size() > context_.options.passwords.max_length)
        co_return m::invalid_param("The password is too long");
    PEYK_CO_CHECK(available(request.user));
    NewAccount wanted{.localpart = std::move(request.user),
                      .password = std::move(request.password),
                      .admin = request.admin,
                      .user_type = std::move(request.user_type),
                      .displayname = std::move(request.displayname)};
    PEYK_CO_TRY(auto account, co_await create(std::move(wanted)));
    SignIn sign_in{std::move(account)};
    co_return co_await sessions_.sign_in(std::move(sign_in));
}

}  // namespace peyk::users
