#include "media/previews/page_card.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/logging.h"
#include "media/child_process.h"
#include "media/pagereader/protocol.h"
#include "media/previews/links.h"
#include "media/sandbox/child.h"

namespace peyk::media {
namespace {

constexpr std::size_t kMaxProperties = 32;
constexpr std::size_t kMaxTitle = 300, kMaxDescription = 600, kMaxOther = 500;
constexpr std::size_t kMaxCharset = 40;

using Kind = PageFinding::Kind;

// The label of an encoding as an argument: letters, digits and a few signs.
std::string charset_argument(std::string_view charset) {
    auto fine = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    const bool usable = !charset.empty() && charset.size() <= kMaxCharset && std::ranges::all_of(charset, fine) &&
                        !charset.starts_with('-');
    return usable ? std::string(charset) : "-";
}

const std::string* value_of(const std::vector<PageFinding>& findings, Kind kind, std::string_view key = {}) {
    for (const auto& finding : findings)
        if (finding.kind == kind && finding.key == key && !finding.value.empty()) return &finding.value;
    return nullptr;
}

// The first of several that is there.
struct Source {
    Kind kind;
    std::string_view key = {};
};
template <std::size_t N>
const std::string* first_of(const std::vector<PageFinding>& findings, const Source (&sources)[N]) {
    for (const auto& source : sources)
        if (const auto* value = value_of(findings, source.kind, source.key)) return value;
    return nullptr;
}

// Open Graph, without what is answered otherwise and what clients would load from the site.
bool is_shown(std::string_view key) {
    auto fine = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '_' || c == '-';
    };
    if (!key.starts_with("og:") || key.size() == 3 || !std::ranges::all_of(key, fine)) return false;
    return !key.starts_with("og:image") && !key.starts_with("og:video") && !key.starts_with("og:audio");
}

std::optional<std::string> shown_value(std::string_view key, std::string_view value) {
    if (key.ends_with("url")) {  // somebody may click on it
        const auto url = parse_link(value);
        return url && value.size() <= kMaxOther * 2 ? std::optional(url->str()) : std::nullopt;
    }
    auto text = clean_line(value, key == "og:title"         ? kMaxTitle
                                  : key == "og:description" ? kMaxDescription
                                                            : kMaxOther);
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

http::Url base_of(const std::vector<PageFinding>& findings, const http::Url& at) {
    const auto* base = value_of(findings, Kind::base);
    const auto url = base ? resolve_link(at, *base) : Result<http::Url>(at);
    return url ? *url : at;
}

// The length of the character that begins here, as its first byte says. The text is valid.
std::size_t length_of(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

bool is_dropped(std::string_view character) {
    const auto byte = static_cast<unsigned char>(character.front());
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0) return true;  // U+0080 to U+009F
    // U+202A to U+202E and U+2066 to U+2069 turn the direction, U+FEFF and U+FFFD are no text.
    constexpr std::array<std::string_view, 11> kMarks{"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066",
                                                      "\u2067", "\u2068", "\u2069", "\ufeff", "\ufffd"};
    return std::ranges::find(kMarks, character) != kMarks.end();
}

}  // namespace

std::string clean_line(std::string_view text, std::size_t max) {
    std::string out;
    if (!is_utf8(text)) return out;
    constexpr std::string_view kMore = "…";
    std::size_t last_gap = 0;  // where a cut would be between words
    for (std::size_t at = 0; at < text.size();) {
        const auto character = text.substr(at, length_of(text[at]));
        at += character.size();
        const bool gap = character == " " || character == "\n" || character == "\t" || character == "\u00a0";
        if (!gap && is_dropped(character)) continue;
        if (gap && (out.empty() || out.back() == ' ')) continue;
        if (gap && out.size() + kMore.size() <= max) last_gap = out.size();
        out += gap ? " " : character;
        if (out.size() <= max) continue;
        // The last word goes, unless that were most of the text.
        out.resize(last_gap > max / 2 ? last_gap : out.size() - character.size());
        while (out.size() + kMore.size() > max) {
            while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
            if (!out.empty()) out.pop_back();
        }
        return out + std::string(kMore);
    }
    while (out.ends_with(' ')) out.pop_back();
    return out;
}

Result<std::vector<PageFinding>> parse_findings(std::string_view answer) {
    std::vector<PageFinding> findings;
    ByteReader in(answer);
    while (!in.rest().empty()) {
        const auto kind = in.u8(), key_size = in.u8();
        const auto value_size = in.u16be();
        PageFinding finding{static_cast<Kind>(kind), std::string(in.take(key_size)), std::string(in.take(value_size))};
        const bool good = in.ok() && kind >= 1 && kind <= 6 && key_size <= pagereader::kMaxKey &&
                          value_size <= pagereader::kMaxValue && findings.size() < pagereader::kMaxFindings &&
                          is_utf8(finding.key) && is_utf8(finding.value);
        if (!good) return fail(Errc::corrupt, "the answer of the page reader has not the shape that it should have");
        findings.push_back(std::move(finding));
    }
    return findings;
}

Result<std::vector<PageFinding>> read_page(const std::filesystem::path& reader, std::string_view page,
                                           std::string_view charset, Millis time) {
    if (page.empty()) return std::vector<PageFinding>{};
    PEYK_TRY(auto input, MemoryFile::create("page"));
    PEYK_CHECK(input.append(page));
    PEYK_CHECK(input.seal());
    PEYK_TRY(const auto output, MemoryFile::create("findings"));
    std::vector<std::string> arguments{charset_argument(charset)};
    PEYK_TRY(const auto end, run_child(reader, std::move(arguments), input.fd(), output.fd(), time));
    if (end.timed_out) return fail(Errc::unavailable, "The page took too long to read");
    if (end.signal != 0 || end.status != pagereader::kDone) {
        log::warning("media", "the page reader failed: signal {}, status {}", end.signal, end.status);
        return fail(Errc::unavailable, "The page could not be read");
    }
    PEYK_TRY(const auto answer, output.read_all(pagereader::kMaxOutput));
    return parse_findings(answer);
}

PageCard make_card(const std::vector<PageFinding>& findings, const http::Url& at) {
    static constexpr Source kTitles[] = {{Kind::meta, "og:title"}, {Kind::meta, "twitter:title"}, {Kind::title}};
    static constexpr Source kDescriptions[] = {
        {Kind::meta, "og:description"}, {Kind::meta, "twitter:description"}, {Kind::meta, "description"}, {Kind::text}};
    static constexpr Source kImages[] = {{Kind::meta, "og:image"},
                                         {Kind::meta, "og:image:url"},
                                         {Kind::meta, "og:image:secure_url"},
                                         {Kind::meta, "twitter:image"},
                                         {Kind::meta, "twitter:image:src"},
                                         {Kind::image_link},
                                         {Kind::image}};
    PageCard card;
    auto add = [&card](std::string_view key, const std::string* value) {
        auto same = [key](const auto& property) { return property.first == key; };
        if (!value || std::ranges::any_of(card.properties, same) || card.properties.size() >= kMaxProperties) return;
        if (auto text = shown_value(key, *value)) card.properties.emplace_back(key, *std::move(text));
    };
    add("og:title", first_of(findings, kTitles));
    add("og:description", first_of(findings, kDescriptions));
    for (const auto& finding : findings)
        if (finding.kind == Kind::meta && is_shown(finding.key)) add(finding.key, &finding.value);
    const auto base = base_of(findings, at);
    for (const auto& source : kImages) {
        const auto* value = value_of(findings, source.kind, source.key);
        auto url = value ? resolve_link(base, *value) : fail(Errc::not_found);
        if (url && std::ranges::find(card.images, *url) == card.images.end()) card.images.push_back(*std::move(url));
    }
    return card;
}

}  // namespace peyk::media
