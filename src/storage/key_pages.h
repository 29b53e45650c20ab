#pragma once
// The files of the key table: pages in two copies, and a lock for each copy. docs/decisions/0105-key-pages.md
//
//   keys.a, keys.b             pages, anywhere behind the first 512 bytes; both files are alike
//   keys.a.lock, keys.b.lock   512 bytes, overwritten in place: generation u64be, then under the master key: the key of
//                              the first page (the root of the tree), its offset u64be, its length u32be
//
// A page is sealed under a key of its own that stands in the page above it; the root's stands in the lock. Nothing that
// is in use is overwritten: a changed page goes to a free place under a new key, and so do those above it. When the
// lock is overwritten, the former root's key is gone, and with it the way to the former keys of all that changed.

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/locked_memory.h"
#include "storage/key_tree.h"

namespace peyk::storage {

// Owner: VaultFiles. Its owner serialises all calls but read(), which any thread may make at any time.
class KeyPages {
public:
    KeyPages(std::filesystem::path dir, const Secret& lock_key) : dir_(std::move(dir)), lock_key_(lock_key) {}
    ~KeyPages();
    KeyPages(const KeyPages&) = delete;

    // The newest root whose pages are all there, in either copy. What is damaged or old in the other copy is written
    // anew. Errors: not_found (no lock of this format), corrupt, io.
    Result<std::string> load();
    // Reads all of both copies, writes anew what one of them lacks, and names those files. corrupt: a page that neither
    // has.
    Result<std::vector<std::string>> mend();
    // A page's bytes, from whichever copy has them. corrupt: neither has.
    Result<std::string> read(const KeyPlace& place) const;

    // Chooses a place for a page of the next write().
    KeyPlace keep(std::string_view page);
    // Brings the kept pages and the root to the disk, in both copies. After an error nothing that either copy may need
    // is overwritten by the next try.
    Result<> write(std::string_view root);
    // Places that the last write made useless.
    void release(const std::vector<KeyPlace>& places);
    std::uint64_t bytes_written() const { return bytes_written_; }  // by the last write(), to one copy

    std::vector<std::filesystem::path> files() const;
    // What load() found damaged or missing in one copy, and wrote anew.
    const std::vector<std::string>& mended() const { return mended_; }

private:
    struct Lock {
        std::uint64_t generation = 0;
        KeyPlace root;
    };
    struct Piece {
        std::uint64_t offset;
        std::string sealed;
    };
    static constexpr std::string_view kCopies = "ab";
    std::filesystem::path pages_path(char copy) const { return dir_ / (std::string("keys.") + copy); }
    std::filesystem::path lock_path(char copy) const { return dir_ / (std::string("keys.") + copy + ".lock"); }
    int file(char copy) const { return files_[copy == 'a' ? 0 : 1]; }
    enum class Former : std::uint8_t { keep, truncate };
    Result<> open_file(char copy);
    Result<> put_magic(char copy, Former former);  // where it is missing; on failure the file is closed
    Result<Lock> read_lock(char copy) const;
    Result<> write_lock(char copy, const Lock& lock) const;
    std::optional<std::string> read_sealed(char copy, const KeyPlace& place) const;
    Result<> write_copy(char copy, const std::vector<Piece>& pieces);
    Result<> write_pieces(char copy, const std::vector<Piece>& pieces) const;
    KeyPlace allocate(std::size_t sealed_size);
    // The places of all pages under `root`, and what each copy lacks of them.
    struct Walked {
        std::map<std::uint64_t, std::uint64_t> used;
        std::array<std::vector<Piece>, 2> lacking;
    };
    Result<Walked> walk(const KeyPlace& root) const;
    Result<> follow_names();
    Result<> mend(char copy, const std::vector<Piece>& lacking) const;

    std::filesystem::path dir_;
    Locked<Secret> lock_key_;
    std::vector<std::string> mended_;
    std::array<int, 2> files_{-1, -1};
    Lock lock_;                                    // as last written
    std::map<std::uint64_t, std::uint64_t> used_;  // offset -> end, of what the files may need
    std::vector<std::uint64_t> useless_;           // offsets that no copy needs once a write has reached both
    std::uint64_t hint_ = 0;                       // where the next free place is looked for
    std::vector<Piece> queued_;
    std::uint64_t bytes_written_ = 0;
};

}  // namespace peyk::storage
