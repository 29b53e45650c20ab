#include "media/pagereader/page.h"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <memory>
#include <set>
#include <utility>

#include "media/pagereader/protocol.h"

namespace peyk::media::pagereader {
namespace {

constexpr std::size_t kPiece = 16 * 1024;
constexpr std::size_t kShortText = 40;  // what is shorter is a caption or a button
constexpr int kMaxTexts = 3, kMaxImages = 4;
constexpr int kTinySide = 48;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

// Appends with runs of white space as one space, up to `max` bytes, never a part of a character.
void append_text(std::string& out, std::string_view text, std::size_t max) {
    for (std::size_t at = 0; at < text.size();) {
        if (is_space(text[at])) {
            if (!out.empty() && out.back() != ' ') out += ' ';
            ++at;
            continue;
        }
        auto end = at + 1;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
        if (out.size() + (end - at) > max) return;
        out += text.substr(at, end - at);
        at = end;
    }
}

// Bytes that are no page read as text are full of these.
bool is_noise(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
        if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next < 0xa0)) return true;  // controls, C1 too
        if (text.substr(at).starts_with("\xef\xbf\xbd")) return true;                   // U+FFFD
    }
    return false;
}

// Attributes as the parser hands them over: names and values by turns, values may be absent.
class Attributes {
public:
    explicit Attributes(const xmlChar** list) : list_(list) {}
    std::string_view operator[](std::string_view name) const {
        for (const auto** at = list_; at && *at; at += 2)
            if (reinterpret_cast<const char*>(*at) == name)
                return at[1] ? std::string_view(reinterpret_cast<const char*>(at[1])) : std::string_view();
        return {};
    }

private:
    const xmlChar** list_;
};

// Parts of a page whose text is not what the page is about.
bool is_aside(std::string_view name) {
    constexpr std::array kNames{"script", "style", "noscript", "template", "nav",    "header", "footer",
                                "aside",  "form",  "svg",      "select",   "button", "iframe", "textarea"};
    return std::ranges::find(kNames, name) != kNames.end();
}

class Page {
public:
    bool done() const { return done_; }
    std::string take() { return std::move(out_); }

    void begin(std::string_view name, Attributes attributes) {
        if (done_) return;
        if (++depth_ > kMaxDepth || ++elements_ > kMaxElements) {
            done_ = true;
            return;
        }
        if (is_aside(name)) ++aside_;
        if (name == "meta") {
            meta(attributes);
        } else if (name == "title") {
            in_title_ = aside_ == 0 && !had_title_;
        } else if (name == "link") {
            if (lower(attributes["rel"]) == "image_src") address(Kind::image_link, attributes["href"]);
        } else if (name == "base") {
            if (!std::exchange(had_base_, true)) address(Kind::base, attributes["href"]);
        } else if (name == "img") {
            image(attributes);
        } else if (name == "p") {
            end_text();
            in_text_ = true;
        }
    }

    void end(std::string_view name) {
        if (done_) return;
        --depth_;
        if (is_aside(name) && aside_ > 0) --aside_;
        if (name == "title" && std::exchange(in_title_, false)) {
            had_title_ = true;
            add(Kind::title, {}, title_);
        }
        if (name == "p") end_text();
    }

    void characters(std::string_view text) {
        if (done_) return;
        if (in_title_) append_text(title_, text, kMaxValue);
        if (in_text_ && aside_ == 0) append_text(text_, text, kMaxValue);
    }

    void finish() {
        if (in_title_) add(Kind::title, {}, title_);
        end_text();
    }

private:
    void add(Kind kind, std::string_view key, std::string_view value) {
        while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
        if (value.empty() || key.size() > kMaxKey || findings_ >= kMaxFindings) return;
        ++findings_;
        out_ += static_cast<char>(kind);
        out_ += static_cast<char>(key.size());
        out_ += {static_cast<char>(value.size() >> 8), static_cast<char>(value.size() & 0xff)};
        out_ += key;
        out_ += value;
    }

    void address(Kind kind, std::string_view value, std::string_view key = {}) {
        while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
        while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
        if (value.size() <= kMaxValue) add(kind, key, value);
    }

    void meta(Attributes attributes) {
        auto key = lower(attributes["property"]);
        if (key.empty()) key = lower(attributes["name"]);
        const bool wanted = key == "description" || key.starts_with("og:") || key.starts_with("twitter:");
        if (!wanted || attributes["content"].empty() || !seen_.insert(key).second) return;
        const bool is_address = key.ends_with("url") || key.contains("image") || key.ends_with("src");
        if (is_address) return address(Kind::meta, attributes["content"], key);
        std::string value;
        append_text(value, attributes["content"], kMaxValue);
        add(Kind::meta, key, value);
    }

    void image(Attributes attributes) {
        auto tiny = [&](std::string_view side) {
            const auto text = attributes[side];
            int value = 0;
            return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{} &&
                   value < kTinySide;
        };
        const auto source = attributes["src"];
        if (images_ >= kMaxImages || aside_ > 0 || tiny("width") || tiny("height") || source.starts_with("data:"))
            return;
        ++images_;
        address(Kind::image, source);
    }

    void end_text() {
        if (std::exchange(in_text_, false) && text_.size() >= kShortText && texts_ < kMaxTexts && !is_noise(text_)) {
            ++texts_;
            add(Kind::text, {}, text_);
        }
        text_.clear();
    }

    std::string out_;
    std::size_t findings_ = 0;
    std::set<std::string> seen_;
    std::string title_, text_;
    int depth_ = 0, elements_ = 0, aside_ = 0, images_ = 0, texts_ = 0;
    bool in_title_ = false, had_title_ = false, had_base_ = false, in_text_ = false, done_ = false;
};

std::string_view view(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

htmlSAXHandler make_handler() {
    htmlSAXHandler handler{};
    handler.startElement = [](void* page, const xmlChar* name, const xmlChar** attributes) {
        static_cast<Page*>(page)->begin(view(name), Attributes(attributes));
    };
    handler.endElement = [](void* page, const xmlChar* name) { static_cast<Page*>(page)->end(view(name)); };
    handler.characters = [](void* page, const xmlChar* text, int length) {
        static_cast<Page*>(page)->characters(view(text).substr(0, static_cast<std::size_t>(length)));
    };
    handler.ignorableWhitespace = handler.characters;
    return handler;
}

struct Free {
    void operator()(htmlParserCtxtPtr context) const { htmlFreeParserCtxt(context); }
};

void ignore_complaint(void*, const char*, ...) {}

int cpu_ms() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<int>(now.tv_sec * 1000 + now.tv_nsec / 1'000'000);
}

}  // namespace

void start_reader() {
    xmlInitParser();
    // Complaints about broken pages go nowhere.
    xmlSetGenericErrorFunc(nullptr, ignore_complaint);
    xmlSetStructuredErrorFunc(nullptr, [](void*, xmlErrorPtr) {});
}

std::string read_page(const std::string& utf8) {
    Page page;
    auto handler = make_handler();
    const std::unique_ptr<xmlParserCtxt, Free> context(
        htmlCreatePushParserCtxt(&handler, &page, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8));
    if (!context) return {};
    htmlCtxtUseOptions(context.get(), HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                          HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
    const auto until = cpu_ms() + kMaxCpuMs;
    for (std::size_t at = 0; at < utf8.size() && !page.done() && cpu_ms() < until;) {
        auto end = std::min(at + kPiece, utf8.size());
        while (end < utf8.size() && (static_cast<unsigned char>(utf8[end]) & 0xc0) == 0x80) ++end;
        htmlParseChunk(context.get(), utf8.data() + at, static_cast<int>(end - at), 0);
        at = end;
    }
    if (!page.done()) htmlParseChunk(context.get(), nullptr, 0, 1);
    page.finish();
    return page.take();
}

}  // namespace peyk::media::pagereader
