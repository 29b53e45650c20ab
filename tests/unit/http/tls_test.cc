#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <fstream>
#include <regex>

#include "http/local_ca.h"
#include "http/qr_code.h"
#include "raw_client.h"

namespace peyk::http {
namespace {

namespace fs = std::filesystem;

struct Folder {
    fs::path path = fs::path(testing::TempDir()) / fmt::format("peyk-tls-{}-{}", ::getpid(), counter()++);
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
    static int& counter() {
        static int count = 0;
        return count;
    }
};

// A TLS client that trusts one CA. `verified` is OpenSSL's verdict on chain and name.
struct TlsClient {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL* ssl = nullptr;
    RawClient socket;
    bool shaken = false, verified = false, resumed = false;

    TlsClient(std::uint16_t port, const fs::path& ca, const std::string& name, int max_version = TLS1_3_VERSION,
              SSL_SESSION* session = nullptr)
        : socket(port) {
        SSL_CTX_set_max_proto_version(context, max_version);
        SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
        ssl = SSL_new(context);
        SSL_set1_host(ssl, name.c_str());
        SSL_set_fd(ssl, socket.fd());
        if (session) SSL_set_session(ssl, session);
        shaken = SSL_connect(ssl) == 1;
        verified = shaken && SSL_get_verify_result(ssl) == X509_V_OK;
        resumed = shaken && SSL_session_reused(ssl) == 1;
    }
    ~TlsClient() {
        SSL_free(ssl);
        SSL_CTX_free(context);
    }
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;
    bool send(std::string_view text) { return SSL_write(ssl, text.data(), static_cast<int>(text.size())) > 0; }
    // Until the server closes.
    std::string rest() {
        std::string all;
        char bytes[65536];
        for (int count; (count = SSL_read(ssl, bytes, sizeof bytes)) > 0;)
            all.append(bytes, static_cast<std::size_t>(count));
        return all;
    }
    std::string fingerprint() const {
        auto* certificate = SSL_get1_peer_certificate(ssl);
        unsigned char digest[32];
        unsigned size = 0;
        X509_digest(certificate, EVP_sha256(), digest, &size);
        X509_free(certificate);
        return {reinterpret_cast<const char*>(digest), size};
    }
};

struct TlsServer : TestServer {
    Folder folder;
    LocalCa ca;
    TlsServer() {
        ca = ensure_local_ca(folder.path, {"127.0.0.1", "home.example"}, clock).value();
        config.listeners[0].tls = TlsFiles{ca.files.leaf.certificate, ca.files.leaf.key};
        add(Method::get, "/hello", hello);
        add(Method::post, "/echo", echo, 8'000'000);
    }
};

TEST(Tls, serves_with_a_certificate_of_the_local_ca) {
    TlsServer t;
    t.config.compress = false;
    t.start();
    for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsClient client(t.port(), t.ca.files.ca.certificate, "home.example", version);
        ASSERT_TRUE(client.verified);
        std::string large(3'000'000, 'y');
        client.send(get("/hello"));
        client.send(post("/echo", large));
        client.send(get("/hello", "Connection: close\r\n"));
        auto all = client.rest();
        EXPECT_NE(all.find(large), std::string::npos);
        EXPECT_TRUE(all.ends_with(R"({"hello":"world"})"));
        EXPECT_EQ(SSL_get_shutdown(client.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN)
            << "the end is announced, so that it cannot be forged";
    }
    EXPECT_FALSE(TlsClient(t.port(), t.ca.files.ca.certificate, "home.example", TLS1_1_VERSION).shaken);
    EXPECT_FALSE(TlsClient(t.port(), t.ca.files.ca.certificate, "other.example").verified);
}

TEST(Tls, sessions_are_resumed_with_tickets) {
    TlsServer t;
    t.start();
    TlsClient first(t.port(), t.ca.files.ca.certificate, "home.example");
    first.send(get("/hello", "Connection: close\r\n"));
    first.rest();
    auto* session = SSL_get1_session(first.ssl);
    TlsClient second(t.port(), t.ca.files.ca.certificate, "home.example", TLS1_3_VERSION, session);
    EXPECT_TRUE(second.resumed);
    SSL_SESSION_free(session);
}

TEST(Tls, plain_text_and_silence_do_no_harm) {
    TlsServer t;
    t.config.limits.header_time = Millis{200};
    t.start();
    RawClient plain(t.port()), silent(t.port());
    plain.send(get("/hello"));
    EXPECT_TRUE(plain.closed());
    EXPECT_TRUE(silent.closed());
    EXPECT_TRUE(TlsClient(t.port(), t.ca.files.ca.certificate, "home.example").verified);
}

TEST(Tls, new_certificates_are_taken_up_and_bad_ones_are_not) {
    TlsServer t;
    t.start();
    TlsClient before(t.port(), t.ca.files.ca.certificate, "home.example");
    const auto& leaf = t.ca.files.leaf;
    ASSERT_TRUE(make_leaf(t.ca.files.ca, leaf, {"home.example"}, t.clock));
    ASSERT_TRUE(t.server->reload_certificates());
    TlsClient after(t.port(), t.ca.files.ca.certificate, "home.example");
    EXPECT_TRUE(after.verified);
    EXPECT_NE(before.fingerprint(), after.fingerprint());
    before.send(get("/hello", "Connection: close\r\n"));
    EXPECT_NE(before.rest().find("200 OK"), std::string::npos) << "open connections go on";

    std::ofstream(leaf.certificate) << "nonsense";
    auto reloaded = t.server->reload_certificates();
    ASSERT_FALSE(reloaded);
    EXPECT_NE(reloaded.error().detail.find("server.crt"), std::string::npos) << reloaded.error().detail;
    TlsClient still(t.port(), t.ca.files.ca.certificate, "home.example");
    EXPECT_EQ(still.fingerprint(), after.fingerprint());
}

TEST(LocalCa, is_kept_and_renewed_when_it_must_be) {
    Folder folder;
    SystemClock system;
    ManualClock clock(system.now());
    auto made = ensure_local_ca(folder.path, {"home.example", "192.0.2.1", "2001:db8::1"}, clock);
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_TRUE(made->ca_is_new && made->leaf_is_new);
    EXPECT_TRUE(std::regex_match(made->fingerprint, std::regex("([0-9A-F]{2}:){31}[0-9A-F]{2}")));
    for (const auto& file :
         {made->files.ca.certificate, made->files.ca.key, made->files.leaf.certificate, made->files.leaf.key}) {
        EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write) << file;
    }
    auto again = ensure_local_ca(folder.path, {"home.example", "192.0.2.1", "2001:db8::1"}, clock);
    EXPECT_FALSE(again->ca_is_new || again->leaf_is_new);
    EXPECT_EQ(again->fingerprint, made->fingerprint);

    auto days = (*certificate_end(made->files.leaf.certificate) - clock.now()) / std::chrono::hours(24);
    EXPECT_EQ(days, kLeafDays - 1);  // and 23 hours: the clock skew
    clock.advance(std::chrono::days(kLeafDays - 31));
    EXPECT_FALSE(ensure_local_ca(folder.path, {"home.example"}, clock)->leaf_is_new);
    clock.advance(std::chrono::days(2));
    auto renewed = ensure_local_ca(folder.path, {"home.example"}, clock);
    EXPECT_TRUE(renewed->leaf_is_new);
    EXPECT_FALSE(renewed->ca_is_new);

    // A name below a permitted one is fine for the CA; another name is not.
    auto below = ensure_local_ca(folder.path, {"matrix.home.example"}, clock);
    EXPECT_FALSE(below->ca_is_new);
    EXPECT_TRUE(below->leaf_is_new);
    auto other = ensure_local_ca(folder.path, {"elsewhere.example"}, clock);
    EXPECT_TRUE(other->ca_is_new && other->leaf_is_new);
    EXPECT_NE(other->fingerprint, made->fingerprint);
    clock.advance(std::chrono::days(kCaDays - 20));
    EXPECT_TRUE(ensure_local_ca(folder.path, {"elsewhere.example"}, clock)->ca_is_new);
}

TEST(LocalCa, a_leaf_is_renewed_without_touching_the_authority) {
    Folder folder;
    ManualClock clock(SystemClock{}.now());
    auto first = renew_leaf(folder.path, {"home.example", "192.0.2.1"}, clock);
    ASSERT_TRUE(first) << first.error().detail;
    EXPECT_TRUE(first->ca.ca_is_new && first->ca.leaf_is_new) << "there was nothing";
    EXPECT_FALSE(renew_leaf(folder.path, {"home.example"}, clock)->ca.leaf_is_new) << "nothing is due";

    clock.advance(std::chrono::days(kLeafDays - kRenewBeforeDays));
    auto renewed = renew_leaf(folder.path, {"home.example"}, clock);
    ASSERT_TRUE(renewed) << renewed.error().detail;
    EXPECT_TRUE(renewed->ca.leaf_is_new && !renewed->ca.ca_is_new);
    EXPECT_EQ(renewed->ca.fingerprint, first->ca.fingerprint);
    auto facts = read_local_ca(folder.path);
    ASSERT_TRUE(facts) << facts.error().detail;
    EXPECT_EQ(facts->names, (CertificateNames{"home.example", "192.0.2.1"})) << "names that it had stay";
    EXPECT_EQ(facts->permitted, facts->names);
    EXPECT_GT(facts->leaf_end, clock.now() + std::chrono::days(kLeafDays - 2));

    // An address that is permitted comes in; one that is not is left out and named, and the authority stays.
    auto moved = renew_leaf(folder.path, {"sub.home.example", "192.0.2.7", "2001:db8::1"}, clock);
    ASSERT_TRUE(moved) << moved.error().detail;
    EXPECT_TRUE(moved->ca.leaf_is_new && !moved->ca.ca_is_new);
    EXPECT_EQ(moved->left_out, (CertificateNames{"192.0.2.7", "2001:db8::1"}));
    EXPECT_EQ(read_local_ca(folder.path)->names, (CertificateNames{"sub.home.example", "home.example", "192.0.2.1"}));

    // Only whoever asks for it gets another authority.
    auto replaced = replace_local_ca(folder.path, {"home.example", "192.0.2.7"}, clock);
    ASSERT_TRUE(replaced) << replaced.error().detail;
    EXPECT_NE(replaced->fingerprint, first->ca.fingerprint);
    EXPECT_TRUE(renew_leaf(folder.path, {"192.0.2.7"}, clock)->left_out.empty());
    clock.advance(std::chrono::days(kCaDays - kRenewBeforeDays));
    EXPECT_TRUE(renew_leaf(folder.path, {"home.example"}, clock)->ca.ca_is_new) << "or an end that is near";
}

TEST(LocalCa, a_leaf_without_its_authority_stays_as_it_is) {
    Folder folder;
    ManualClock clock(SystemClock{}.now());
    auto made = ensure_local_ca(folder.path, {"home.example"}, clock);
    fs::remove(made->files.ca.key);
    clock.advance(std::chrono::days(kLeafDays));
    auto renewed = renew_leaf(folder.path, {"home.example"}, clock);
    ASSERT_FALSE(renewed);
    EXPECT_NE(renewed.error().detail.find("ca.key"), std::string::npos) << renewed.error().detail;
    EXPECT_TRUE(certificate_end(made->files.leaf.certificate));
    // Half a pair is a write that was cut off: the leaf is signed anew.
    ASSERT_TRUE(replace_local_ca(folder.path, {"home.example"}, clock));
    std::ofstream(made->files.leaf.key) << "cut off";
    EXPECT_TRUE(renew_leaf(folder.path, {"home.example"}, clock)->ca.leaf_is_new);
}

bool chain_is_good(const LocalCaFiles& files, const CertificateFiles& leaf_files, const std::string& name) {
    auto load = [](const fs::path& file) {
        auto* bio = BIO_new_file(file.c_str(), "r");
        auto* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
        BIO_free(bio);
        return certificate;
    };
    auto* ca = load(files.ca.certificate);
    auto* leaf = load(leaf_files.certificate);
    auto* store = X509_STORE_new();
    X509_STORE_add_cert(store, ca);
    auto* context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, leaf, nullptr);
    auto* parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
    if (!X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()))
        X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), 0);
    bool good = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(leaf);
    X509_free(ca);
    return good;
}

TEST(LocalCa, can_sign_for_its_own_names_only) {
    SystemClock clock;
    struct Case {
        CertificateNames constraint, names;
        bool good;
    };
    const Case cases[] = {
        {{"home.example"}, {"home.example"}, true},
        {{"home.example"}, {"a.home.example"}, true},
        {{"home.example"}, {"evil.example"}, false},
        {{"home.example"}, {"home.example", "evil.example"}, false},
        {{"home.example"}, {"192.0.2.1"}, false},
        {{"home.example"}, {"2001:db8::1"}, false},
        {{"192.0.2.1"}, {"192.0.2.1"}, true},
        {{"192.0.2.1"}, {"192.0.2.2"}, false},
        {{"192.0.2.1"}, {"2001:db8::1"}, false},
        {{"192.0.2.1"}, {"evil.example"}, false},
        {{"home.example", "2001:db8::1"}, {"2001:db8::1"}, true},
        {{"home.example", "2001:db8::1"}, {"2001:db8::2"}, false},
    };
    for (const auto& c : cases) {
        Folder folder;
        auto ca = ensure_local_ca(folder.path, c.constraint, clock);
        ASSERT_TRUE(ca) << ca.error().detail;
        ASSERT_TRUE(chain_is_good(ca->files, ca->files.leaf, c.constraint.front())) << c.constraint.front();
        CertificateFiles out{folder.path / "x.crt", folder.path / "x.key"};
        ASSERT_TRUE(make_leaf(ca->files.ca, out, c.names, clock));
        EXPECT_EQ(chain_is_good(ca->files, out, c.names.back()), c.good) << c.constraint.front() << c.names.back();
    }
}

TEST(LocalCa, says_what_is_wrong) {
    Folder folder;
    SystemClock clock;
    EXPECT_EQ(ensure_local_ca(folder.path, {}, clock).error().code, Errc::bad_request);
    for (std::string name : {"", "a b", "*.example", "a..b", ".a", "a/b", "a,DNS:b"}) {
        EXPECT_EQ(ensure_local_ca(folder.path, {name}, clock).error().code, Errc::bad_request) << name;
    }
    ASSERT_TRUE(ensure_local_ca(folder.path, {"home.example"}, clock));
    std::ofstream(folder.path / "ca.key") << "broken";
    auto broken = ensure_local_ca(folder.path, {"home.example"}, clock);
    ASSERT_FALSE(broken) << "a CA that people trust is not replaced silently";
    EXPECT_NE(broken.error().detail.find("ca.key"), std::string::npos);
}

TEST(QrCode, draws_squares) {
    auto svg = qr_svg("https://home.example/setup?token=abc");
    ASSERT_TRUE(svg);
    EXPECT_TRUE(svg->starts_with("<svg xmlns="));
    EXPECT_TRUE(svg->ends_with("</svg>"));
    // A finder pattern begins with seven dark modules at (4,4).
    EXPECT_NE(svg->find("M4 4h7v1H4z"), std::string::npos);
    auto terminal = qr_terminal("https://home.example/setup?token=abc");
    ASSERT_TRUE(terminal);
    EXPECT_GT(std::ranges::count(*terminal, '\n'), 15);
    EXPECT_EQ(qr_svg(std::string(5000, 'x')).error().code, Errc::too_large);
}

}  // namespace
}  // namespace peyk::http
