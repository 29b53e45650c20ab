#pragma once
// What happens to an account after it was made: password changes, reset links, locks, its end.
// Spec: Client-Server API › Account management, › Account moderation.

#include <optional>
#include <string>

#include "users/account_data.h"
#include "users/filters.h"
#include "users/names.h"
#include "users/passwords.h"
#include "users/profiles.h"
#include "users/provider_links.h"
#include "users/pushers.h"
#include "users/sessions.h"
#include "users/third_party/third_party.h"
#include "users/tickets.h"

namespace peyk::users {

// What becomes of the devices of somebody whose password is set anew by a link. Whoever makes the link says it.
enum class Devices : unsigned char { end, keep };

// The password was set anew by a link (kSecurityNotice).
struct SecurityNotice {
    std::uint32_t day = 0;  // since 1970
    bool dismissed = false;
};

// Purpose:  changes of an account that touch its sessions and data as well.
// Owner:    Users.  Runs on: any worker.
class Lifecycle {
public:
    Lifecycle(const Context& context, Accounts& accounts, Passwords& passwords, Sessions& sessions, AccountData& data,
              Filters& filters, Profiles& profiles, Tickets& login_tokens, NameIndex& names, ThirdParty& third_party,
              ProviderLinks& provider_links, Pushers& pushers, AccountObserver* observer);

    // `keep`: the device that asked. Errors: M_WEAK_PASSWORD, M_NOT_FOUND.
    Task<Result<void>> change_password(UserId user, std::string password, bool logout_devices,
                                       std::optional<DeviceId> keep);

    // Ends the account: no sign-in, no sessions, no data; the name stays taken. Rooms are left through the observer; a
    // crash in between is made good by resume(). With `erase` nothing of the user opens any more when this returns,
    // copies of before included, and the answer is the observer's receipt; else it is empty. Errors: M_NOT_FOUND.
    Task<Result<json::Object>> deactivate(UserId user, Ending ending);
    Task<Result<json::Object>> deactivate(UserId user, bool erase) {
        return deactivate(std::move(user), Ending{.erase = erase});
    }
    // Destroys the key of everything that is kept under the name of an ended account, and keeps the name. For work that
    // went on behind an erasure. Errors: of the store; call it again.
    Task<Result<void>> shred(UserId user);
    // At start, before traffic: deactivations whose rooms were not left yet.
    Task<Result<void>> resume();

    struct ResetLink {
        std::string token;
        std::string url;  // empty without a public address
        Millis expires;
    };
    // Only the newest link of an account works. Errors: M_NOT_FOUND (no such account, or ended).
    Task<Result<ResetLink>> make_reset_link(UserId user, Devices devices = Devices::end);
    // Once only. Sessions end unless the link was made to keep them; what is encrypted stays closed either way, since
    // its keys are the devices' and the user's. The user is told: by notice() on the account pages until it is
    // dismissed, and by the observer. Errors: M_FORBIDDEN, M_WEAK_PASSWORD.
    Task<Result<UserId>> use_reset_link(std::string token, std::string password);

    // Blocking read. nullopt: there never was anything to tell.
    Result<std::optional<SecurityNotice>> notice(std::uint64_t user) const;
    Task<Result<void>> dismiss_notice(std::uint64_t user);

    enum class State : unsigned char { locked, suspended };
    // Errors: M_NOT_FOUND.
    Task<Result<void>> set_state(UserId user, State state, bool on);

private:
    Task<Result<json::Object>> leave_rooms(AccountPtr account);
    Task<Result<void>> remove_pushers(std::uint64_t user);
    Task<Result<void>> delete_data(std::uint64_t user);

    const Context& context_;
    Accounts& accounts_;
    Passwords& passwords_;
    Sessions& sessions_;
    AccountData& data_;
    Filters& filters_;
    Profiles& profiles_;
    Tickets& login_tokens_;
    NameIndex& names_;
    ThirdParty& third_party_;
    ProviderLinks& provider_links_;
    Pushers& pushers_;
    AccountObserver* observer_;
};

}  // namespace peyk::users
