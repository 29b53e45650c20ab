#pragma once
// What the lists of configuration keys are written with. For the files that have such lists only: it defines macros.

#include "app/config_keys.h"

namespace peyk::app::makers {

// The address of a member, from an erased root; the type of the member is checked where the key is built.
#define AT(member) [](void* root) -> auto& { return static_cast<Config*>(root)->member; }
#define LISTENER(member) [](void* root) -> auto& { return static_cast<ListenerConfig*>(root)->member; }
#define CHOICE(member)                                                                              \
    ChoiceAt {                                                                                      \
        [](void* root, std::size_t index) {                                                         \
            auto& at = static_cast<Config*>(root)->member;                                          \
            at = static_cast<std::remove_reference_t<decltype(at)>>(index);                         \
        },                                                                                          \
            [](void* root) { return static_cast<std::size_t>(static_cast<Config*>(root)->member); } \
    }

inline constexpr double kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB;
inline constexpr double kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

inline Key text(std::string_view name, At<std::string> at, std::string_view about, std::string_view privacy = {}) {
    return {.name = name, .slot = at, .about = about, .privacy = privacy};
}
inline Key path(std::string_view name, At<std::filesystem::path> at, std::string_view about,
                std::string_view privacy = {}) {
    return {.name = name, .slot = at, .about = about, .privacy = privacy};
}
inline Key secret(std::string_view name, At<Secret> at, std::string_view about, std::string_view privacy = {}) {
    return {.name = name, .slot = at, .about = about, .privacy = privacy};
}
inline Key flag(std::string_view name, At<bool> at, std::string_view about, std::string_view privacy = {}) {
    return {.name = name, .slot = at, .about = about, .privacy = privacy};
}
inline Key whole(std::string_view name, At<std::uint64_t> at, double low, double high, std::string_view about) {
    return {.name = name, .slot = at, .about = about, .low = low, .high = high};
}
inline Key bytes(std::string_view name, At<std::uint64_t> at, double low, double high, std::string_view about) {
    return {.name = name, .slot = at, .about = about, .bytes = true, .low = low, .high = high};
}
inline Key time(std::string_view name, At<Millis> at, double low, double high, std::string_view about,
                std::string_view privacy = {}) {
    return {.name = name, .slot = at, .about = about, .privacy = privacy, .low = low, .high = high};
}
inline Key number(std::string_view name, At<double> at, std::string_view about) {
    return {.name = name, .slot = at, .about = about, .low = 0.001, .high = 1'000'000};
}
inline Key choice(std::string_view name, ChoiceAt at, std::vector<std::string_view> choices, std::string_view about,
                  std::string_view privacy = {}) {
    return {.name = name, .slot = at, .about = about, .privacy = privacy, .choices = std::move(choices)};
}
// A switch of [privacy] whose default follows the profile: closed in quiet, open in open.
inline Key feature(std::string_view name, At<bool> at, std::string_view about, std::string_view privacy) {
    auto key = flag(name, at, about, privacy);
    key.when_open = "true";
    return key;
}
inline Key with_open(Key key, std::string_view value) {
    key.when_open = value;
    return key;
}
inline Key with_tests(Key key, std::string_view value) {
    key.when_tests = value;
    return key;
}

}  // namespace peyk::app::makers
