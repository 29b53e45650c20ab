#include "app/doctor.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace peyk::app {
namespace {

class Doctor : public testing::Test {
protected:
    Doctor() {
        std::string name = testing::TempDir() + "doctor_XXXXXX";
        folder_ = mkdtemp(name.data());
        config_.server.name = "localhost";
        config_.server.data_dir = folder_;
        config_.storage.reserve = 1024;
        config_.listeners.emplace_back();
    }
    ~Doctor() override { std::filesystem::remove_all(folder_); }

    static bool has(const Findings& findings, Severity severity, std::string_view words) {
        return std::ranges::any_of(findings, [&](const Finding& finding) {
            return finding.severity == severity && finding.what.find(words) != std::string::npos;
        });
    }
    static std::string all(const Findings& findings) {
        std::string out;
        for (const auto& f : findings) out += fmt::format("{} {}: {}\n", severity_name(f.severity), f.area, f.what);
        return out;
    }

    // A certificate for `host` that is valid for `days` from now, signed by itself.
    void write_certificate(const std::string& host, int days, std::string_view prefix) {
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* certificate = X509_new();
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -40L * 86400);
        X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86400L + 3600);
        X509_set_pubkey(certificate, key);
        auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str());
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
        X509_sign(certificate, key, EVP_sha256());
        auto path = folder_ / prefix;
        FILE* out = std::fopen((path.string() + ".crt").c_str(), "w");
        PEM_write_X509(out, certificate);
        std::fclose(out);
        out = std::fopen((path.string() + ".key").c_str(), "w");
        PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(out);
        chmod((path.string() + ".key").c_str(), 0600);
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
    void use_certificate(std::string_view certificate, std::string_view key) {
        config_.listeners[0].tls_certificate = folder_ / certificate;
        config_.listeners[0].tls_key = folder_ / key;
    }

    std::filesystem::path folder_;
    Config config_;
    Findings found_;
};

// A machine as it should be.
Surroundings good_machine() {
    return {[] { return SystemClock{}.now(); }, [] { return true; },
            [](const std::string&) -> std::optional<std::string> { return std::nullopt; }, [] { return 1'048'576u; }};
}

TEST_F(Doctor, NamesAClockThatStandsInThePast) {
    auto machine = good_machine();
    examine_clock(config_, machine, found_);
    EXPECT_TRUE(has(found_, Severity::good, "synchronised")) << all(found_);
    machine.now = [] { return Millis{1'550'000'000'000}; };
    found_.clear();
    examine_clock(config_, machine, found_);
    EXPECT_TRUE(has(found_, Severity::error, "stands in 2019")) << all(found_);
}

TEST_F(Doctor, NamesAClockThatWentBackBehindTheStore) {
    std::filesystem::create_directories(config_.store_dir() / "rocks");
    std::ofstream(config_.store_dir() / "rocks" / "000004.log") << "rows";
    auto machine = good_machine();
    examine_clock(config_, machine, found_);
    EXPECT_TRUE(has(found_, Severity::good, "synchronised")) << all(found_);
    machine.now = [] { return SystemClock{}.now() - std::chrono::hours(3); };
    found_.clear();
    examine_clock(config_, machine, found_);
    EXPECT_TRUE(has(found_, Severity::error, "minutes behind the last write")) << all(found_);
    machine.now = [] { return SystemClock{}.now() - std::chrono::minutes(2); };
    found_.clear();
    examine_clock(config_, machine, found_);
    EXPECT_FALSE(has(found_, Severity::error, "behind")) << "a little is nothing: " << all(found_);
}

TEST_F(Doctor, NamesAClockThatNothingSynchronises) {
    auto machine = good_machine();
    machine.is_synchronised = [] { return false; };
    examine_clock(config_, machine, found_);
    EXPECT_TRUE(has(found_, Severity::note, "synchronised")) << all(found_);
}

TEST_F(Doctor, NamesAServerNameWithoutAnAddress) {
    auto machine = good_machine();
    std::vector<std::string> asked;
    machine.no_address = [&asked](const std::string& host) -> std::optional<std::string> {
        asked.push_back(host);
        if (host == "chat.example.org") return std::nullopt;
        return "Name or service not known";
    };
    for (std::string name : {"chat.example.org:8448", "gone.example.org"}) {
        config_.server.name = name;
        examine_names(config_, machine, found_);
    }
    EXPECT_TRUE(has(found_, Severity::good, "chat.example.org has an address")) << all(found_);
    EXPECT_TRUE(has(found_, Severity::warning, "gone.example.org has no address: Name or service")) << all(found_);
    for (std::string name : {"localhost", "192.0.2.1", "[2001:db8::1]:8448"}) {
        config_.server.name = name;
        found_.clear();
        examine_names(config_, machine, found_);
        EXPECT_TRUE(has(found_, Severity::note, "needs no DNS")) << name << all(found_);
    }
    EXPECT_EQ(asked, (std::vector<std::string>{"chat.example.org", "gone.example.org"}))
        << "the others need no resolver";
}

TEST_F(Doctor, NamesLimitsThatAreTooLow) {
    auto machine = good_machine();
    auto verdict = [&](std::uint64_t files) {
        machine.open_files = [files] { return files; };
        found_.clear();
        examine_limits(config_, machine, found_);
        EXPECT_EQ(found_.size(), 1u);
        return found_.front().severity;
    };
    config_.limits.connections = 100'000;
    EXPECT_EQ(verdict(1024), Severity::error);
    EXPECT_EQ(verdict(4095), Severity::error);
    EXPECT_EQ(verdict(4096), Severity::note);
    EXPECT_EQ(verdict(101'023), Severity::note);
    EXPECT_EQ(verdict(101'024), Severity::good);
}

TEST_F(Doctor, AsksThisMachineTheSameQuestions) {
    auto machine = Surroundings::of_this_machine();
    EXPECT_GT(machine.now(), Millis{1'767'000'000'000});
    EXPECT_GT(machine.open_files(), 0u);
    EXPECT_FALSE(machine.no_address("localhost"));
    (void)machine.is_synchronised();
}

TEST_F(Doctor, NamesAMissingDataFolder) {
    config_.server.data_dir = folder_ / "none";
    examine_disk(config_, found_);
    EXPECT_TRUE(has(found_, Severity::error, "does not exist")) << all(found_);
}

TEST_F(Doctor, NamesADataFolderThatOthersCanEnter) {
    chmod(folder_.c_str(), 0755);
    examine_disk(config_, found_);
    EXPECT_TRUE(has(found_, Severity::warning, "other users")) << all(found_);
    found_.clear();
    chmod(folder_.c_str(), 0700);
    examine_disk(config_, found_);
    EXPECT_FALSE(has(found_, Severity::warning, "other users")) << all(found_);
    EXPECT_TRUE(has(found_, Severity::good, "free")) << all(found_);
}

TEST_F(Doctor, NamesAFullDisk) {
    config_.storage.reserve = std::uint64_t{1} << 60;
    examine_disk(config_, found_);
    EXPECT_TRUE(has(found_, Severity::error, "writes are refused")) << all(found_);
}

TEST_F(Doctor, NamesAKeyFileThatIsMissingReadableByOthersOrBesideTheData) {
    examine_keys(config_, found_);
    EXPECT_TRUE(has(found_, Severity::error, "is missing")) << all(found_);
    found_.clear();
    std::ofstream(config_.key_file()) << "key";
    chmod(config_.key_file().c_str(), 0644);
    examine_keys(config_, found_);
    EXPECT_TRUE(has(found_, Severity::error, "other users of this machine may read")) << all(found_);
    EXPECT_TRUE(has(found_, Severity::warning, "same disk")) << all(found_);
}

TEST_F(Doctor, IsContentWithAGoodCertificate) {
    write_certificate("localhost", 300, "good");
    use_certificate("good.crt", "good.key");
    examine_tls(config_, found_);
    ASSERT_EQ(found_.size(), 1u) << all(found_);
    EXPECT_TRUE(has(found_, Severity::good, "300 more days")) << all(found_);
}

TEST_F(Doctor, NamesAnExpiredAForeignAndASoonExpiringCertificate) {
    write_certificate("localhost", -2, "old");
    use_certificate("old.crt", "old.key");
    examine_tls(config_, found_);
    EXPECT_TRUE(has(found_, Severity::error, "has expired")) << all(found_);
    found_.clear();
    write_certificate("elsewhere.org", 5, "other");
    use_certificate("other.crt", "other.key");
    examine_tls(config_, found_);
    EXPECT_TRUE(has(found_, Severity::warning, "is not for localhost")) << all(found_);
    EXPECT_TRUE(has(found_, Severity::warning, "expires in 5 days")) << all(found_);
}

TEST_F(Doctor, NamesAKeyThatBelongsToAnotherCertificateAndFilesThatAreMissing) {
    write_certificate("localhost", 100, "one");
    write_certificate("localhost", 100, "two");
    use_certificate("one.crt", "two.key");
    examine_tls(config_, found_);
    EXPECT_TRUE(has(found_, Severity::error, "does not belong to")) << all(found_);
    found_.clear();
    use_certificate("one.crt", "three.key");
    examine_tls(config_, found_);
    EXPECT_TRUE(has(found_, Severity::error, "cannot be read")) << all(found_);
    found_.clear();
    use_certificate("one.key", "one.key");
    examine_tls(config_, found_);
    EXPECT_TRUE(has(found_, Severity::error, "not a PEM file")) << all(found_);
}

TEST_F(Doctor, NamesSettingsThatWeaken) {
    config_.outside_tests.enabled = true;
    config_.storage.durability = Durability::relaxed;
    config_.listeners[0].address = "0.0.0.0";
    examine_settings(config_, found_);
    EXPECT_TRUE(has(found_, Severity::warning, "outside_tests")) << all(found_);
    EXPECT_TRUE(has(found_, Severity::warning, "relaxed")) << all(found_);
    EXPECT_TRUE(has(found_, Severity::warning, "without TLS")) << all(found_);
}

TEST_F(Doctor, SaysWhatToDoForEverythingThatIsNotGood) {
    write_certificate("elsewhere.org", 5, "other");
    use_certificate("other.crt", "other.key");
    for (const auto& finding : examine(config_)) {
        EXPECT_EQ(finding.advice.empty(), finding.severity == Severity::good) << finding.what;
    }
}

}  // namespace
}  // namespace peyk::app
