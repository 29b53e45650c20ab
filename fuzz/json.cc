// The JSON parser and the canonical writer: what is accepted is written canonically, and reads back as the same value.

#include <cstdlib>

#include "core/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto value = json::parse(text);
    if (!value) return 0;
    auto written = json::write(*value);
    auto again = json::parse(written);
    if (!again || !(*again == *value)) std::abort();
    if (json::write(*again) != written) std::abort();
    return 0;
}
