#pragma once
// A request of sliding sync, in whichever of its two shapes it came. Spec: MSC4186 › Request Body.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/ids.h"
#include "sync/presence.h"
#include "sync/required_state.h"

namespace peyk::sync {

// `merged`: POST /v4/sync as the proposal was accepted. `deployed`: the unstable endpoint that clients use meanwhile.
// They differ in names and in a few members; what a room's answer holds is the same.
enum class SlidingShape : std::uint8_t { merged, deployed };

struct RoomConfig {
    std::size_t timeline_limit = 0;
    RequiredState required_state;
    bool heroes = true;  // deployed: include_heroes
};

struct RoomFilters {
    std::optional<bool> is_dm, is_encrypted, is_invited;
    std::optional<std::vector<std::string>> spaces, tags;
    std::vector<std::string> not_tags;
    std::optional<std::vector<std::optional<std::string>>> room_types;  // none: a room without a type
    std::vector<std::optional<std::string>> not_room_types;
    std::optional<std::string> name_like;  // deployed: room_name_like
};

struct ListRequest {
    std::string name;
    // Inclusive; none at all: every room that matches.
    std::optional<std::vector<std::pair<std::size_t, std::size_t>>> ranges;
    RoomConfig config;
    RoomFilters filters;
};

// Which rooms an extension is about: those of the named lists and subscriptions, absent: of all.
struct ExtensionRequest {
    bool enabled = false;
    std::optional<std::vector<std::string>> lists, rooms;  // "*": all
};

struct SlidingRequest {
    UserId user;
    DeviceId device;
    SlidingShape shape = SlidingShape::merged;
    std::string connection;
    std::optional<std::string> pos;
    std::optional<std::string> transaction;  // echoed
    Millis timeout{0};
    std::optional<PresenceState> set_presence;
    std::vector<ListRequest> lists;
    std::map<RoomId, RoomConfig> subscriptions;
    ExtensionRequest to_device, e2ee, account_data, receipts, typing;
    std::optional<std::string> to_device_since;
    std::size_t to_device_limit = 100;

    const ListRequest* list(std::string_view name) const {
        for (const auto& candidate : lists) {
            if (candidate.name == name) return &candidate;
        }
        return nullptr;
    }
};

}  // namespace peyk::sync
