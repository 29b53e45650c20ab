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

bool exists(const CertificateFiles& files) {
    std::error_code error;
    return std::filesystem::exists(files.certificate, error) || std::filesystem::exists(files.key, error);
}

Result<void> make_folder(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return fail(Errc::io, fmt::format("cannot make {}: {}", directory.string(), error.message()));
    return {};
}

Result<LocalCa> make_both(LocalCaFiles files, const CertificateNames& names, const Clock& clock) {
    PEYK_TRY(auto ca, make_ca(files, names, clock));
    PEYK_CHECK(sign_leaf(ca, files.leaf, names, clock));
    return LocalCa{std::move(files), true, true, x509::fingerprint(*ca.certificate)};
}

// `first`, and what `second` has beside it.
CertificateNames united(CertificateNames first, const CertificateNames& second) {
    for (const std::string& name : second) {
        if (std::ranges::find(first, name) == first.end()) first.push_back(name);
    }
    return first;
}

}  // namespace

LocalCaFiles local_ca_files(const std::filesystem::path& directory) {
    return {{directory / "ca.crt", directory / "ca.key"}, {directory / "server.crt", directory / "server.key"}};
}

Result<LocalCa> ensure_local_ca(const std::filesystem::path& directory, const CertificateNames& names,
                                const Clock& clock) {
    PEYK_CHECK(check_names(names));
    PEYK_CHECK(make_folder(directory));
    LocalCa result{.files = local_ca_files(directory)};
    auto& files = result.files;
    bool there = exists(files.ca);
    auto ca = there ? x509::load(files.ca.certificate, files.ca.key) : make_ca(files, names, clock);
    // A CA that people may have installed is never replaced because a file could not be read.
    if (!ca) return fail(std::move(ca).error());
    result.ca_is_new = !there;
    if (there && (!lasts(*ca->certificate, clock) || !x509::permits(*ca->certificate, names))) {
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

Result<RenewedLeaf> renew_leaf(const std::filesystem::path& directory, const CertificateNames& wanted,
                               const Clock& clock) {
    PEYK_CHECK(check_names(wanted));
    PEYK_CHECK(make_folder(directory));
    RenewedLeaf result;
    result.ca.files = local_ca_files(directory);
    const auto& files = result.ca.files;
    if (!exists(files.ca) && !exists(files.leaf)) {
        PEYK_TRY(result.ca, make_both(files, wanted, clock));
        return result;
    }
    PEYK_TRY(auto ca, x509::load(files.ca.certificate, files.ca.key));
    auto present = x509::load_certificate(files.leaf.certificate);
    auto all = present ? united(wanted, x509::names_of(**present)) : wanted;
    if (!lasts(*ca.certificate, clock)) {
        PEYK_TRY(result.ca, make_both(files, all, clock));
        return result;
    }
    result.ca.fingerprint = x509::fingerprint(*ca.certificate);
    auto permitted = [&ca](const std::string& name) { return x509::permits(*ca.certificate, {name}); };
    CertificateNames names;
    std::ranges::copy_if(all, std::back_inserter(names), permitted);
    std::ranges::copy_if(wanted, std::back_inserter(result.left_out), std::not_fn(permitted));
    if (names.empty()) return fail(Errc::bad_request, "the authority is for none of the server's names");
    if (leaf_is_good(files, ca, names, clock)) return result;
    PEYK_CHECK(sign_leaf(ca, files.leaf, names, clock));
    result.ca.leaf_is_new = true;
    return result;
}

Result<LocalCa> replace_local_ca(const std::filesystem::path& directory, const CertificateNames& names,
                                 const Clock& clock) {
    PEYK_CHECK(check_names(names));
    PEYK_CHECK(make_folder(directory));
    return make_both(local_ca_files(directory), names, clock);
}

Result<LocalCaFacts> read_local_ca(const std::filesystem::path& directory) {
    auto files = local_ca_files(directory);
    PEYK_TRY(auto ca, x509::load_certificate(files.ca.certificate));
    PEYK_TRY(auto leaf, x509::load_certificate(files.leaf.certificate));
    return LocalCaFacts{x509::fingerprint(*ca), x509::names_permitted_by(*ca), x509::names_of(*leaf), x509::end_of(*ca),
                        x509::end_of(*leaf)};
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
