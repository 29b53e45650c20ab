#pragma once
// Markup that cannot be injected into: literals are written as they are, values are escaped.

#include <string>
#include <string_view>

namespace peyk::pages {

// Text of the source code: converts from literals only.
struct Literal {
    consteval Literal(const char* literal) : text(literal) {}
    std::string_view text;
};

class Html {
public:
    Html& raw(Literal markup) {
        out_ += markup.text;
        return *this;
    }
    // Between tags, or inside quotes of an attribute.
    Html& text(std::string_view value);
    // <p>value</p> and the like; the tag without attributes.
    Html& element(Literal tag, std::string_view value) {
        raw("<").raw(tag).raw(">").text(value).raw("</").raw(tag).raw(">");
        return *this;
    }
    // What another Html has built.
    Html& append(const Html& inner) {
        out_ += inner.out_;
        return *this;
    }
    const std::string& str() const { return out_; }

private:
    friend Html qr_code(std::string_view text);  // whose <svg> is made of numbers
    std::string out_;
};

// A QR code, drawn in the page. Empty when the text is too long for one.
Html qr_code(std::string_view text);

}  // namespace peyk::pages
