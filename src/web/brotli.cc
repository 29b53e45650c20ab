#include "web/brotli.h"

#include <brotli/decode.h>
#include <brotli/encode.h>

namespace peyk::web {
namespace {

constexpr int kWindow = BROTLI_MAX_WINDOW_BITS;  // 16 MiB: all browsers read it

struct Destroy {
    void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
};

class Unpacking final : public http::BodySource {
public:
    explicit Unpacking(std::string_view packed)
        : rest_(packed), state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}

    Task<Result<std::string>> read_some(std::size_t max) override { co_return next(max); }

private:
    Result<std::string> next(std::size_t max) {
        std::string out(max, '\0');
        auto* to = reinterpret_cast<std::uint8_t*>(out.data());
        auto room = max;
        auto left = rest_.size();
        const auto* from = reinterpret_cast<const std::uint8_t*>(rest_.data());
        auto result = state_ ? BrotliDecoderDecompressStream(state_.get(), &left, &from, &room, &to, nullptr)
                             : BROTLI_DECODER_RESULT_ERROR;
        rest_ = rest_.substr(rest_.size() - left);
        // All of it is there from the start, so a wish for more is as wrong as an error.
        if (result == BROTLI_DECODER_RESULT_ERROR || result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
            return fail(Errc::corrupt, "a packed file does not decompress");
        out.resize(max - room);
        return out;
    }

    std::string_view rest_;
    std::unique_ptr<BrotliDecoderState, Destroy> state_;
};

}  // namespace

std::string brotli(std::string_view bytes, int quality) {
    std::string out(BrotliEncoderMaxCompressedSize(bytes.size()), '\0');
    auto size = out.size();
    if (!BrotliEncoderCompress(quality, kWindow, BROTLI_DEFAULT_MODE, bytes.size(),
                               reinterpret_cast<const std::uint8_t*>(bytes.data()), &size,
                               reinterpret_cast<std::uint8_t*>(out.data())))
        return {};
    out.resize(size);
    return out;
}

std::unique_ptr<http::BodySource> unpacking(std::string_view packed) { return std::make_unique<Unpacking>(packed); }

}  // namespace peyk::web
