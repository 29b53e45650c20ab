#pragma once
// Tables are declared once, with what they hold, why and for how long. `peyk inventory` prints the catalog; a key
// outside it fails a test.

#include <cstdint>
#include <span>
#include <string_view>

namespace peyk::storage {

// Whose rows: the meaning of the owner number in the key, and the family of shards.
enum class Owner : std::uint8_t { room, user, destination, server };

// How the value is sealed, beyond the encryption of whole files that covers everything.
enum class Seal : std::uint8_t {
    none,   // numbers and hashes only
    owner,  // under the key of the owner: goes when the owner is dropped
    row,    // under a key of its own, derived from the owner's seed by the row number: can be destroyed alone
};

// Privacy category of what the value holds (docs of privacy: the inventory speaks in these).
enum class Category : std::uint8_t { none, identifiers, contact_info, contacts, user_content, usage_data, other_data };

// Key: table id (1 byte), owner number (8 bytes big-endian), rest. With Seal::row the rest begins with the row number
// (8 bytes big-endian).
// Value: [position, 8 bytes, if stamped] [clear header, length-prefixed, if headed] [body, compressed and sealed].
struct Table {
    std::uint8_t id;         // never reused, see the catalog
    std::string_view name;   // "events"
    std::string_view about;  // one sentence: what a row is
    std::string_view rest;   // layout of the key behind the owner: "event number u64be"
    Owner owner;
    Seal seal;
    Category category;
    std::string_view kept;  // how long: "until redacted, retention or the room is purged"
    bool stamped = false;   // the value carries the position of its commit
    bool headed = false;    // the value has a clear header (numbers only)
    int since = 1;          // format version
    bool dropped = false;   // no longer written; stays listed so that its id is not reused
};

// Every table of the program, composed in app/catalog.cc from the domains' lists.
struct Catalog {
    std::span<const Table* const> tables;
    const Table* find(std::uint8_t id) const {
        for (const auto* table : tables) {
            if (table->id == id) return table;
        }
        return nullptr;
    }
};

}  // namespace peyk::storage
