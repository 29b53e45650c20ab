#pragma once
// Which state events a sliding sync wants of a room. Spec: MSC4186 › RequiredStateRequest, › Combining room configs.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace peyk::sync {

// Absent: matches anything.
struct StateMatch {
    std::optional<std::string> type, key;
    bool matches(std::string_view event_type, std::string_view event_key) const {
        return (!type || *type == event_type) && (!key || *key == event_key);
    }
    auto operator<=>(const StateMatch&) const = default;
};

// What one rule of a request asks for.
struct RequiredState {
    std::vector<StateMatch> include, exclude;
    // Members come when the timeline needs them. A match without a state key then means no members.
    bool lazy_members = false;

    void sort();
    // After sort(): by the logarithm of their number.
    bool wants(std::string_view type, std::string_view key) const;
    bool wants_all_members() const;
    auto operator<=>(const RequiredState&) const = default;
};

// What all rules that match a room ask for together: an event is wanted when one of them wants it.
class RequiredStates {
public:
    void add(RequiredState part);
    bool wants(std::string_view type, std::string_view key) const;
    bool wants_all_members() const;
    bool lazy_members() const;
    // Members that are named, so that a few can be looked up instead of listing all.
    std::vector<std::string> named_members() const;
    // The other places by name; nothing when only looking at all state can tell.
    std::optional<std::vector<std::pair<std::string, std::string>>> named_others() const;
    bool empty() const { return parts_.empty(); }

    std::string encode() const;
    static Result<RequiredStates> decode(std::string_view bytes);
    bool operator==(const RequiredStates&) const = default;

private:
    std::vector<RequiredState> parts_;  // sorted, each once
};

}  // namespace peyk::sync
