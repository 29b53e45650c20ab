#pragma once
// The keys of everything that is sealed. docs/decisions/0101-punctured-keys.md

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/locked_memory.h"
#include "storage/key_tree.h"
#include "storage/secret.h"

namespace peyk::storage {

class VaultFiles;

// Where the root secret comes from. Without it nothing in the store can be read.
struct KeySource {
    enum class Kind : std::uint8_t { key_file, passphrase, raw };
    Kind kind = Kind::key_file;
    std::filesystem::path file;  // key_file: 32 bytes; made (mode 0600) when the store is new and it does not exist
    std::string secret;          // passphrase: any text; raw: 32 bytes; wiped with the source
    ~KeySource();
};

// What a key is for. Keys of one slot go together; slots are handed out in order and never reused.
struct KeyName {
    std::uint64_t slot = 0;
    std::uint8_t table = 0;  // 0: the key of the owner as a whole
    std::uint64_t row = 0;
    auto operator<=>(const KeyName&) const = default;
};

// Purpose:  derives keys, forgets keys, and keeps what is left of them in two files beside the engine's.
// Runs on:  any thread. key() takes a shared lock for well under a microsecond; flush() blocks on the disk.
class Vault {
public:
    // Nothing on disk; for the memory engine and tests.
    static std::unique_ptr<Vault> in_memory(const Secret& master);
    // Opens the vault in `dir`, or makes a new one there when there is none. forbidden: the root secret is not the one
    // that the store was made with; corrupt: both copies of a file are damaged; unsupported: a newer format.
    static Result<std::unique_ptr<Vault>> open(const std::filesystem::path& dir, const KeySource& source);
    // The master key of the vault in `dir`, without touching its files. Errors as open().
    static Result<Secret> master_key(const std::filesystem::path& dir, const KeySource& source);
    ~Vault();

    // The number that every restore changes; tokens carry it.
    std::uint64_t incarnation() const { return incarnation_; }
    // A key for one purpose of the whole store (files, hashes), at most 8 letters.
    Secret purpose_key(std::string_view purpose) const { return master_->derive(purpose); }

    // A slot that no owner has had.
    Result<std::uint64_t> new_slot();
    // nullopt: destroyed.
    std::optional<Secret> key(const KeyName& name) const;

    // Destroys at once in memory; flush() makes it last.
    void puncture(const KeyName& name);
    void puncture_below(const KeyName& name);  // all rows of the table smaller than name.row
    void drop(std::uint64_t slot);
    // Brings what changed of the key table to both of its copies. io: the former state stands, call again.
    Result<> flush();
    bool dirty() const { return changes_ != flushed_; }

    // Reads all files of the vault, writes anew what is damaged, and names it. Errors: io, when that fails too.
    static constexpr std::size_t kFiles = 6;
    Result<std::vector<std::string>> verify();
    // Files of which one copy was damaged or missing when this was opened; the other served, and it was written anew.
    std::vector<std::string> mended() const;

    // From now on the store opens with this source, which becomes the only one; a key file that does not exist is made.
    // The keys of files and rows stay: only what wraps the master key changes. io: call again, with either secret.
    Result<> change_root(const KeySource& source);

    // Flushes and copies the vault's files into another directory.
    Result<> copy_to(const std::filesystem::path& dir);
    // After a restore: what was promised by the store that was copied does not hold here.
    Result<> renew_incarnation();
    std::size_t frontier() const;  // keys in memory

    struct Counters {
        std::uint64_t destroyed = 0;                                // rows, ranges of rows, slots
        std::uint64_t writes = 0, write_ms = 0, written_bytes = 0;  // of the key table
        std::uint64_t hits = 0, misses = 0;                         // of the cache of keys
    };
    Counters counters() const;

private:
    struct Cached {
        KeyName name;  // row: prefix of the block
        std::uint8_t digits = 0xff;
        Secret key;
    };
    static constexpr std::size_t kStripes = 64, kPerStripe = 64;
    struct Stripe {
        std::mutex mutex;
        std::uint64_t hits = 0, misses = 0;
        std::array<Cached, kPerStripe> entries;
    };

    Vault(const Secret& master, KeyTree tree);
    Cached& entry(Stripe& stripe, const KeyName& block, std::uint8_t digits) const;
    Stripe& stripe(const KeyName& block, std::uint8_t digits) const;
    void forget_cached();
    void bring(const KeyPath& path) const;

    Locked<Secret> master_;
    std::uint64_t incarnation_ = 1;
    std::unique_ptr<VaultFiles> files_;

    mutable std::shared_mutex tree_mutex_;  // tree_, next_slot_, reserved_
    mutable KeyTree tree_;                  // pages come and go
    std::uint64_t next_slot_ = 1;
    std::uint64_t reserved_ = ~0ULL;  // slots below this one are on disk as handed out
    std::atomic<std::uint64_t> changes_ = 0;
    std::atomic<std::uint64_t> flushed_ = 0;
    std::mutex flush_mutex_;
    mutable std::atomic<std::uint64_t> generation_ = 0;  // counts destructions, for the cache
    std::unique_ptr<std::array<Stripe, kStripes>> cache_;
    std::atomic<std::uint64_t> writes_ = 0, write_ms_ = 0, written_bytes_ = 0;
};

}  // namespace peyk::storage
