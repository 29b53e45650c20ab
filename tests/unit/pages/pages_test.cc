#include "pages/pages.h"

#include <gtest/gtest.h>

#include "async/executor.h"
#include "async/task.h"
#include "pages/html.h"
#include "pages/page.h"

namespace peyk::pages {
namespace {

Facts facts() {
    Facts out;
    out.server_name = "<b>example.org</b>";  // hostile on purpose: everything must be escaped
    out.base_url = "https://example.org";
    out.version = "0.1";
    out.groups.push_back({.group = "account", .labels = 1U << 9U, .sealed = true});
    out.held.push_back({"accounts & states", "identifiers", "until erased"});
    out.features.push_back({"privacy.presence", "Who is online.", true});
    auto authority = std::make_shared<LocalAuthority>();
    authority->set(std::make_shared<LocalAuthority::Shown>("-----BEGIN CERTIFICATE-----\n", "AA:BB"));
    out.authority = authority;
    return out;
}

class PagesTest : public testing::Test {
protected:
    explicit PagesTest(Facts given = facts(), EmailLinks email = {})
        : pages_(std::move(given), resetter(), std::move(email)) {
        pages_.add_routes(router_);
    }

    ResetPassword resetter() {
        return [this](std::string token, std::string password) { return reset(std::move(token), std::move(password)); };
    }
    Task<Result<void>> reset(std::string token, std::string password) {
        seen_token_ = std::move(token);
        seen_password_ = std::move(password);
        co_return answer_;
    }

    http::Response call(http::Method method, std::string path, std::string query = {}, std::string body = {},
                        std::vector<std::pair<std::string, std::string>> headers = {}) {
        auto match = router_.match(method, path);
        if (!match.route) {
            http::Response none;
            none.status = 404;
            return none;
        }
        http::Request request;
        request.method = method;
        request.path = std::move(path);
        request.query = std::move(query);
        request.body = std::move(body);
        for (auto& [name, value] : headers) request.headers.add(name, value);
        return run_blocking(workers_, match.route->handler(std::move(request)));
    }
    static bool has(const http::Response& response, std::string_view text) {
        return response.body.find(text) != std::string::npos;
    }

    std::string seen_token_, seen_password_;
    Result<void> answer_;
    WorkerPool workers_{"test", 1};
    http::Router router_;
    Pages pages_;
};

TEST_F(PagesTest, TheHomePageSaysWhereToConnectAndEscapesEverything) {
    auto page = call(http::Method::get, "/");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(has(page, "https://example.org</code>"));
    EXPECT_FALSE(has(page, "<b>"));
    EXPECT_TRUE(has(page, "&lt;b&gt;example.org"));
    EXPECT_TRUE(has(page, "dir=\"ltr\""));
}

TEST_F(PagesTest, PersianIsChosenByTheBrowserOrTheLinkAndRunsFromRightToLeft) {
    for (const auto& page : {call(http::Method::get, "/", "", "", {{"Accept-Language", "fa-IR,fa;q=0.9,en;q=0.5"}}),
                             call(http::Method::get, "/", "lang=fa")}) {
        EXPECT_TRUE(has(page, "lang=\"fa\" dir=\"rtl\""));
        EXPECT_TRUE(has(page, "پیام‌رسانی"));
    }
    EXPECT_TRUE(
        has(call(http::Method::get, "/", "lang=en", "", {{"Accept-Language", "fa"}}), "lang=\"en\" dir=\"ltr\""));
    EXPECT_TRUE(has(call(http::Method::get, "/", "", "", {{"Accept-Language", "de, fa;q=0.3"}}), "lang=\"fa\""));
}

TEST_F(PagesTest, EveryPageForbidsScriptsFramesAndOutsideResources) {
    for (const auto* path : {"/", "/privacy", "/_peyk/ca", "/_peyk/reset"}) {
        auto page = call(http::Method::get, path, "token=t");
        auto policy = page.headers.find("Content-Security-Policy").value_or("");
        EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << path;
        EXPECT_EQ(policy.find("unsafe"), std::string::npos) << path;
        EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos) << path;
        EXPECT_EQ(page.headers.find("Referrer-Policy"), "no-referrer") << path;
        EXPECT_FALSE(has(page, "<script")) << path;
        EXPECT_FALSE(has(page, "style=")) << path;
        EXPECT_FALSE(has(page, "src=")) << path;
    }
    EXPECT_EQ(call(http::Method::get, "/_peyk/page.css").headers.find("Content-Type"), "text/css; charset=utf-8");
}

TEST_F(PagesTest, ThePrivacyPageListsTheCatalogAndTheSwitches) {
    auto page = call(http::Method::get, "/privacy");
    EXPECT_TRUE(has(page, "<td>accounts &amp; states</td><td>identifiers</td><td>until erased</td>"));
    EXPECT_TRUE(has(page, "<td>Who is online.</td><td>on</td>"));
    EXPECT_TRUE(has(page, "What no server can promise"));
}

TEST_F(PagesTest, ThePrivacyPageSaysItInPlainWordsInBothLanguages) {
    auto page = call(http::Method::get, "/privacy");
    EXPECT_TRUE(has(page, "Your account: its name"));
    EXPECT_TRUE(has(page, "<td>on the disk, sealed</td><td>Names and numbers for you and your devices</td>"));
    EXPECT_TRUE(has(page, "<td>Health</td><td>nothing</td>"));
    EXPECT_TRUE(has(page, "<td>Contact details</td><td>nothing</td>"));
    auto persian = call(http::Method::get, "/privacy", "lang=fa");
    EXPECT_TRUE(has(persian, "lang=\"fa\" dir=\"rtl\""));
    EXPECT_TRUE(has(persian, "حساب شما: نام آن"));
    EXPECT_TRUE(has(persian, "<td>سلامت</td><td>هیچ</td>"));
}

TEST_F(PagesTest, TheCertificatePageHasAFingerprintAndACodeForThisAddress) {
    auto page = call(http::Method::get, "/_peyk/ca", "", "", {{"Host", "192.168.1.5:8008"}});
    EXPECT_TRUE(has(page, "AA:BB"));
    EXPECT_TRUE(has(page, "<div class=\"qr\"><svg "));
    EXPECT_TRUE(has(page, "http://192.168.1.5:8008/_peyk/ca</code>"));
    // A Host header that is no address is not repeated.
    auto forged = call(http::Method::get, "/_peyk/ca", "", "", {{"Host", "evil\"><script>"}});
    EXPECT_FALSE(has(forged, "evil"));
    EXPECT_FALSE(has(forged, "<svg"));
    auto file = call(http::Method::get, "/_peyk/ca.crt");
    EXPECT_EQ(file.headers.find("Content-Type"), "application/x-x509-ca-cert");
    EXPECT_TRUE(file.body.starts_with("-----BEGIN CERTIFICATE"));
}

class PagesWithoutAuthority : public PagesTest {
protected:
    PagesWithoutAuthority() : PagesTest(without()) {}
    static Facts without() {
        auto out = facts();
        out.authority = std::make_shared<LocalAuthority>();
        return out;
    }
};

TEST_F(PagesWithoutAuthority, HaveNoCertificatePage) {
    EXPECT_EQ(call(http::Method::get, "/_peyk/ca").status, 404);
    EXPECT_FALSE(has(call(http::Method::get, "/"), "/_peyk/ca"));
}

TEST_F(PagesTest, TheResetFormCarriesTheTokenEscapedAndIsNeverKept) {
    auto page = call(http::Method::get, "/_peyk/reset", "token=a%22%3Eb");
    EXPECT_TRUE(has(page, "value=\"a&quot;&gt;b\""));
    EXPECT_EQ(page.headers.find("Cache-Control"), "no-store");
    EXPECT_EQ(call(http::Method::get, "/_peyk/reset").status, 400);
    EXPECT_EQ(call(http::Method::get, "/_peyk/reset", "token=" + std::string(300, 'x')).status, 400);
}

TEST_F(PagesTest, APostedPasswordReachesTheServiceDecoded) {
    auto page = call(http::Method::post, "/_peyk/reset", "", "token=t%2B1&password=a+b%26%C3%A9&repeat=a+b%26%C3%A9");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(seen_token_, "t+1");
    EXPECT_EQ(seen_password_, "a b&é");
    EXPECT_TRUE(has(page, "The password is set"));
    EXPECT_FALSE(has(page, "a b&amp;é"));
}

TEST_F(PagesTest, WhatIsWrongWithAPasswordIsSaidAndTheServiceIsNotAskedInVain) {
    EXPECT_TRUE(has(call(http::Method::post, "/_peyk/reset", "", "token=t&password=a&repeat=b"), "differ"));
    EXPECT_TRUE(has(call(http::Method::post, "/_peyk/reset", "", "token=t&password=&repeat="), "Choose a password"));
    EXPECT_TRUE(has(call(http::Method::post, "/_peyk/reset", "", "password=a&repeat=a"), "not good"));
    EXPECT_TRUE(has(call(http::Method::post, "/_peyk/reset", "", "token=%zz&password=a&repeat=a"), "not good"));
    EXPECT_TRUE(seen_token_.empty());
    answer_ = fail(Errc::forbidden);
    EXPECT_TRUE(has(call(http::Method::post, "/_peyk/reset", "", "token=t&password=a&repeat=a"), "not good"));
    answer_ = fail(Errc::bad_request);
    EXPECT_TRUE(has(call(http::Method::post, "/_peyk/reset", "", "token=t&password=a&repeat=a"), "too short"));
    answer_ = fail(Errc::unavailable);
    EXPECT_TRUE(has(call(http::Method::post, "/_peyk/reset", "", "token=t&password=a&repeat=a"), "Try again"));
}

class PagesWithEmail : public PagesTest {
protected:
    PagesWithEmail()
        : PagesTest(facts(), {.look = [this](const std::string&, std::string_view) { return std::optional(link_); },
                              .confirm = [](const std::string&, std::string_view) { return true; }}) {}
    http::Response open() { return call(http::Method::get, "/_peyk/email", "sid=s&token=t"); }

    EmailLink link_;
};

TEST_F(PagesWithEmail, SendNobodyToThePlacesOfStrangers) {
    link_.next = "https://evil.example/?a=b&c=\"d";
    auto page = open();
    EXPECT_EQ(page.status, 200);
    EXPECT_FALSE(page.headers.find("Location"));
    EXPECT_TRUE(has(page, "href=\"https://evil.example/?a=b&amp;c=&quot;d\""));
    EXPECT_TRUE(has(page, "noopener noreferrer"));
    link_.next.reset();
    EXPECT_FALSE(has(open(), "noopener"));
}

TEST_F(PagesWithEmail, SendOnWhereAUserAskedUnlessAFormWasPosted) {
    link_.next = "https://app.example/done";
    link_.next_by_user = true;
    auto page = open();
    EXPECT_EQ(page.status, 302);
    EXPECT_EQ(page.headers.find("Location"), "https://app.example/done");
    link_.ask_first = true;
    EXPECT_EQ(open().status, 200);
    auto posted = call(http::Method::post, "/_peyk/email", "", "sid=s&token=t");
    EXPECT_EQ(posted.status, 200);
    EXPECT_TRUE(has(posted, "href=\"https://app.example/done\""));
}

TEST(QrCode, IsLeftOutWhenTheTextIsTooLong) {
    EXPECT_FALSE(qr_code("http://127.0.0.1:8008/_peyk/ca").str().empty());
    EXPECT_TRUE(qr_code(std::string(5000, 'x')).str().empty());
}

}  // namespace
}  // namespace peyk::pages
