// The certificate of the server's own authority: renewed by the server itself, and by people who ask for it.

#include "app/authority.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "app/cli.h"
#include "app/control.h"
#include "app/doctor.h"
#include "app/own_addresses.h"
#include "app/sealed.h"
#include "app/server.h"

namespace peyk::app {
namespace {

namespace fs = std::filesystem;

// When the certificate ends that is served on this port; zero: nobody shakes hands there, or the chain is not good.
Millis served_until(std::uint16_t port, const fs::path& ca) {
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    SSL_CTX_load_verify_locations(context.get(), ca.c_str(), nullptr);
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
    SSL_set1_host(ssl.get(), "localhost");
    SSL_set_fd(ssl.get(), handle);
    Millis end{0};
    if (connect(handle, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 && SSL_connect(ssl.get()) == 1 &&
        SSL_get_verify_result(ssl.get()) == X509_V_OK) {
        std::unique_ptr<X509, decltype(&X509_free)> leaf(SSL_get1_peer_certificate(ssl.get()), &X509_free);
        std::tm parts{};
        ASN1_TIME_to_tm(X509_get0_notAfter(leaf.get()), &parts);
        end = std::chrono::seconds(timegm(&parts));
    }
    close(handle);
    return end;
}

class AuthorityTest : public testing::Test {
protected:
    AuthorityTest() {
        std::string name = testing::TempDir() + "peyk_XXXXXX";
        folder_ = mkdtemp(name.data());
        file_ = folder_ / "peyk.toml";
        log::configure(log::Level::off, log::Format::text);
        InitOptions options;
        options.config = file_;
        options.unattended = true;
        EXPECT_EQ(run_init(options), kExitOk);
    }
    ~AuthorityTest() override { fs::remove_all(folder_); }

    Config config() const {
        auto loaded = load_config(file_, {});
        EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().detail);
        for (auto& listener : loaded->config.listeners) listener.port = 0;
        return std::move(loaded->config);
    }
    // As if `peyk init` had run that long ago.
    void age(std::chrono::days days) const {
        ManualClock then(SystemClock{}.now() - days);
        auto made = http::replace_local_ca(config().ca_dir(), certificate_names(config()), then);
        ASSERT_TRUE(made.has_value()) << made.error().detail;
    }
    fs::path ca() const { return config().ca_dir() / "ca.crt"; }
    Millis on_disk_until() const { return *http::certificate_end(config().ca_dir() / "server.crt"); }
    static bool is_fresh(Millis end) { return end > SystemClock{}.now() + std::chrono::days(http::kLeafDays - 2); }
    std::string fingerprint() const { return http::read_local_ca(config().ca_dir())->fingerprint; }
    std::string doctor_says() const {
        Findings findings;
        examine_tls(config(), findings);
        std::string out;
        for (const auto& one : findings)
            out += fmt::format("{}: {} -> {}\n", severity_name(one.severity), one.what, one.advice);
        return out;
    }

    fs::path folder_, file_;
};

TEST_F(AuthorityTest, AStartRenewsACertificateThatIsAboutToEnd) {
    age(std::chrono::days(390));
    auto authority = fingerprint();
    EXPECT_NE(doctor_says().find("expires in 6 days"), std::string::npos) << doctor_says();
    Server server(config());
    ASSERT_TRUE(server.start().has_value());
    EXPECT_TRUE(is_fresh(served_until(server.ports()[1], ca())));
    EXPECT_EQ(fingerprint(), authority) << "people have installed that one";
}

TEST_F(AuthorityTest, AnExpiredOneIsRenewedTooAlsoBehindASealedServer) {
    age(std::chrono::days(500));
    EXPECT_NE(doctor_says().find("peyk ca renew"), std::string::npos) << doctor_says();
    Sealed sealed(config(), "it was locked", [] {});
    ASSERT_TRUE(sealed.start().has_value());
    EXPECT_TRUE(is_fresh(served_until(sealed.ports()[1], ca())));
}

TEST_F(AuthorityTest, ARenewalIsServedAtOnceWithoutARestart) {
    Server server(config());
    ASSERT_TRUE(server.start().has_value());
    age(std::chrono::days(370));
    ASSERT_TRUE(server.reload().has_value()) << "as SIGHUP does";
    EXPECT_FALSE(is_fresh(served_until(server.ports()[1], ca())));
    EXPECT_EQ(run_ca_renew({.config = file_}), kExitOk);
    EXPECT_TRUE(is_fresh(served_until(server.ports()[1], ca())));
    EXPECT_TRUE(server.reload().has_value());
    EXPECT_TRUE(is_fresh(served_until(server.ports()[1], ca())));
}

TEST_F(AuthorityTest, WithoutAServerTheCommandRenewsTheFiles) {
    age(std::chrono::days(370));
    EXPECT_EQ(run_ca_show({.config = file_}), kExitOk);
    auto authority = fingerprint();
    EXPECT_EQ(run_ca_renew({.config = file_, .names = {"localhost", "sub.localhost"}}), kExitOk);
    EXPECT_TRUE(is_fresh(on_disk_until()));
    EXPECT_EQ(fingerprint(), authority);
    auto names = http::read_local_ca(config().ca_dir())->names;
    EXPECT_NE(std::ranges::find(names, "sub.localhost"), names.end());
    // What the authority may not sign for needs another one, which only an operator asks for.
    EXPECT_EQ(run_ca_renew({.config = file_, .names = {"school.lan"}}), kExitOk);
    EXPECT_EQ(fingerprint(), authority);
    EXPECT_EQ(run_ca_renew({.config = file_, .names = {"school.lan"}, .new_authority = true}), kExitOk);
    EXPECT_NE(fingerprint(), authority);
    names = http::read_local_ca(config().ca_dir())->permitted;
    EXPECT_NE(std::ranges::find(names, "school.lan"), names.end());
}

TEST_F(AuthorityTest, ThePagesShowAnAuthorityThatIsMadeWhileTheServerRuns) {
    Server server(config());
    ASSERT_TRUE(server.start().has_value());
    auto before = fingerprint();
    auto asked = ask_server(config(), "/ca/renew", {{"new_ca", true}}, "");
    ASSERT_TRUE(asked && *asked) << (asked ? "nobody answers" : asked.error().detail);
    EXPECT_NE(fingerprint(), before);
    EXPECT_TRUE(is_fresh(served_until(server.ports()[1], ca())));
    EXPECT_FALSE(ask_server(config(), "/ca/renew", {{"names", json::Array{1}}}, "").has_value());
    EXPECT_FALSE(ask_server(config(), "/ca/renew", {{"names", json::Array{"no name"}}}, "").has_value());
}

TEST_F(AuthorityTest, ANameThatCameLaterIsNamedByTheDoctorAndTakenUpWherePermitted) {
    auto now = config();
    now.server.public_base_url = "https://school.lan:8448";
    Findings findings;
    examine_tls(now, findings);
    auto named = [&findings] {
        return std::ranges::any_of(findings, [](const auto& one) {
            return one.what == "the certificate is not for school.lan" &&
                   one.advice.find("--new-authority") != std::string::npos;
        });
    };
    EXPECT_TRUE(named());
    SystemClock clock;
    Authority authority(now, clock);
    authority.keep();
    EXPECT_FALSE(http::read_local_ca(now.ca_dir())->names.empty());
    findings.clear();
    examine_tls(now, findings);
    EXPECT_TRUE(named()) << "its authority may not sign for it";
    ASSERT_TRUE(authority.renew({.new_ca = true}).has_value());
    findings.clear();
    examine_tls(now, findings);
    EXPECT_FALSE(named());
}

TEST_F(AuthorityTest, FilesOfAnotherAuthorityAreLeftAlone) {
    age(std::chrono::days(370));
    auto before = on_disk_until();
    auto copy = [this](const char* name) { fs::copy_file(config().ca_dir() / name, folder_ / name); };
    copy("server.crt");
    copy("server.key");
    auto other = config();
    other.listeners[1].tls_certificate = folder_ / "server.crt";
    other.listeners[1].tls_key = folder_ / "server.key";
    EXPECT_FALSE(uses_local_ca(other));
    {
        Server server(other);
        ASSERT_TRUE(server.start().has_value());
    }
    EXPECT_EQ(on_disk_until(), before);
    EXPECT_EQ(*http::certificate_end(folder_ / "server.crt"), before);
    SystemClock clock;
    EXPECT_EQ(Authority(other, clock).renew({}).error().code, Errc::not_found);
}

TEST_F(AuthorityTest, AServerGoesOnWithTheCertificateWhenTheAuthorityIsKeptElsewhere) {
    fs::remove(config().ca_dir() / "ca.key");
    Server server(config());
    ASSERT_TRUE(server.start().has_value());
    EXPECT_TRUE(is_fresh(served_until(server.ports()[1], ca())));
    EXPECT_EQ(run_ca_renew({.config = file_}), kExitFailed);
    EXPECT_NE(doctor_says().find("ca.key"), std::string::npos) << doctor_says();
}

TEST_F(AuthorityTest, WithoutAnyFilesAStartMakesAnAuthority) {
    fs::remove_all(config().ca_dir());
    Server server(config());
    auto started = server.start();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
    EXPECT_TRUE(is_fresh(served_until(server.ports()[1], ca())));
}

TEST(OwnAddresses, AreThoseThatStay) {
    constexpr std::string_view text =
        "fe80000000000000021122fffe334455 02 40 20 80    eth0\n"
        "20010db8000000000000000000000007 02 40 00 80    eth0\n"
        "20010db80000000000000000000000aa 02 40 00 01    eth0\n"
        "20010db80000000000000000000000bb 02 40 00 20    eth0\n"
        "fd000000000000000000000000000001 03 40 00 80    eth1\n"
        "00000000000000000000000000000001 01 80 10 80      lo\n"
        "nonsense 01 80 00 80 lo\n"
        "20010db8 02 40 00 80 eth0\n\n";
    EXPECT_EQ(lasting_addresses(text), (std::vector<std::string>{"2001:db8::7", "fd00::1"}));
    EXPECT_TRUE(lasting_addresses("").empty());
    for (const auto& address : own_addresses()) {
        EXPECT_FALSE(address.starts_with("127.") || address == "::1" || address.starts_with("fe80")) << address;
    }
}

}  // namespace
}  // namespace peyk::app
