#include "http/local_ca.h"

#include <sys/stat.h>

#include "http/x509.h"

namespace peyk::http {
namespace {

constexpr auto kRenewBefore = std::chrono::days(kRenewBeforeDays);

Result<void> check_names(const CertificateNames& names) {
    if (names.empty()) return fail(Errc::bad_request, "a certificate needs at least one name");
    for (const std::string& name : names) {
        if (!x509::is_usable(name)) {
            return fail(Errc::bad_request, fmt::format("'{}' is neither a host name nor an address", name));
        }
    }
    return {};
}

bool lasts(const X509& certificate, const Clock& clock) {
    return x509::end_of(certificate) > clock.now() + kRenewBefore;
}

Result<x509::Signed> make_ca(const LocalCaFiles& files, const CertificateNames& names, const Clock& clock) {
    x509::Wish wish{"peyk local CA for " + names.front(), names, kCaDays, true, clock.now()};
    PEYK_TRY(auto made, x509::make(wish, nullptr));
    PEYK_CHECK(x509::save(made, nullptr, files.ca.certificate, files.ca.key));
    return made;
}

Result<void> sign_leaf(const x509::Signed& ca, const CertificateFiles& out, const CertificateNames& names,
                       const Clock& clock) {
    // No name in the common name: some read an address there as a DNS name and hold it against the constraints.
    x509::Wish wish{"peyk server", names, kLeafDays, false, clock.now()};
    PEYK_TRY(auto made, x509::make(wish, &ca));
    return x509::save(made, ca.certificate.get(), out.certificate, out.key);
}

bool leaf_is_good(const LocalCaFiles& files, const x509::Signed& ca, const CertificateNames& names,
                  const Clock& clock) {
    auto leaf = x509::load(files.leaf.certificate, files.leaf.key);
    return leaf && lasts(*leaf->certificate, clock) && x509::covers(*leaf->certificate, names) &&
           x509::is_issued_by(*leaf->certificate, *ca.certificate);
}

}  // namespace

Result<LocalCa> ensure_local_ca(const std::filesystem::path& directory, const CertificateNames& names,
                                const Clock& clock) {
    PEYK_CHECK(check_names(names));
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return fail(Errc::io, fmt::format("cannot make {}: {}", directory.string(), error.message()));
    LocalCa result;
    auto& files = result.files;
    files.ca = {directory / "ca.crt", directory / "ca.key"};
    files.leaf = {directory / "server.crt", directory / "server.key"};

    bool exists = std::filesystem::exists(files.ca.certificate, error) || std::filesystem::exists(files.ca.key, error);
    auto ca = exists ? x509::load(files.ca.certificate, files.ca.key) : make_ca(files, names, clock);
    // A CA that people may have installed is never replaced because a file could not be read.
    if (!ca) return fail(std::move(ca).error());
    result.ca_is_new = !exists;
    if (exists && (!lasts(*ca->certificate, clock) || !x509::permits(*ca->certificate, names))) {
        ca = make_ca(files, names, clock);
        if (!ca) return fail(std::move(ca).error());
        result.ca_is_new = true;
    }
    if (!leaf_is_good(files, *ca, names, clock)) {
        PEYK_CHECK(sign_leaf(*ca, files.leaf, names, clock));
        result.leaf_is_new = true;
    }
    result.fingerprint = x509::fingerprint(*ca->certificate);
    return result;
}

Result<void> make_leaf(const CertificateFiles& ca, const CertificateFiles& out, const CertificateNames& names,
                       const Clock& clock) {
    PEYK_CHECK(check_names(names));
    PEYK_TRY(auto issuer, x509::load(ca.certificate, ca.key));
    return sign_leaf(issuer, out, names, clock);
}

Result<Millis> certificate_end(const std::filesystem::path& certificate) {
    PEYK_TRY(auto loaded, x509::load_certificate(certificate));
    return x509::end_of(*loaded);
}

}  // namespace peyk::http
