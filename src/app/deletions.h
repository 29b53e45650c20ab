#pragma once
// What deletes rows, and by when: deadlines as data. A table without an entry here fails a test, and so does a deletion
// that no test looks at the bytes of. docs/decisions/1601-deadlines.md

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "storage/table.h"

namespace peyk::app {

// Counted from the event that the deletion names.
struct Deadline {
    enum class Kind : unsigned char { never, at_once, within };
    Kind kind = Kind::never;
    std::chrono::seconds time{0};  // within

    static constexpr Deadline never() { return {}; }
    static constexpr Deadline at_once() { return {Kind::at_once}; }
    static constexpr Deadline within(std::chrono::seconds time) { return {Kind::within, time}; }
    constexpr Deadline and_then(std::chrono::seconds more) const {
        return kind == Kind::never ? *this : within(time + more);
    }
};
std::string to_text(Deadline deadline);  // "never", "at once", "within 60 s"

struct Deletion {
    std::string_view name;   // "message redacted"
    std::string_view event;  // what the deadlines count from: "the redaction is durable"
    Deadline hidden;         // nobody is served it any more
    // The row is deleted, and where it has a key of its own, or its owner's key went with it, copies of it do not open
    // any more, whoever has the store's key.
    Deadline deleted;
    Deadline gone;  // it is in no file of the store any more (while storage.rewrite_every is on its default)
    std::span<const storage::Table* const> tables;
    bool keys = false;  // of all these tables the keys go too, not only of those whose rows have keys of their own
};
std::span<const Deletion> deletions();

// Tables whose rows nothing deletes while the server lives, and why that has to be.
struct Standing {
    const storage::Table* table;
    std::string_view why;
};
std::span<const Standing> standing_tables();

}  // namespace peyk::app
