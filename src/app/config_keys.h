#pragma once
// The table that declares every configuration key, and how a value of each kind is read and shown.

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config.h"

namespace peyk::app {

// A value as it stands in the file or the environment, before its kind is known.
using RawValue =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>, std::map<std::string, std::string>>;

// Where a key's value lives: from the root (a Config, a ListenerConfig or a ProviderConfig) to the member.
template <class T>
using At = T& (*)(void* root);

struct ChoiceAt {
    void (*set)(void* root, std::size_t index);
    std::size_t (*get)(void* root);
};

using Slot = std::variant<At<bool>, At<std::uint64_t>, At<double>, At<std::string>, At<std::filesystem::path>,
                          At<Secret>, At<Millis>, At<std::vector<std::string>>, At<std::vector<std::filesystem::path>>,
                          At<std::map<std::string, std::string>>, ChoiceAt>;

// The text of a switch whose feature does not exist yet. What people are shown leaves such switches out.
inline constexpr std::string_view kNotBuilt = "Not built yet: changes nothing.";

struct Key {
    std::string_view name;  // "server.name"; of a listener: "port"
    Slot slot;
    std::string_view about;         // one or two sentences
    std::string_view privacy = {};  // what it means for the people who use the server, where it does
    bool bytes = false;             // a whole number of bytes: "64 MiB" is understood
    double low = 0, high = 0;       // range of numbers, bytes and milliseconds; both 0: any
    std::vector<std::string_view> choices = {};
    std::string_view when_open = {};   // default of the open profile, as in the environment; empty: the same
    std::string_view when_tests = {};  // default of [outside_tests]; empty: the same

    bool is_secret() const { return std::holds_alternative<At<Secret>>(slot); }
    std::string variable() const;   // PEYK_SERVER_NAME
    std::string type_text() const;  // for people: "duration, 0 s to 1 h"
};

// In the order of the reference. Sections are the part before the first dot.
std::span<const Key> config_keys();
std::span<const Key> listener_keys();
std::span<const Key> provider_keys();
// Those of the web client and of invitations, a part of config_keys().
void add_privacy_keys(std::vector<Key>& keys);
void add_web_keys(std::vector<Key>& keys);

struct Section {
    std::string_view name;
    std::string_view about;
};
std::span<const Section> config_sections();

// Checks type and range and stores the value. `folder` is where relative paths begin. The error's detail is a clause
// that follows "key: ", such as "must be a whole number".
Result<void> store_value(const Key& key, void* root, const RawValue& value, const std::filesystem::path& folder);
// A value given as text (environment, defaults of profiles): lists are separated by commas.
Result<void> store_text(const Key& key, void* root, std::string_view text, const std::filesystem::path& folder);
// The value as it would stand in the file. Secrets print as "".
std::string show_value(const Key& key, void* root);

// What is wrong with a provider as a whole, a sentence each.
std::vector<std::string> problems_of(const ProviderConfig& provider);

// The candidate that is fewest edits away from `word`, or empty when all are too far to be what was meant.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace peyk::app
