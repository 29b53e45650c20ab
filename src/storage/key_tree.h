#pragma once
// A tree of keys from which single keys, or whole ranges, can be destroyed for good (a puncturable derivation).
// docs/decisions/0101-punctured-keys.md

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/secret.h"

namespace peyk::storage {

// The way from the root to a key, in base-4 digits. A number is written as its count of digits (three digits), then the
// digits: small numbers have short paths, and the order of paths is the order of numbers.
class KeyPath {
public:
    KeyPath& add_byte(std::uint8_t value);      // 4 digits
    KeyPath& add_number(std::uint64_t number);  // 3 to 35 digits
    std::uint8_t operator[](std::size_t i) const { return digits_[i]; }
    std::size_t size() const { return size_; }
    void truncate(std::size_t size) { size_ = static_cast<std::uint8_t>(size); }

private:
    std::array<std::uint8_t, 80> digits_;
    std::uint8_t size_ = 0;
};

// Purpose:  holds only the frontier: keys of the largest subtrees that no destroyed key lies under. Child keys are
//           derived one-way, so what was destroyed cannot be computed from what is left.
// Runs on:  any thread under the owner's lock.
class KeyTree {
public:
    explicit KeyTree(const Secret& root);
    ~KeyTree();
    KeyTree(KeyTree&&) noexcept;
    KeyTree& operator=(KeyTree&&) noexcept;

    // The key on the frontier above `path` and how many digits lead to it; nullopt when it was destroyed. The rest of
    // the way is descend(), which needs no lock.
    struct Found {
        Secret key;
        std::size_t depth;
    };
    std::optional<Found> find(const KeyPath& path) const;
    static Secret descend(Secret key, const KeyPath& path, std::size_t from);

    // Destroys the key at `path` and all below it. False when it was destroyed before.
    bool puncture(const KeyPath& path);
    // Destroys all keys of numbers smaller than `path`'s, under its first `fixed` digits. False when nothing was left.
    bool puncture_below(const KeyPath& path, std::size_t fixed);

    // How many keys the frontier has; each takes 33 bytes in the table on disk.
    std::size_t frontier() const;
    void write(std::string& out) const;
    static Result<KeyTree> parse(std::string_view bytes);

private:
    struct Node;
    KeyTree();
    std::unique_ptr<Node> root_;
};

}  // namespace peyk::storage
