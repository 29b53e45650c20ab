#pragma once
// From a page to what is shown of it.  Spec: the Open Graph protocol; Client-Server API › GET …/media/preview_url.

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "http/client/url.h"

namespace peyk::media {

// What the reader found, in the order of the page. The reader may have been taken over by the page: believe nothing but
// the shape.
struct PageFinding {
    enum class Kind : std::uint8_t { meta = 1, title = 2, image_link = 3, base = 4, image = 5, text = 6 };
    Kind kind;
    std::string key;    // of `meta`: a property or name
    std::string value;  // UTF-8
};

// Errors: corrupt.
Result<std::vector<PageFinding>> parse_findings(std::string_view answer);

// Runs peyk-pagereader. `charset`: of the Content-Type, may be empty. Blocking. Errors: unavailable (the reader is
// missing, was killed or ran out of time), corrupt.
Result<std::vector<PageFinding>> read_page(const std::filesystem::path& reader, std::string_view page,
                                           std::string_view charset, Millis time);

struct PageCard {
    // "og:title" and so on: text without controls, of bounded length, each key once. No pictures, films or sounds:
    // clients would fetch those from the site, and show it who reads along.
    std::vector<std::pair<std::string, std::string>> properties;
    std::vector<http::Url> images;  // the best first
};

// `at`: where the page was found in the end.
PageCard make_card(const std::vector<PageFinding>& findings, const http::Url& at);

// One line without control characters and marks that turn the direction of what follows; at most `max` bytes, cut
// between words where that is possible.
std::string clean_line(std::string_view text, std::size_t max);

}  // namespace peyk::media
