#pragma once
// A certificate authority of this server alone, for homes and tests: no outside party, and a name constraint that keeps
// it useless for anything but the server's own names.

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace peyk::http {

struct CertificateFiles {
    std::filesystem::path certificate, key;  // PEM
};

struct LocalCaFiles {
    CertificateFiles ca, leaf;  // leaf.certificate has the CA's certificate behind its own
};

// What became of the files. A renewed leaf is picked up by Server::reload_certificates().
struct LocalCa {
    LocalCaFiles files;
    bool ca_is_new = false;
    bool leaf_is_new = false;
    std::string fingerprint;  // SHA-256 of the CA's certificate, "AB:CD:…", for people to compare
};

// DNS names and IP addresses that a certificate is for. An IP literal becomes an address entry.
using CertificateNames = std::vector<std::string>;

inline constexpr int kCaDays = 3650;
inline constexpr int kLeafDays = 397;
inline constexpr int kRenewBeforeDays = 30;

// Makes or loads `directory`/{ca,server}.{crt,key}, key files mode 0600. ECDSA P-256. The CA is for 10 years and has a
// critical name constraint to `names`; it is made anew when the names go beyond that or it is about to end. The leaf is
// made anew when less than 30 days are left, names are missing or it is not of this CA. Blocking.
// Errors: io with the file; bad_request when there are no names or one is neither a name nor an address.
Result<LocalCa> ensure_local_ca(const std::filesystem::path& directory, const CertificateNames& names,
                                const Clock& clock);

struct RenewedLeaf {
    LocalCa ca;
    CertificateNames left_out;  // of `wanted`: what the CA's constraints do not permit
};

// For a CA that people may have installed: keeps it, and makes the leaf anew where that is due, for those of `wanted`
// and of the leaf's present names that the CA permits. A CA that is about to end is made anew, for all of these names;
// so is everything when there is neither CA nor leaf. Blocking. Errors: io when a file of the CA cannot be read or
// written, or the CA is gone and the leaf is not; bad_request when the CA permits none of the names. The leaf's files
// stay as they are then.
Result<RenewedLeaf> renew_leaf(const std::filesystem::path& directory, const CertificateNames& wanted,
                               const Clock& clock);

// Makes CA and leaf anew, whatever is there: who trusted the former CA has to install this one. Errors: as above.
Result<LocalCa> replace_local_ca(const std::filesystem::path& directory, const CertificateNames& names,
                                 const Clock& clock);

// What a CA and its leaf say. Errors: io.
struct LocalCaFacts {
    std::string fingerprint;
    CertificateNames permitted;  // by the CA's constraints
    CertificateNames names;      // of the leaf
    Millis ca_end{}, leaf_end{};
};
Result<LocalCaFacts> read_local_ca(const std::filesystem::path& directory);

// The files of a CA in `directory`, whether they are there or not.
LocalCaFiles local_ca_files(const std::filesystem::path& directory);

// A leaf for `names` (not empty) signed by a given CA. Replaces `out`. Errors: as above.
Result<void> make_leaf(const CertificateFiles& ca, const CertificateFiles& out, const CertificateNames& names,
                       const Clock& clock);

// Until the first certificate of the file ends. Errors: io.
Result<Millis> certificate_end(const std::filesystem::path& certificate);

}  // namespace peyk::http
