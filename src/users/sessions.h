#pragma once
// Tokens and the devices behind them. Spec: Client-Server API › Client Authentication.

#include <functional>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "users/accounts.h"
#include "users/authenticator.h"
#include "users/ports.h"
#include "users/session_rows.h"
#include "users/token.h"

namespace peyk::users {

struct SignIn {
    AccountPtr account;
    std::optional<DeviceId> device = {};          // none: a new one is made
    std::optional<std::string> device_name = {};  // for a new device
    bool refreshable = false;
    std::string client = {};  // id of the OAuth client; empty: the legacy API
};

struct SignedIn {
    UserId user;
    DeviceId device;
    std::string access_token;
    std::string refresh_token = {};  // empty: none
    std::optional<Millis> expires_in = {};
    std::uint64_t session = 0;  // as in Device
};

struct Device {
    DeviceId id;
    std::string name = {};
    std::uint64_t session = 0;
    std::uint32_t last_seen_day = 0;  // days since 1970; 0: not known
    std::string client = {};          // id of the OAuth client; empty: the legacy API
};

// What a removal took away.
struct Ended {
    std::vector<DeviceId> devices;
    std::vector<std::string> tokens;  // digests
};

// Purpose:  signs in and out, looks access tokens up, rotates refresh tokens, lists and names devices.
// Owner:    Users.  Runs on: any worker; authenticate() is one lock and two hash lookups when cached, else reads.
// Everything of one sign-in is one batch in the user's shard.
class Sessions final : public Authenticator {
public:
    Sessions(const Context& context, const Accounts& accounts, DeviceObserver* observer)
        : context_(context), accounts_(accounts), observer_(observer) {}

    Result<Caller> authenticate(std::string_view access_token) override { return look_up(access_token, false); }
    Result<Caller> authenticate_even_locked(std::string_view access_token) override {
        return look_up(access_token, true);
    }

    // A device id that is in use keeps the device and its name; its older tokens end. Errors: M_FORBIDDEN (too many
    // devices, reserved id), M_USER_LOCKED, M_USER_DEACTIVATED.
    Task<Result<SignedIn>> sign_in(SignIn wanted);
    // The old pair stays valid until the new one is used. Errors: M_UNKNOWN_TOKEN, M_USER_LOCKED.
    // `client`: of the OAuth client that asks; a token of another client, or of the other API, is unknown. A refresh
    // token of OAuth that was replaced and comes back is in two hands: its session ends.
    Task<Result<SignedIn>> refresh(std::string refresh_token, std::string client = {});
    // Signs the device out that an access or refresh token belongs to, expired or not. False: the token is unknown.
    // Spec: Client-Server API › Token revocation.
    Task<Result<bool>> revoke(std::string token);
    // Signs a device out if it still is in the session of that number.
    Task<Result<bool>> end_session(UserId user, DeviceId device, std::uint64_t session);
    // Ids of the OAuth clients that any device was signed in by. Walks all devices.
    Result<std::set<std::string>> clients_in_use() const;

    // Ends the tokens of these devices and deletes them; unknown ones are passed over. Answers who went.
    Task<Result<std::vector<DeviceId>>> remove_devices(UserId user, std::vector<DeviceId> devices);
    // All but `keep`. Without it the user is signed out everywhere, and the listener hears of it.
    Task<Result<std::vector<DeviceId>>> remove_all_devices(UserId user, std::optional<DeviceId> keep);
    // Who keeps other ways in, such as sessions of browsers. Set before traffic; empty: nobody.
    using SignedOut = std::function<void(std::uint64_t user)>;
    void on_signed_out(SignedOut listener) { signed_out_ = std::move(listener); }
    // The same as part of a larger change, inside the lane of the user: rows of the devices that `keep` is not, and
    // their tokens. After the commit: ended().
    Result<Ended> remove_in(storage::Change& change, std::uint64_t user, std::optional<DeviceId> keep) const;
    Task<void> ended(UserId user, Ended what);

    Result<std::vector<Device>> devices(std::uint64_t user) const;
    Result<std::optional<Device>> device(std::uint64_t user, const DeviceId& id) const;
    // A device without a token: an application service acts through it. True: it is new; else only the name, when
    // given, is set. Errors: M_FORBIDDEN (too many devices, reserved id), M_TOO_LARGE, M_USER_DEACTIVATED.
    Task<Result<bool>> put_device(AccountPtr account, DeviceId id, std::optional<std::string> name);
    // Errors: M_NOT_FOUND, M_TOO_LARGE.
    Task<Result<void>> rename(UserId user, DeviceId id, std::string name);

private:
    // A token row as cached. `over`: it ended, which is remembered until its deletion is durable and beyond.
    struct Live {
        std::uint64_t user;
        TokenRow row;
        std::uint32_t seen_day = 0;
        bool over = false;
    };
    struct NewDevice {
        DeviceRow row;
        bool is_new;
    };
    Result<Caller> look_up(std::string_view access_token, bool even_locked);
    Result<std::optional<Live>> find(const Token& token);
    Result<std::optional<Live>> load(const Token& token);
    void keep(const Token& token, const Live& live, std::uint64_t as_of);
    void first_use(const Token& token, const Live& live);
    void mark_seen(const Token& token, const Live& live);
    void forget(const std::vector<std::string>& digests);
    bool is_over(const std::string& digest) const;
    Result<NewDevice> device_for(const SignIn& wanted) const;
    // `before`: the row of the refresh token that is being replaced, with its digest.
    struct Replaced {
        std::string digest;
        TokenRow row;
    };
    SignedIn issue(storage::Change& change, const Account& account, const DeviceRow& device, bool refreshable,
                   const Replaced* before, std::vector<std::string>* digests) const;
    void retire(storage::Change& change, std::uint64_t user, const TokenRow& by) const;
    using Which = std::function<bool(const DeviceId&)>;
    Result<Ended> delete_rows(storage::Change& change, std::uint64_t user, const Which& which) const;
    Task<Result<std::vector<DeviceId>>> remove(UserId user, Which which);

    const Context& context_;
    const Accounts& accounts_;
    DeviceObserver* observer_;
    SignedOut signed_out_;

    mutable std::mutex mutex_;
    std::unordered_map<std::string, Live> cache_;  // by digest
    std::uint64_t changes_ = 0;                    // a row read before a change must not enter the cache after it
};

Error locked_error();

}  // namespace peyk::users
