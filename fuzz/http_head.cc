// HTTP framing: heads in pieces and whole mean the same, chunks decode to what their sizes say, paths decode to UTF-8.

#include <cstdlib>

#include "http/codec.h"

namespace {

using namespace peyk::http;

// The size of the head when the bytes arrive `step` at a time.
std::optional<std::size_t> scan_in_steps(std::string_view bytes, std::size_t step, bool& refused) {
    HeadScanner scanner;
    CodecLimits limits;
    for (std::size_t end = std::min(step, bytes.size());; end = std::min(end + step, bytes.size())) {
        auto found = scanner.scan(bytes.substr(0, end), limits);
        if (!found) {
            refused = true;
            return std::nullopt;
        }
        if (*found) return **found;
        if (end == bytes.size()) return std::nullopt;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    bool refused_whole = false, refused_pieces = false;
    auto whole = scan_in_steps(bytes, std::max<std::size_t>(size, 1), refused_whole);
    auto pieces = scan_in_steps(bytes, 3, refused_pieces);
    if (whole && pieces && *whole != *pieces) std::abort();
    if (whole && refused_pieces) std::abort();
    if (whole) {
        if (*whole > size) std::abort();
        auto head = parse_head(bytes.substr(0, *whole), CodecLimits{});
        if (head && head->chunked && head->length) std::abort();  // two framings: the door of request smuggling
        if (head) percent_decode(head->path);
    }
    ChunkDecoder decoder;
    std::string out;
    while (!bytes.empty() && !decoder.done()) {
        auto taken = decoder.feed(bytes, out, 4096);
        if (!taken) break;
        if (*taken > bytes.size()) std::abort();
        if (*taken == 0 && out.size() < 4096) break;
        bytes.remove_prefix(*taken);
        if (out.size() > size) std::abort();
        if (*taken == 0) out.clear();
    }
    return 0;
}
