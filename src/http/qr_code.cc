#include "http/qr_code.h"

#include <qrencode.h>

#include <memory>

namespace peyk::http {
namespace {

constexpr int kQuiet = 4;

class Code {
public:
    static Result<Code> of(std::string_view text) {
        Code code(QRcode_encodeData(static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()),
                                    0, QR_ECLEVEL_M));
        if (!code.code_) return fail(Errc::too_large, "The text does not fit into a QR code");
        return code;
    }
    int side() const { return code_->width + 2 * kQuiet; }
    bool dark(int x, int y) const {
        x -= kQuiet;
        y -= kQuiet;
        bool inside = x >= 0 && y >= 0 && x < code_->width && y < code_->width;
        return inside && (code_->data[y * code_->width + x] & 1) != 0;
    }

private:
    struct Free {
        void operator()(QRcode* code) const { QRcode_free(code); }
    };
    explicit Code(QRcode* code) : code_(code) {}
    std::unique_ptr<QRcode, Free> code_;
};

}  // namespace

Result<std::string> qr_svg(std::string_view text) {
    PEYK_TRY(auto code, Code::of(text));
    auto side = code.side();
    auto svg =
        fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" shape-rendering="crispEdges">)"
                    R"(<path fill="#fff" d="M0 0h{0}v{0}H0z"/><path d=")",
                    side);
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            int from = x;
            while (x < side && code.dark(x, y)) ++x;
            if (x > from) svg += fmt::format("M{} {}h{}v1H{}z", from, y, x - from, from);
        }
    }
    return svg + R"("/></svg>)";
}

Result<std::string> qr_terminal(std::string_view text) {
    PEYK_TRY(auto code, Code::of(text));
    std::string out;
    for (int y = 0; y < code.side(); y += 2) {
        out += "\x1b[30;107m";  // black on white, whatever the theme
        for (int x = 0; x < code.side(); ++x) {
            bool above = code.dark(x, y), below = code.dark(x, y + 1);
            out += above && below ? "█" : above ? "▀" : below ? "▄" : " ";
        }
        out += "\x1b[0m\n";
    }
    return out;
}

}  // namespace peyk::http
