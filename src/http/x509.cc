#include "http/x509.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cctype>

namespace peyk::http::x509 {
namespace {

using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using General = std::unique_ptr<GENERAL_NAME, Freer<GENERAL_NAME_free>>;
using Constraints = std::unique_ptr<NAME_CONSTRAINTS, Freer<NAME_CONSTRAINTS_free>>;

std::unexpected<Error> failure(std::string_view what) {
    char text[256] = "unknown reason";
    if (auto code = ERR_peek_error()) ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return fail(Errc::io, fmt::format("{}: {}", what, text));
}

// The address' bytes; empty for a name.
std::string address_bytes(const std::string& name) {
    std::string bytes(16, '\0');
    if (inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1) return bytes;
    bytes.resize(4);
    if (inet_pton(AF_INET, name.c_str(), bytes.data()) == 1) return bytes;
    return {};
}

// With a mask for a constraint to exactly this address.
General general_name(const std::string& name, bool with_mask) {
    General made(GENERAL_NAME_new());
    if (auto bytes = address_bytes(name); !bytes.empty()) {
        if (with_mask) bytes += std::string(bytes.size(), '\xff');
        auto* octets = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>(bytes.data()),
                              static_cast<int>(bytes.size()));
        GENERAL_NAME_set0_value(made.get(), GEN_IPADD, octets);
    } else {
        auto* text = ASN1_IA5STRING_new();
        ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
        GENERAL_NAME_set0_value(made.get(), GEN_DNS, text);
    }
    return made;
}

// The name as people write it; of an address with a mask, the address. Empty for other kinds.
std::string text_of(const GENERAL_NAME& name) {
    auto bytes = [](const ASN1_STRING* text) {
        return std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                static_cast<std::size_t>(ASN1_STRING_length(text)));
    };
    if (name.type == GEN_DNS) return std::string(bytes(name.d.dNSName));
    if (name.type != GEN_IPADD) return {};
    auto address = bytes(name.d.iPAddress);
    bool four = address.size() == 4 || address.size() == 8;
    if (!four && address.size() != 16 && address.size() != 32) return {};
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(four ? AF_INET : AF_INET6, address.data(), text, sizeof text) ? text : "";
}

bool add_alternative_names(X509* certificate, const std::vector<std::string>& names) {
    auto* all = GENERAL_NAMES_new();
    for (const std::string& name : names) sk_GENERAL_NAME_push(all, general_name(name, false).release());
    bool added = X509_add1_ext_i2d(certificate, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(all);
    return added;
}

using Subtrees = STACK_OF(GENERAL_SUBTREE);

void add_subtree(Subtrees*& list, General name) {
    if (!list) list = sk_GENERAL_SUBTREE_new_null();
    auto* subtree = GENERAL_SUBTREE_new();
    GENERAL_NAME_free(subtree->base);
    subtree->base = name.release();
    sk_GENERAL_SUBTREE_push(list, subtree);
}

// RFC 5280, 4.2.1.10. A kind of name without any permitted entry would be free, so that kind is excluded as a whole.
bool add_constraints(X509* certificate, const std::vector<std::string>& names) {
    Constraints made(NAME_CONSTRAINTS_new());
    bool dns = false, four = false, six = false;
    for (const std::string& name : names) {
        auto size = address_bytes(name).size();
        (size == 0 ? dns : size == 4 ? four : six) = true;
        add_subtree(made->permittedSubtrees, general_name(name, true));
    }
    auto exclude_addresses = [&](std::size_t size) {
        General all(GENERAL_NAME_new());
        auto* octets = ASN1_OCTET_STRING_new();
        std::string zeros(size * 2, '\0');
        ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>(zeros.data()),
                              static_cast<int>(zeros.size()));
        GENERAL_NAME_set0_value(all.get(), GEN_IPADD, octets);
        add_subtree(made->excludedSubtrees, std::move(all));
    };
    if (!dns) add_subtree(made->excludedSubtrees, general_name("", true));
    if (!four && !six) {
        exclude_addresses(4);
        exclude_addresses(16);
    }
    return X509_add1_ext_i2d(certificate, NID_name_constraints, made.get(), 1, X509V3_ADD_DEFAULT) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int id, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
    if (!extension) return false;
    bool added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

bool add_extensions(X509* certificate, X509* issuer, const Wish& wish) {
    bool good = add_extension(certificate, issuer, NID_basic_constraints,
                              wish.is_ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
                add_extension(certificate, issuer, NID_key_usage,
                              wish.is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
                add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
                add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
    if (wish.is_ca) return good && add_constraints(certificate, wish.names);
    return good && add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
           add_alternative_names(certificate, wish.names);
}

bool set_serial(X509* certificate) {
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
    bytes[0] &= 0x7f;
    auto* number = BN_bin2bn(bytes, sizeof bytes, nullptr);
    bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return set;
}

bool set_subject(X509* certificate, const std::string& name) {
    auto text = name.substr(0, 64);  // the upper bound of a common name
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()), -1, 0) == 1;
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    auto size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

Result<void> write_file(const std::filesystem::path& file, std::string_view text) {
    auto temporary = file.string() + ".new";
    ::unlink(temporary.c_str());
    int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written =
        fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
    int code = errno;
    if (fd >= 0) ::close(fd);
    if (written && ::rename(temporary.c_str(), file.c_str()) == 0) return {};
    return fail(Errc::io, fmt::format("cannot write {}: {}", file.string(), std::strerror(written ? errno : code)));
}

}  // namespace

bool is_address(const std::string& name) { return !address_bytes(name).empty(); }

bool is_usable(const std::string& name) {
    if (is_address(name)) return true;
    if (name.empty() || name.size() > 253 || name.front() == '.' || name.back() == '.' || name.contains(".."))
        return false;
    return std::ranges::all_of(name,
                               [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.' || c == '_'; });
}

Result<Signed> make(const Wish& wish, const Signed* issuer) {
    ERR_clear_error();
    Signed made{Certificate(X509_new()), Key(EVP_EC_gen("P-256"))};
    if (!made.certificate || !made.key) return failure("cannot make a key");
    auto* certificate = made.certificate.get();
    auto* parent = issuer ? issuer->certificate.get() : certificate;
    auto now = static_cast<std::time_t>(wish.now.count() / 1000);
    constexpr long kClockSkew = 3600;
    bool good = X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
                X509_time_adj_ex(X509_getm_notBefore(certificate), 0, -kClockSkew, &now) &&
                X509_time_adj_ex(X509_getm_notAfter(certificate), wish.days, -kClockSkew, &now) &&
                X509_set_pubkey(certificate, made.key.get()) == 1 && set_subject(certificate, wish.common_name) &&
                X509_set_issuer_name(certificate, X509_get_subject_name(parent)) == 1 &&
                add_extensions(certificate, parent, wish) &&
                X509_sign(certificate, (issuer ? *issuer : made).key.get(), EVP_sha256()) > 0;
    if (!good) return failure("cannot make a certificate");
    return made;
}

Result<Certificate> load_certificate(const std::filesystem::path& file) {
    ERR_clear_error();
    Bio bio(BIO_new_file(file.c_str(), "r"));
    Certificate certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!certificate) return failure("cannot read the certificate " + file.string());
    return certificate;
}

Result<Signed> load(const std::filesystem::path& certificate, const std::filesystem::path& key) {
    PEYK_TRY(auto loaded, load_certificate(certificate));
    Bio bio(BIO_new_file(key.c_str(), "r"));
    Key secret(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!secret) return failure("cannot read the key " + key.string());
    if (X509_check_private_key(loaded.get(), secret.get()) != 1) {
        ERR_clear_error();
        return fail(Errc::io, fmt::format("the key {} does not belong to {}", key.string(), certificate.string()));
    }
    return Signed{std::move(loaded), std::move(secret)};
}

Result<void> save(const Signed& made, const X509* chain, const std::filesystem::path& certificate,
                  const std::filesystem::path& key) {
    Bio public_part(BIO_new(BIO_s_mem())), secret_part(BIO_new(BIO_s_secmem()));
    bool good =
        PEM_write_bio_X509(public_part.get(), made.certificate.get()) == 1 &&
        (!chain || PEM_write_bio_X509(public_part.get(), const_cast<X509*>(chain)) == 1) &&
        PEM_write_bio_PKCS8PrivateKey(secret_part.get(), made.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
    if (!good) return failure("cannot encode a certificate");
    auto secret = text_of(secret_part.get());
    auto saved = write_file(key, secret);
    OPENSSL_cleanse(secret.data(), secret.size());
    PEYK_CHECK(std::move(saved));
    return write_file(certificate, text_of(public_part.get()));
}

Millis end_of(const X509& certificate) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts) != 1) return Millis{0};
    return std::chrono::seconds(timegm(&parts));
}

std::string fingerprint(const X509& certificate) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (X509_digest(&certificate, EVP_sha256(), digest, &size) != 1) return {};
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{}{:02X}", i ? ":" : "", digest[i]);
    return text;
}

std::vector<std::string> names_of(const X509& certificate) {
    std::vector<std::string> out;
    auto* all = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
        if (auto text = text_of(*sk_GENERAL_NAME_value(all, i)); !text.empty()) out.push_back(std::move(text));
    }
    GENERAL_NAMES_free(all);
    return out;
}

std::vector<std::string> names_permitted_by(const X509& ca) {
    Constraints constraints(
        static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(&ca, NID_name_constraints, nullptr, nullptr)));
    std::vector<std::string> out;
    if (!constraints) return out;
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees); ++i) {
        auto text = text_of(*sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i)->base);
        if (!text.empty()) out.push_back(std::move(text));
    }
    return out;
}

bool covers(const X509& certificate, const std::vector<std::string>& names) {
    auto* leaf = const_cast<X509*>(&certificate);
    return std::ranges::all_of(names, [&](const std::string& name) {
        if (is_address(name)) return X509_check_ip_asc(leaf, name.c_str(), 0) == 1;
        return X509_check_host(leaf, name.data(), name.size(), X509_CHECK_FLAG_NO_WILDCARDS, nullptr) == 1;
    });
}

bool permits(const X509& ca, const std::vector<std::string>& names) {
    Constraints constraints(
        static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(&ca, NID_name_constraints, nullptr, nullptr)));
    if (!constraints) return true;
    Wish wish{"probe", names, 1, false, Millis{0}};
    auto probe = make(wish, nullptr);
    if (!probe) return false;
    X509_check_purpose(probe->certificate.get(), -1, 0);  // reads the extensions, which the check takes for granted
    return NAME_CONSTRAINTS_check(probe->certificate.get(), constraints.get()) == X509_V_OK;
}

bool is_issued_by(const X509& certificate, const X509& ca) {
    auto* leaf = const_cast<X509*>(&certificate);
    auto* issuer = const_cast<X509*>(&ca);
    bool good = X509_check_issued(issuer, leaf) == X509_V_OK && X509_verify(leaf, X509_get0_pubkey(issuer)) == 1;
    ERR_clear_error();
    return good;
}

}  // namespace peyk::http::x509
