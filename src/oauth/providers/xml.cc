#include "oauth/providers/xml.h"

#include <algorithm>

#include "base/bytes.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxAttributes = 64, kMaxName = 256;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_name(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

// Of XML 1.0 section 2.2, without surrogates.
bool is_character(unsigned long code) {
    if (code < 0x20) return code == 0x9 || code == 0xa || code == 0xd;
    return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) && code != 0xfffe && code != 0xffff;
}

void append_utf8(std::string& out, unsigned long code) {
    auto byte = [&out](unsigned long value) { out += static_cast<char>(value); };
    if (code < 0x80) return byte(code);
    if (code < 0x800) {
        byte(0xc0 | (code >> 6));
    } else if (code < 0x10000) {
        byte(0xe0 | (code >> 12));
        byte(0x80 | ((code >> 6) & 0x3f));
    } else {
        byte(0xf0 | (code >> 18));
        byte(0x80 | ((code >> 12) & 0x3f));
        byte(0x80 | ((code >> 6) & 0x3f));
    }
    byte(0x80 | (code & 0x3f));
}

struct Name {
    std::string prefix, local;
};

struct Binding {
    std::string prefix, space;
};

// Each part consumes what it reads; false and nullopt: it is no XML, and reading ends.
class Parser {
public:
    explicit Parser(std::string_view text) : rest_(text) {}

    std::optional<XmlElement> document() {
        if (!prologue()) return std::nullopt;
        auto root = element(1);
        bool clean = true;
        if (!root || !between(clean) || !rest_.empty()) return std::nullopt;
        return root;
    }

private:
    bool take(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    bool space() {
        auto end = static_cast<std::size_t>(std::ranges::find_if_not(rest_, is_space) - rest_.begin());
        rest_.remove_prefix(end);
        return end > 0;
    }
    // What stands before `end`, which is consumed too.
    std::optional<std::string_view> until(std::string_view end) {
        auto at = rest_.find(end);
        if (at == std::string_view::npos) return std::nullopt;
        auto out = rest_.substr(0, at);
        rest_.remove_prefix(at + end.size());
        return out;
    }

    // <?xml version="1.0" encoding="UTF-8"?>, and what may stand before the first element.
    bool prologue() {
        take("\xef\xbb\xbf");
        if (rest_.starts_with("<?xml") && rest_.size() > 5 && is_space(rest_[5])) {
            auto declaration = until("?>");
            if (!declaration) return false;
            std::string lower(*declaration);
            for (char& c : lower) {
                if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
            }
            if (lower.contains("encoding") && !lower.contains("\"utf-8\"") && !lower.contains("'utf-8'")) return false;
        }
        bool clean = true;
        return between(clean);
    }

    // White space, comments and instructions. `clean` stays true when there was white space only.
    bool between(bool& clean) {
        while (true) {
            space();
            if (!rest_.starts_with("<!--") && !rest_.starts_with("<?")) return true;
            clean = false;
            if (!aside()) return false;
        }
    }

    // A comment or an instruction.
    bool aside() {
        if (take("<!--")) {
            auto comment = until("--");
            return comment && take(">");
        }
        if (!take("<?")) return false;
        auto target = name();
        return target && until("?>");
    }

    std::optional<Name> name() {
        auto part = [this]() -> std::optional<std::string> {
            auto end = static_cast<std::size_t>(std::ranges::find_if_not(rest_, is_name) - rest_.begin());
            if (end == 0 || end > kMaxName || !is_letter(rest_.front())) return std::nullopt;
            std::string out(rest_.substr(0, end));
            rest_.remove_prefix(end);
            return out;
        };
        auto first = part();
        if (!first) return std::nullopt;
        if (!take(":")) return Name{{}, *std::move(first)};
        auto second = part();
        if (!second) return std::nullopt;
        return Name{*std::move(first), *std::move(second)};
    }

    // "&amp;" and "&#x41;": the five names that need no declaration, and numbers.
    bool reference(std::string& out) {
        auto word = until(";");
        if (!word || word->size() > 10) return false;
        constexpr std::pair<std::string_view, char> kNamed[] = {
            {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
        for (const auto& [named, character] : kNamed) {
            if (*word == named) return out += character, true;
        }
        if (!word->starts_with('#')) return false;
        auto digits = word->substr(1);
        bool hex = digits.starts_with('x');
        if (hex) digits.remove_prefix(1);
        auto allowed = std::string_view(hex ? "0123456789abcdefABCDEF" : "0123456789");
        if (digits.empty() || digits.size() > 7 || digits.find_first_not_of(allowed) != std::string_view::npos)
            return false;
        auto code = std::stoul(std::string(digits), nullptr, hex ? 16 : 10);
        if (!is_character(code)) return false;
        append_utf8(out, code);
        return true;
    }

    std::optional<std::string> quoted() {
        if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\'')) return std::nullopt;
        char quote = rest_.front();
        rest_.remove_prefix(1);
        std::string out;
        while (!rest_.empty() && rest_.front() != quote) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '<' || (c == '&' && !reference(out))) return std::nullopt;
            if (c != '&') out += c;
        }
        if (rest_.empty()) return std::nullopt;
        rest_.remove_prefix(1);
        return out;
    }

    // The rest of a start tag up to ">" or "/>"; namespaces go onto the stack.
    bool attributes(std::vector<XmlAttribute>& out) {
        std::vector<std::string> seen;
        while (space()) {
            if (rest_.starts_with('>') || rest_.starts_with("/>")) return true;
            auto key = name();
            if (!key) return false;
            space();
            if (!take("=")) return false;
            space();
            auto value = quoted();
            auto whole = key->prefix + ":" + key->local;
            if (!value || seen.size() >= kMaxAttributes || std::ranges::find(seen, whole) != seen.end()) return false;
            seen.push_back(std::move(whole));
            if (key->prefix == "xmlns") {
                if (value->empty()) return false;
                spaces_.push_back({key->local, *std::move(value)});
            } else if (key->prefix.empty()) {
                if (key->local == "xmlns")
                    spaces_.push_back({{}, *std::move(value)});
                else
                    out.push_back({key->local, *std::move(value)});
            }
        }
        return rest_.starts_with('>') || rest_.starts_with("/>");
    }

    std::optional<std::string> space_of(const std::string& prefix) const {
        for (auto one = spaces_.rbegin(); one != spaces_.rend(); ++one) {
            if (one->prefix == prefix) return one->space;
        }
        return prefix.empty() ? std::optional<std::string>("") : std::nullopt;
    }

    std::optional<XmlElement> element(std::size_t depth) {
        if (depth > kMaxXmlDepth || ++elements_ > kMaxXmlElements || !take("<")) return std::nullopt;
        auto known = spaces_.size();
        auto tag = name();
        XmlElement out;
        if (!tag || !attributes(out.attributes)) return std::nullopt;
        auto space = space_of(tag->prefix);
        if (!space) return std::nullopt;
        out.space = *std::move(space);
        out.name = tag->local;
        bool empty = take("/>");
        if (!empty && (!take(">") || !content(out, depth) || !end_tag(*tag))) return std::nullopt;
        spaces_.resize(known);
        return out;
    }

    bool end_tag(const Name& begun) {
        auto ended = name();
        if (!ended || ended->prefix != begun.prefix || ended->local != begun.local) return false;
        space();
        return take(">");
    }

    // Up to and with the "</" of the end tag.
    bool content(XmlElement& inside, std::size_t depth) {
        while (!rest_.empty()) {
            auto plain = rest_.substr(0, rest_.find_first_of("<&"));
            if (plain.contains("]]>")) return false;
            inside.text += plain;
            rest_.remove_prefix(plain.size());
            if (take("</")) return true;
            if (take("&")) {
                if (!reference(inside.text)) return false;
            } else if (take("<![CDATA[")) {
                auto literal = until("]]>");
                if (!literal) return false;
                inside.text += *literal;
            } else if (rest_.starts_with("<!") || rest_.starts_with("<?")) {
                inside.plain = false;
                if (!aside()) return false;
            } else {
                inside.plain = false;
                auto child = element(depth + 1);
                if (!child) return false;
                inside.children.push_back(*std::move(child));
            }
        }
        return false;
    }

    std::string_view rest_;
    std::vector<Binding> spaces_;
    std::size_t elements_ = 0;
};

}  // namespace

std::optional<XmlElement> parse_xml(std::string_view text) {
    bool characters = is_utf8(text) && std::ranges::all_of(text, [](char c) {
                          return static_cast<unsigned char>(c) >= 0x20 || is_space(c);
                      });
    if (!characters) return std::nullopt;
    return Parser(text).document();
}

}  // namespace peyk::oauth
