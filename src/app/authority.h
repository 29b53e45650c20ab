#pragma once
// The certificate authority of the server's own (http/local_ca.h) that `peyk init` makes under the data folder, and the
// certificate of the listeners that it signs: kept valid by the server itself, as long as the configuration names it.

#include <functional>
#include <map>
#include <mutex>

#include "app/config.h"
#include "core/json.h"
#include "http/local_ca.h"
#include "http/router.h"

namespace peyk::app {

// Its certificate is DATA/ca/server.crt; that of any listener is.
bool is_of_local_ca(const ListenerConfig& listener, const Config& config);
bool uses_local_ca(const Config& config);

// What that certificate should be for today: this machine by its own names, the host of server.name and of
// server.public_base_url, and the addresses that such a listener is reached at.
http::CertificateNames certificate_names(const Config& config);

// Whether the names of the certificate, or of the CA, are to be others than now.
struct RenewalWish {
    http::CertificateNames more;  // names beside certificate_names()
    bool new_ca = false;          // for what the present one does not permit; people have to install it
};

// Purpose:  renews the certificate when that is due: at the start, from time to time, and when somebody asks.
// Owner:    Server or Sealed.  Runs on: any thread, one renewal at a time.  Stops by: stop(), before what it calls
// goes.
class Authority {
public:
    Authority(const Config& config, const Clock& clock) : config_(config), clock_(clock) {}

    // Called with every CA that is made; with every certificate, once it is on disk. Before renew() is.
    void on_new_ca(std::function<void()> call) { new_ca_ = std::move(call); }
    void on_new_leaf(std::function<Result<void>()> call) { new_leaf_ = std::move(call); }

    // Nothing where uses_local_ca() is not. Logs what it did and what people have to know. Blocking. A failure is
    // logged too, and leaves the files that are there.
    void keep();
    // The same because somebody wants it; what is there now. Errors: not_found where there is no such authority, and
    // those of http::renew_leaf(), replace_local_ca() and of taking the certificate up.
    Result<json::Object> renew(const RenewalWish& wish);

    // Waits for a renewal under way; later ones do nothing.
    void stop();

    // POST /ca/renew {names, new_ca} of the control socket.
    void add_route(http::Router& router);

private:
    Result<http::RenewedLeaf> make(const RenewalWish& wish);
    Result<void> announce(const http::LocalCa& made);

    const Config& config_;
    const Clock& clock_;
    std::function<void()> new_ca_;
    std::function<Result<void>()> new_leaf_;
    void warn(std::string text);

    std::mutex mutex_;  // one renewal at a time; the members below
    bool stopped_ = false;
    std::map<std::string, Millis> warned_;  // the same no more than once a day
};

// What `peyk ca` prints: fingerprint, names, names that the authority permits, when both end. Errors: not_found, io.
Result<json::Object> describe_authority(const Config& config);

}  // namespace peyk::app
