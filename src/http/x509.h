#pragma once
// OpenSSL's certificates behind a few functions, for local_ca.cc only.

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace peyk::http::x509 {

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

struct Signed {
    Certificate certificate;
    Key key;
};

struct Wish {
    std::string common_name;
    std::vector<std::string> names;
    int days = 0;
    bool is_ca = false;
    Millis now{};
};

bool is_address(const std::string& name);
// Letters, digits, '-', '_' and '.', not empty labels; or an address.
bool is_usable(const std::string& name);

// A new key and its certificate; signed by itself without issuer.
Result<Signed> make(const Wish& wish, const Signed* issuer);
Result<Signed> load(const std::filesystem::path& certificate, const std::filesystem::path& key);
Result<Certificate> load_certificate(const std::filesystem::path& file);
// `chain` goes behind the certificate. Both files are written beside and renamed.
Result<void> save(const Signed& made, const X509* chain, const std::filesystem::path& certificate,
                  const std::filesystem::path& key);

Millis end_of(const X509& certificate);
std::string fingerprint(const X509& certificate);
// The certificate's alternative names: DNS names and addresses.
std::vector<std::string> names_of(const X509& certificate);
// Those of the CA's name constraints; empty when it has none.
std::vector<std::string> names_permitted_by(const X509& ca);
// All of `names` are among the certificate's alternative names.
bool covers(const X509& certificate, const std::vector<std::string>& names);
// The CA's name constraints let all of `names` through (none: everything).
bool permits(const X509& ca, const std::vector<std::string>& names);
bool is_issued_by(const X509& certificate, const X509& ca);

}  // namespace peyk::http::x509
