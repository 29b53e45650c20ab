#pragma once
// What the server holds, table by table, file by file and in memory: whose, why, in which of the sixteen categories,
// and which fields of it are about a person. Beside the table catalog, which says what a row is and how long it is
// kept.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "app/catalog.h"
#include "app/config.h"
#include "core/json.h"

namespace peyk::app {

// The data types of Apple's privacy labels, in their order: a public and current list of what can be collected.
inline constexpr std::array<std::string_view, 16> kLabels{
    "Contact Info", "Health & Fitness", "Financial Info", "Location",    "Sensitive Info", "Contacts",
    "User Content", "Browsing History", "Search History", "Identifiers", "Purchases",      "Usage Data",
    "Diagnostics",  "Surroundings",     "Body",           "Other Data"};

// Bits of a set of labels.
using Labels = std::uint16_t;
std::vector<std::string_view> label_names(Labels labels);

enum class Place : unsigned char { table, file, memory };

struct Holding {
    Place place;
    std::uint8_t table = 0;           // Place::table
    std::string_view name;            // of a file (catalog.h) or of something in memory
    std::string_view about;           // Place::memory; else the catalog's
    std::string_view group;           // what people are told it is (pages/words_held.h)
    Labels labels = 0;                // 0: nothing of a person
    bool clear = false;               // Place::file: not sealed
    bool written = false;             // people write into it what they like: any label, where it is not encrypted
    std::string_view whose;           // "the user's", "the room's", …
    std::string_view why;             // one sentence
    std::string_view fields = {};     // kinds of fields about a person, "; " between them; empty: none
    std::string_view kept = {};       // Place::memory
    std::string_view only_with = {};  // configuration key that must be true, or there is none of it
};

std::span<const Holding> holdings();
const Holding& holding_of(const storage::Table& table);  // a table without one is a broken invariant
const Holding& holding_of(const KeptFile& file);

// "a key of the row alone, …": by which key the values of a table are sealed.
std::string_view sealed_by(const storage::Table& table);

// Members "categories", "whose", "why", "group", "sealed_by" of an entry of the inventory.
void describe(const storage::Table& table, json::Object& row);
void describe(const KeptFile& file, json::Object& row);
// "memory": what is never written down; "categories": each of the sixteen with what falls under it. `config` null: as
// if every feature were on.
void add_memory_and_categories(json::Object& out, const Config* config);

// Whether the running configuration lets there be any of it.
bool is_possible(const Holding& holding, const Config& config);

// What people are told: groups of what the running configuration lets there be, in the order of the list.
struct HeldGroup {
    std::string_view group;
    Labels labels = 0;
    bool written = false, sealed = false, clear = false;  // neither sealed nor clear: in memory only
};
std::vector<HeldGroup> held_groups(const Config& config);

// The kinds of fields that exist about a person. Never a value, of nobody.
struct Field {
    std::string_view where;  // name of the table, file or thing in memory
    std::string_view field;
    Place place;
};
std::vector<Field> disclosed_fields();

}  // namespace peyk::app
