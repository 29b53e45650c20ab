#include "pages/html.h"

#include <fmt/format.h>
#include <qrencode.h>

#include <memory>

namespace peyk::pages {

Html& Html::text(std::string_view value) {
    for (char c : value) {
        switch (c) {
            case '&':
                out_ += "&amp;";
                break;
            case '<':
                out_ += "&lt;";
                break;
            case '>':
                out_ += "&gt;";
                break;
            case '"':
                out_ += "&quot;";
                break;
            case '\'':
                out_ += "&#39;";
                break;
            default:
                out_.push_back(c);
        }
    }
    return *this;
}

Html qr_code(std::string_view text) {
    Html html;
    std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
        QRcode_encodeString8bit(std::string(text).c_str(), 0, QR_ECLEVEL_M), &QRcode_free);
    if (!code) return html;
    constexpr int kMargin = 4;  // modules of quiet zone that readers need
    auto size = std::to_string(code->width + 2 * kMargin);
    html.raw("<svg class=\"qr\" role=\"img\" viewBox=\"0 0 ").text(size).raw(" ").text(size);
    html.raw("\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><path fill=\"#000\" d=\"");
    for (int y = 0; y < code->width; ++y) {
        for (int x = 0; x < code->width; ++x) {
            if ((code->data[y * code->width + x] & 1) == 0) continue;
            html.text(fmt::format("M{} {}h1v1h-1z", x + kMargin, y + kMargin));
        }
    }
    html.raw("\"/></svg>");
    return html;
}

}  // namespace peyk::pages
