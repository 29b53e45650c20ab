#include "pages/html.h"

#include "http/qr_code.h"

namespace peyk::pages {

Html& Html::text(std::string_view value) {
    for (char c : value) {
        switch (c) {
            case '&': out_ += "&amp;"; break;
            case '<': out_ += "&lt;"; break;
            case '>': out_ += "&gt;"; break;
            case '"': out_ += "&quot;"; break;
            case '\'': out_ += "&#39;"; break;
            default: out_.push_back(c);
        }
    }
    return *this;
}

Html qr_code(std::string_view text) {
    Html html;
    auto svg = http::qr_svg(text);
    if (svg) html.raw("<div class=\"qr\">").out_.append(*svg);
    if (svg) html.raw("</div>");
    return html;
}

}  // namespace peyk::pages
