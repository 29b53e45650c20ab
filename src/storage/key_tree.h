#pragma once
// A tree of keys from which single keys, or whole ranges, can be destroyed for good (a puncturable derivation).
// docs/decisions/0101-punctured-keys.md

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/secret.h"

namespace peyk::storage {

// The way from the root to a key, in base-4 digits. A number is written as its count of digits (three digits), then the
// digits: small numbers have short paths, and the order of paths is the order of numbers.
class KeyPath {
public:
    KeyPath& add_byte(std::uint8_t value);      // 4 digits
    KeyPath& add_number(std::uint64_t number);  // 3 to 35 digits
    // The subtree that begins `back` digits before the end may be kept on its own, as a page.
    KeyPath& cut(std::size_t back = 0);
    std::uint8_t operator[](std::size_t i) const { return digits_[i]; }
    std::size_t size() const { return size_; }
    bool cut_at(std::size_t depth) const;
    void truncate(std::size_t size) { size_ = static_cast<std::uint8_t>(size); }

private:
    std::array<std::uint8_t, 80> digits_;
    std::uint8_t size_ = 0;
    std::array<std::uint8_t, 3> cuts_{0xff, 0xff, 0xff};
};

// Where a page lies on the disk (key_pages.h), and the key that it is sealed under.
struct KeyPlace {
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
    Secret key;
};

// Purpose:  holds only the frontier: keys of the largest subtrees that no destroyed key lies under. Child keys are
//           derived one-way, so what was destroyed cannot be computed from what is left.
// Runs on:  any thread under the owner's lock.
//
// Subtrees that begin at a cut of some path and are large enough are pages: write() gives each changed one away on its
// own, and the page above it holds its place. A page that is not needed can leave the memory; whoever meets it again
// (absent()) has to load() it first.
class KeyTree {
public:
    using PageId = std::uint32_t;  // 0: none

    explicit KeyTree(const Secret& root);
    ~KeyTree();
    KeyTree(KeyTree&&) noexcept;
    KeyTree& operator=(KeyTree&&) noexcept;

    // The key on the frontier above `path` and how many digits lead to it; nullopt when it was destroyed. The rest of
    // the way is descend(), which needs no lock. `absent`: load that page and ask again.
    struct Found {
        Secret key;
        std::size_t depth;
        PageId absent = 0;
    };
    std::optional<Found> find(const KeyPath& path) const;
    static Secret descend(Secret key, const KeyPath& path, std::size_t from);

    // Destroys the key at `path` and all below it. False when it was destroyed before. REQUIRES: absent(path) == 0.
    bool puncture(const KeyPath& path);
    // Destroys all keys of numbers smaller than `path`'s, under its first `fixed` digits. False when nothing was left.
    // REQUIRES: absent(path) == 0.
    bool puncture_below(const KeyPath& path, std::size_t fixed);

    // The first page on the way that is not in memory, and where it is.
    PageId absent(const KeyPath& path) const;
    const KeyPlace& place(PageId page) const;
    // False: the bytes are no page.
    bool load(PageId page, std::string_view bytes);

    // Appends the tree. `keep` is given each changed page, inner ones first, and says where it will lie. settle() tells
    // whether all of that is on the disk; it answers which places are used no more.
    using Keep = std::function<KeyPlace(std::string_view page)>;
    void write(std::string& out, const Keep& keep);
    std::vector<KeyPlace> settle(bool written);
    // Takes unchanged pages out of the memory when more than `most` are there.
    void unload(std::size_t most);

    // How many keys the frontier has in memory; each takes 33 bytes on disk.
    std::size_t frontier() const;
    static Result<KeyTree> parse(std::string_view bytes);
    // The pages that a tree (or a page) names; nullopt when the bytes do not parse.
    enum class Bytes : std::uint8_t { tree, page };
    static std::optional<std::vector<KeyPlace>> places(std::string_view bytes, Bytes kind);

private:
    struct Node;
    struct Pages;
    KeyTree();
    std::unique_ptr<Node> root_;
    std::unique_ptr<Pages> pages_;
};

}  // namespace peyk::storage
