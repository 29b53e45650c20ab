// The forms of stored values: whatever is compressed comes back, however much of its front is called noise, and what is
// no form is refused.

#include <cstdlib>

#include "storage/compress.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk::storage;
    if (size == 0) return 0;
    std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    for (std::size_t noise : {std::size_t{0}, std::min<std::size_t>(data[0], body.size())}) {
        std::string out;
        auto form = compress(body, noise, out);
        if (form == BodyForm::stored) {
            if (!out.empty()) std::abort();
            continue;
        }
        auto back = decompress(form, out);
        if (out.size() >= body.size() || !back || *back != body) std::abort();
    }
    (void)decompress(BodyForm::zstd, body);
    (void)decompress(BodyForm::parted, body);
    return 0;
}
