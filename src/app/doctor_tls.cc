// The checks of certificate files.

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>

#include "app/authority.h"
#include "app/doctor.h"

namespace peyk::app {
namespace {

using File = std::unique_ptr<FILE, int (*)(FILE*)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using PrivateKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

File open_file(const std::filesystem::path& path) { return {std::fopen(path.c_str(), "re"), &std::fclose}; }

// The host that clients write into their address bars.
std::string public_host(const Config& config) {
    auto url = config.base_url();
    auto from = url.find("://");
    auto host = from == std::string::npos ? url : url.substr(from + 3);
    if (host.starts_with("[")) return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find_first_of(":/"));
}

bool covers(X509* certificate, const std::string& host) {
    return X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1 ||
           X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
}

void examine_dates(X509* certificate, const std::string& name, bool local, Findings& out) {
    const auto* renew = local ? "run `peyk ca renew`; a server that runs does it by itself, so look at its log too"
                              : "renew it, then send SIGHUP (`systemctl reload peyk`)";
    int days = 0, seconds = 0;
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
        out.push_back({Severity::error, "tls", name + " is not valid yet", "check the clock of this machine"});
    }
    if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1) return;
    if (days < 0 || seconds < 0) {
        out.push_back({Severity::error, "tls", name + " has expired", renew});
    } else if (days < 14) {
        out.push_back({Severity::warning, "tls", fmt::format("{} expires in {} days", name, days), renew});
    } else {
        out.push_back({Severity::good, "tls", fmt::format("{} is valid for {} more days", name, days)});
    }
}

void examine_listener(const Config& config, const ListenerConfig& listener, Findings& out) {
    auto certificate_name = listener.tls_certificate.string(), key_name = listener.tls_key.string();
    auto certificate_file = open_file(listener.tls_certificate), key_file = open_file(listener.tls_key);
    if (!certificate_file || !key_file) {
        out.push_back({Severity::error, "tls", (certificate_file ? key_name : certificate_name) + " cannot be read",
                       "correct its path in the configuration, or let this user read it"});
        return;
    }
    Certificate certificate(PEM_read_X509(certificate_file.get(), nullptr, nullptr, nullptr), &X509_free);
    PrivateKey key(PEM_read_PrivateKey(key_file.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
    if (!certificate || !key) {
        out.push_back({Severity::error, "tls",
                       (certificate ? key_name : certificate_name) + " is not a PEM file of its kind",
                       "the certificate file begins with BEGIN CERTIFICATE, the key file with BEGIN … PRIVATE KEY"});
        return;
    }
    if (X509_check_private_key(certificate.get(), key.get()) != 1) {
        out.push_back({Severity::error, "tls", fmt::format("{} does not belong to {}", key_name, certificate_name),
                       "name the two files of one certificate"});
    }
    struct stat status{};
    if (fstat(fileno(key_file.get()), &status) == 0 && (status.st_mode & 07) != 0) {
        out.push_back(
            {Severity::error, "tls", key_name + " can be read by everybody on this machine", "chmod o= " + key_name});
    }
    bool local = is_of_local_ca(listener, config);
    auto host = public_host(config);
    if (!covers(certificate.get(), host)) {
        out.push_back({Severity::warning, "tls", fmt::format("{} is not for {}", certificate_name, host),
                       local ? "run `peyk ca renew`, with --new-authority if its authority may not sign for that name"
                             : "clients will refuse it; get one for that name, or correct server.public_base_url"});
    }
    examine_dates(certificate.get(), certificate_name, local, out);
}

// What a leaf that is valid today does not show: an authority that ends, and names that it is not for.
void examine_authority(const Config& config, Findings& out) {
    auto facts = http::read_local_ca(config.ca_dir());
    auto key = http::local_ca_files(config.ca_dir()).ca.key;
    if (!facts || !open_file(key)) {
        out.push_back(
            {Severity::warning, "tls",
             "the certificate cannot be renewed: " + (facts ? key.string() + " cannot be read" : facts.error().detail),
             "bring data/ca back from a copy, or make another with `peyk ca renew --new-authority`"});
        return;
    }
    constexpr int kWarnDays = 180;
    auto days = std::chrono::floor<std::chrono::days>(facts->ca_end - SystemClock{}.now()).count();
    if (days < kWarnDays) {
        out.push_back({Severity::warning, "tls", fmt::format("the server's own authority ends in {} days", days),
                       "choose a day for `peyk ca renew --new-authority`: everybody has to install the new one"});
    }
    for (const auto& name : certificate_names(config)) {
        if (std::ranges::find(facts->names, name) != facts->names.end()) continue;
        out.push_back({Severity::note, "tls", fmt::format("the certificate is not for {}", name),
                       "`peyk ca renew` adds it; with --new-authority where the authority may not sign for it"});
    }
}

}  // namespace

void examine_tls(const Config& config, Findings& out) {
    bool any = false;
    for (const auto& listener : config.listeners) {
        if (listener.tls_key.empty()) continue;
        any = true;
        examine_listener(config, listener, out);
    }
    if (uses_local_ca(config)) examine_authority(config, out);
    if (!any)
        out.push_back({Severity::note, "tls", "no listener has TLS",
                       "let a proxy in front do it, or make files with `peyk init`"});
}

}  // namespace peyk::app
