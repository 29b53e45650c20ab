// Pages as sites send them: whatever comes, the findings have the shape that the server checks.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "media/pagereader/charset.h"
#include "media/pagereader/page.h"
#include "media/pagereader/protocol.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    peyk::media::pagereader::start_reader();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk::media::pagereader;
    std::string_view page(reinterpret_cast<const char*>(data), size);
    // The first line is the header's encoding.
    const auto line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(line.size() + 1, page.size()));
    const auto text = to_utf8(page, encoding_of(page, line), 100'000);
    if (text.size() > 100'000 || text.contains('\0')) std::abort();
    const auto found = read_page(text);
    if (found.size() > kMaxOutput) std::abort();
    std::size_t at = 0, count = 0;
    for (; at + 4 <= found.size(); ++count) {
        auto byte = [&](std::size_t i) { return static_cast<unsigned char>(found[at + i]); };
        const std::size_t key = byte(1), value = byte(2) * 256U + byte(3);
        if (byte(0) < 1 || byte(0) > 6 || key > kMaxKey || value > kMaxValue || value == 0) std::abort();
        at += 4 + key + value;
    }
    if (at != found.size() || count > kMaxFindings) std::abort();
    return 0;
}
