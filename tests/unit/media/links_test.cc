#include "media/previews/links.h"

#include <gtest/gtest.h>

namespace peyk::media {
namespace {

TEST(Links, are_read_as_people_write_them) {
    struct Case {
        std::string_view text, out;
    };
    const Case good[] = {
        {"https://example.org", "https://example.org/"},
        {"  HTTPS://Example.org/a?b=c#d \n", "https://example.org/a?b=c"},
        {"https://fa.wikipedia.org/wiki/ایران", "https://fa.wikipedia.org/wiki/%D8%A7%DB%8C%D8%B1%D8%A7%D9%86"},
        {"http://пример.испытание/путь", "http://xn--e1afmkfd.xn--80akhbyknj4f/%D0%BF%D1%83%D1%82%D1%8C"},
        {"http://Bücher.example:8080/", "http://xn--bcher-kva.example:8080/"},
        {"http://مثال.ایران", "http://xn--mgbh0fb.xn--mgba3a4f16a/"},
        {"https://example.org/a b|c", "https://example.org/a%20b%7Cc"},
        {"https://example.org/%41\"<>", "https://example.org/%41%22%3C%3E"},
        {"https://exam\nple.org/", "https://example.org/"},
    };
    for (const auto& c : good) {
        const auto url = parse_link(c.text);
        ASSERT_TRUE(url) << c.text;
        EXPECT_EQ(url->str(), c.out);
    }
    for (const std::string_view text :
         {"", "example.org", "ftp://example.org/", "file:///etc/passwd", "data:text/html,x", "javascript:alert(1)",
          "gopher://example.org:70/", "http://user@example.org/", "http://user:secret@example.org/",
          "http://example.org@127.0.0.1/", "http://127.0.0.1:80@example.org/", "http://\xd0\xbf@example.org/",
          "http://example.org:0/", "http://example.org:99999/", "http://example.org\\@127.0.0.1/",
          "http://a\xff.example/", "http://exa mple.org/", "http://[::1%25eth0]/", "mxc://example.org/abc"}) {
        EXPECT_FALSE(parse_link(text)) << text;
    }
    EXPECT_FALSE(parse_link("https://example.org/" + std::string(10'000, 'a')));
}

TEST(Links, mean_something_in_a_page) {
    const auto base = parse_link("https://a.example/x/y").value();
    EXPECT_EQ(resolve_link(base, " bild ä.png ").value().str(), "https://a.example/x/bild%20%C3%A4.png");
    EXPECT_EQ(resolve_link(base, "//b.example/c").value().str(), "https://b.example/c");
    EXPECT_EQ(resolve_link(base, "http://пример.example/c").value().str(), "http://xn--e1afmkfd.example/c");
    EXPECT_FALSE(resolve_link(base, "javascript:alert(1)"));
    EXPECT_FALSE(resolve_link(base, "data:image/png;base64,AAAA"));
}

TEST(LinkPolicy, lets_the_ports_of_the_web_through) {
    const LinkPolicy policy({});
    for (const auto* url : {"http://example.org/", "https://example.org/", "https://example.org:8448/",
                            "http://example.org:8080/", "https://93.184.216.34/", "https://[2606:4700::1111]/"})
        EXPECT_TRUE(policy.allows(parse_link(url).value())) << url;
    for (const auto* url : {"http://example.org:22/", "http://example.org:25/", "http://example.org:81/",
                            "http://example.org:587/", "http://example.org:6379/", "http://example.org:6667/",
                            "http://example.org:11211/", "http://example.org:5432/"})
        EXPECT_FALSE(policy.allows(parse_link(url).value())) << url;
}

TEST(LinkPolicy, asks_for_no_name_of_the_own_network) {
    const LinkPolicy policy({});
    for (const auto* url : {"http://localhost/", "http://LOCALHOST./", "http://printer/", "http://printer.local/",
                            "http://nas.lan/", "http://router.home.arpa/", "http://db.internal/", "http://x.localhost/",
                            "http://abcdef.onion/", "http://2130706433/", "http://0x7f000001/"})
        EXPECT_FALSE(policy.allows(parse_link(url).value())) << url;
    EXPECT_TRUE(policy.allows(parse_link("http://notlocal.example/").value()));
    EXPECT_TRUE(LinkPolicy({.inner_names = true}).allows(parse_link("http://localhost:8008/").value()));
}

TEST(LinkPolicy, knows_hosts_that_the_operator_refuses) {
    const LinkPolicy policy({.blocked_hosts = {"example.org", "*.Example.net", "bücher.example"}});
    for (const auto* url : {"https://example.org/", "https://EXAMPLE.org./x", "https://a.example.net/",
                            "https://a.b.example.net/", "https://xn--bcher-kva.example/", "https://BÜCHER.example/"})
        EXPECT_FALSE(policy.allows(parse_link(url).value())) << url;
    for (const auto* url : {"https://a.example.org/", "https://example.net/", "https://badexample.net/"})
        EXPECT_TRUE(policy.allows(parse_link(url).value())) << url;
}

}  // namespace
}  // namespace peyk::media
