// What messages and pages send the server to, and what a page says of itself as the reader hands it over.

#include <cstdlib>

#include "base/bytes.h"
#include "media/previews/links.h"
#include "media/previews/page_card.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk::media;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto base = peyk::http::Url::parse("https://example.org/a/b?c").value();
    const LinkPolicy policy({.blocked_hosts = {"*.example.net"}});

    for (const auto& url : {parse_link(text), resolve_link(base, text)}) {
        if (!url) continue;
        // What goes into a request line has no way out of it, and means the same when it is read again.
        const auto written = url->str();
        if (written.find_first_of("\r\n \t") != std::string::npos || url->host.contains('@')) std::abort();
        const auto again = parse_link(written);
        if (!again || again->str() != written || policy.allows(*again) != policy.allows(*url)) std::abort();
    }
    for (const std::size_t max : {std::size_t{4}, std::size_t{50}, size + 10}) {
        const auto line = clean_line(text, max);
        if (line.size() > max || !peyk::is_utf8(line) || line.contains('\n')) std::abort();
    }
    if (const auto findings = parse_findings(text)) {
        const auto card = make_card(*findings, base);
        if (card.properties.size() > 32 || card.images.size() > 7) std::abort();
        for (const auto& [key, value] : card.properties)
            if (!key.starts_with("og:") || key.starts_with("og:image") || !peyk::is_utf8(value) ||
                value.size() > 10'000)
                std::abort();
    }
    return 0;
}
