#pragma once
// Tokens that let people register. Spec: Client-Server API › Token-authenticated registration; the administrator's
// side has the shape that operators' tools know.

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/json.h"
#include "users/context.h"

namespace peyk::users {

struct RegistrationToken {
    std::string token;
    std::optional<std::int64_t> uses_allowed = {};  // none: without limit
    std::optional<Millis> expiry = {};              // since 1970
    std::int64_t completed = 0;
    std::int64_t pending = 0;  // stages passed, accounts not made yet; in memory only
};

// Purpose:  issues, checks and spends registration tokens.  Runs on: any worker.
class RegistrationTokens {
public:
    explicit RegistrationTokens(const Context& context) : context_(context) {}

    Result<bool> valid(std::string_view token) const;
    // Holds one use for a registration under way. False: not valid. release() or spend() must follow.
    Result<bool> reserve(std::string_view token);
    void release(std::string_view token);
    // The account is about to be made: counts a use for good and ends the reservation. Errors: M_FORBIDDEN.
    Task<Result<void>> spend(std::string token);
    // The account was not made after all.
    Task<Result<void>> give_back(std::string token);

    std::string suggest(std::size_t length) const { return context_.random.alphanumeric(length); }
    // Errors: M_INVALID_PARAM (grammar, exists already). An empty token: one is made.
    Task<Result<RegistrationToken>> create(RegistrationToken wanted);
    struct Change {
        std::optional<std::optional<std::int64_t>> uses_allowed = {};
        std::optional<std::optional<Millis>> expiry = {};
    };
    Task<Result<RegistrationToken>> update(std::string token, Change change);
    Task<Result<void>> remove(std::string token);  // M_NOT_FOUND
    Result<std::optional<RegistrationToken>> find(std::string_view token) const;
    Result<std::vector<RegistrationToken>> list() const;
    bool is_valid(const RegistrationToken& token) const;

private:
    std::string key(std::string_view token) const { return context_.db.digest("registration token", token); }
    RegistrationToken decode(const json::Value& row) const;
    Task<Result<void>> count(std::string token, std::int64_t by);
    Task<Result<void>> store(const RegistrationToken& token);

    const Context& context_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::int64_t> pending_;
};

// The Opaque Identifier Grammar, at most 64 characters.
bool is_registration_token(std::string_view text);

}  // namespace peyk::users
