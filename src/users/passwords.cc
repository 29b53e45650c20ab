#include "users/passwords.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "core/errors.h"

namespace peyk::users {
namespace {

Result<std::string> hash_now(const std::string& password, const PasswordOptions& options) {
    std::array<char, crypto_pwhash_STRBYTES> out{};
    if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), options.passes, options.memory_kib * 1024,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(Errc::unavailable, "no memory to hash a password");
    return std::string(out.data());
}

void wipe(std::string& secret) { sodium_memzero(secret.data(), secret.size()); }

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

Passwords::Passwords(const PasswordOptions& options) : options_(options), pool_("passwords", options.threads) {
    if (sodium_init() < 0) panic("libsodium does not start");
    std::string nobody(32, '\0');
    randombytes_buf(nobody.data(), nobody.size());
    auto decoy = hash_now(nobody, options_);
    if (!decoy) panic("no memory for one password hash");
    decoy_ = *std::move(decoy);
}

Result<void> Passwords::check_new(std::string_view password, std::string_view localpart) const {
    if (password.size() > options_.max_length)
        return m::invalid_param(fmt::format("A password has at most {} bytes", options_.max_length));
    if (code_points(password) < options_.min_length)
        return m::weak_password(fmt::format("A password needs at least {} characters", options_.min_length));
    if (options_.min_length < 4) return {};
    if (password == localpart) return m::weak_password("The password must not be the user name");
    std::set<char> different(password.begin(), password.end());
    if (different.size() < 4) return m::weak_password("The password needs at least four different characters");
    return {};
}

Result<void> Passwords::check_queue() const {
    if (pool_.queued() < options_.max_queue) return {};
    return fail(Error{Errc::rate_limited, "Too many sign-ins at once", "M_LIMIT_EXCEEDED", {}, Millis{2000}});
}

Task<Result<std::string>> Passwords::hash(std::string password) {
    PEYK_CO_CHECK(check_queue());
    auto job = [this, password = std::move(password)]() mutable {
        auto hashed = hash_now(password, options_);
        wipe(password);
        return hashed;
    };
    co_return co_await offload(pool_, std::move(job));
}

Task<Result<Passwords::Verdict>> Passwords::verify(std::string password, std::string hash) {
    PEYK_CO_CHECK(check_queue());
    if (password.size() > options_.max_length) password.clear();  // never right, and costs no more than others
    bool known = !hash.empty();
    if (!known) hash = decoy_;
    auto job = [this, known, password = std::move(password), hash = std::move(hash)]() mutable {
        bool right = crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
        wipe(password);
        if (!right || !known) return Verdict::wrong;
        bool old = crypto_pwhash_str_needs_rehash(hash.c_str(), options_.passes, options_.memory_kib * 1024) != 0;
        return old ? Verdict::right_but_old : Verdict::right;
    };
    co_return co_await offload(pool_, std::move(job));
}

}  // namespace peyk::users
