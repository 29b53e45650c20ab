// Filters and the required state of syncs, as clients write them and as they stand on the disk.

#include <cstdlib>

#include "sync/connection_state.h"
#include "sync/filter.h"
#include "sync/required_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    if (auto value = json::parse(text)) {
        if (auto filter = sync::Filter::parse(&*value)) filter->wants_room("!room:x");
        return 0;
    }
    if (auto state = sync::ConnectionState::decode(text)) {
        auto again = sync::ConnectionState::decode(state->encode());
        if (!again || !(*again == *state)) std::abort();
    }
    if (auto states = sync::RequiredStates::decode(text)) {
        auto again = sync::RequiredStates::decode(states->encode());
        if (!again || !(*again == *states)) std::abort();
        states->wants("m.room.member", "@a:x");
        states->named_others();
    }
    return 0;
}
