// Identifiers: what parses is what was given, fits its limit, and parses again.

#include <cstdlib>

#include "core/ids.h"

namespace {

template <class Id>
void check(std::string_view text) {
    auto id = Id::parse(text);
    if (!id) return;
    if (id->str() != text || text.empty() || text.size() > 255) std::abort();
    if (!Id::parse(id->str())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    check<UserId>(text);
    check<RoomId>(text);
    check<EventId>(text);
    check<RoomAlias>(text);
    check<ServerName>(text);
    return 0;
}
