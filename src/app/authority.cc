#include "app/authority.h"

#include "app/control.h"
#include "app/init.h"
#include "app/own_addresses.h"
#include "base/logging.h"

namespace peyk::app {
namespace {

constexpr Millis kWarnEvery = std::chrono::hours(24);
constexpr std::size_t kMaxNames = 100;

std::filesystem::path real_path(const std::filesystem::path& path) {
    std::error_code error;
    auto out = std::filesystem::weakly_canonical(path, error);
    return error ? path.lexically_normal() : out;
}

// The host of "https://host:port", or of "host:port"; without the brackets of an IPv6 address.
std::string host_in(std::string_view text) {
    if (auto from = text.find("://"); from != std::string_view::npos) text.remove_prefix(from + 3);
    auto host = host_part(text.substr(0, text.find('/')));
    return host.starts_with("[") ? host.substr(1, host.size() - 2) : host;
}

json::Array texts(const http::CertificateNames& names) {
    json::Array out;
    for (const auto& name : names) out.emplace_back(name);
    return out;
}

Result<RenewalWish> parse_wish(const json::Value& request) {
    RenewalWish wish;
    wish.new_ca = request.get_bool("new_ca").value_or(false);
    const auto* names = request.get_array("names");
    for (std::size_t i = 0; names && i < names->size(); ++i) {
        const auto* name = (*names)[i].string();
        if (!name || i == kMaxNames) return fail(Errc::bad_request, "these are no names for a certificate");
        wish.more.push_back(*name);
    }
    return wish;
}

Task<Result<json::Object>> answer(Authority& authority, json::Object request) {
    PEYK_CO_TRY(auto wish, parse_wish(json::Value(std::move(request))));
    co_return authority.renew(wish);
}

std::int64_t days_until(Millis end, const Clock& clock) {
    return std::chrono::floor<std::chrono::days>(end - clock.now()).count();
}

}  // namespace

bool is_of_local_ca(const ListenerConfig& listener, const Config& config) {
    return !listener.tls_certificate.empty() &&
           real_path(listener.tls_certificate) == real_path(http::local_ca_files(config.ca_dir()).leaf.certificate);
}

bool uses_local_ca(const Config& config) {
    return std::ranges::any_of(config.listeners, [&config](const auto& one) { return is_of_local_ca(one, config); });
}

http::CertificateNames certificate_names(const Config& config) {
    http::CertificateNames names{"localhost", "127.0.0.1", "::1"};
    auto add = [&names](const std::string& name) {
        if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    add(host_in(config.server.name));
    add(host_in(config.server.public_base_url));
    for (const auto& listener : config.listeners) {
        if (!is_of_local_ca(listener, config) || listener.address.starts_with("unix:")) continue;
        if (listener.address == "0.0.0.0" || listener.address == "::") {
            for (const auto& address : own_addresses()) add(address);
        } else {
            add(listener.address);
        }
    }
    return names;
}

Result<http::RenewedLeaf> Authority::make(const RenewalWish& wish) {
    auto names = certificate_names(config_);
    for (const auto& name : wish.more) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    if (!wish.new_ca) return http::renew_leaf(config_.ca_dir(), names, clock_);
    PEYK_TRY(auto made, http::replace_local_ca(config_.ca_dir(), names, clock_));
    return http::RenewedLeaf{std::move(made), {}};
}

Result<void> Authority::announce(const http::LocalCa& made) {
    if (made.ca_is_new) {
        log::warning(
            "tls",
            "the server's own authority is new: people have to install it from the page /_peyk/ca; fingerprint {}",
            made.fingerprint);
        if (new_ca_) new_ca_();
    }
    if (!made.leaf_is_new) return {};
    log::info("tls", "the certificate of the server's own authority was renewed");
    return new_leaf_ ? new_leaf_() : Result<void>{};
}

void Authority::warn(std::string text) {
    auto now = clock_.now();
    auto [at, first] = warned_.try_emplace(std::move(text), now);
    if (!first && now - at->second < kWarnEvery) return;
    at->second = now;
    log::warning("tls", "{}", at->first);
}

void Authority::keep() {
    if (!uses_local_ca(config_)) return;
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    auto made = make({});
    auto taken = made ? announce(made->ca) : std::unexpected(made.error());
    if (!taken) {
        // Somebody may keep the authority's key elsewhere on purpose: no alarm while the certificate lasts.
        auto end = http::certificate_end(http::local_ca_files(config_.ca_dir()).leaf.certificate);
        if (made || !end || days_until(*end, clock_) < http::kRenewBeforeDays)
            warn(fmt::format("the certificate of the server's own authority cannot be renewed: {}",
                             taken.error().detail));
        return;
    }
    if (made->left_out.empty()) return;
    warn(
        fmt::format("the certificate lacks {} of the names and addresses of this server, for which its authority may "
                    "not sign: `peyk ca show` names them",
                    made->left_out.size()));
}

void Authority::stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
}

Result<json::Object> Authority::renew(const RenewalWish& wish) {
    if (!uses_local_ca(config_))
        return fail(Errc::not_found,
                    "no listener of the configuration uses a certificate of the server's own authority");
    std::lock_guard lock(mutex_);
    if (stopped_) return fail(Errc::unavailable, "the server stops");
    PEYK_TRY(auto made, make(wish));
    PEYK_CHECK(announce(made.ca));
    PEYK_TRY(auto out, describe_authority(config_));
    out.set("new_authority", made.ca.ca_is_new);
    out.set("new_certificate", made.ca.leaf_is_new);
    return out;
}

void Authority::add_route(http::Router& router) {
    add_control_route(router, "/ca/renew", [this](json::Object request) { return answer(*this, std::move(request)); });
}

Result<json::Object> describe_authority(const Config& config) {
    if (!uses_local_ca(config))
        return fail(Errc::not_found,
                    "no listener of the configuration uses a certificate of the server's own authority");
    PEYK_TRY(auto facts, http::read_local_ca(config.ca_dir()));
    http::CertificateNames missing;
    for (const auto& name : certificate_names(config)) {
        if (std::ranges::find(facts.names, name) == facts.names.end()) missing.push_back(name);
    }
    return json::Object{{"fingerprint", facts.fingerprint},
                        {"names", texts(facts.names)},
                        {"missing", texts(missing)},
                        {"permitted", texts(facts.permitted)},
                        {"certificate_ends", facts.leaf_end.count()},
                        {"authority_ends", facts.ca_end.count()}};
}

}  // namespace peyk::app
