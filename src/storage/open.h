#pragma once
// Opens everything of storage/ at once, in the right order.

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "storage/db.h"
#include "storage/rocks_store.h"
#include "storage/vault.h"

namespace peyk::storage {

class DirectoryLock;

enum class Engine : std::uint8_t { rocksdb, memory };

struct OpenOptions {
    std::filesystem::path dir;  // rocksdb; made (mode 0700) when missing
    Engine engine = Engine::rocksdb;
    Durability durability = Durability::sync;
    KeySource key;
    Catalog catalog;
    std::uint32_t newest_format = ~0U;  // of rows (migrations.h) that the program knows; a newer store is refused
    std::uint64_t cache = 32 << 20;
    std::uint64_t reserve = 256 << 20;
    // How soon a destroyed key is also destroyed on disk. Zero: only when flush_punctures() is called.
    std::chrono::milliseconds flush_every = std::chrono::seconds(20);
    std::shared_ptr<rocksdb::FileSystem> base;       // tests: below the encryption
    std::uint64_t write_buffer = 16 << 20;           // tests: tables are written and merged sooner
    std::function<void(std::string_view)> on_fatal;  // tests: instead of aborting
    std::function<std::uint64_t()> free_bytes;       // tests
};

// Purpose:  owns lock, vault, store and Db of one directory, and the thread that makes punctures last.
// Owner:    app::Server.  Stops by: close() or the destructor. Nobody may use db() or store() afterwards.
//
//   DIR/lock            held while open
//   DIR/store.header…   the vault's files (vault_files.h)
//   DIR/rocks/          RocksDB, encrypted
class Opened {
public:
    ~Opened();
    Store& store() { return *store_; }
    Vault& vault() { return *vault_; }
    Db& db() { return *db_; }
    // Changes at every restore: tokens of before must not be taken for tokens of after.
    std::uint64_t incarnation() const { return vault_->incarnation(); }
    // Null with the memory engine.
    RocksStore* rocks() { return rocks_; }
    const std::filesystem::path& dir() const { return dir_; }
    // Waits for what is queued, writes the key table, closes. Later calls do nothing. io: the key table could not be
    // written; its notes are in the store and are repeated at the next open.
    Result<> close();

private:
    friend Result<std::unique_ptr<Opened>> open(OpenOptions options);
    Opened() = default;
    void keep(std::chrono::milliseconds every);

    std::filesystem::path dir_;
    std::unique_ptr<DirectoryLock> lock_;
    std::unique_ptr<Vault> vault_;
    std::unique_ptr<Store> store_;
    RocksStore* rocks_ = nullptr;
    std::unique_ptr<Db> db_;

    std::mutex mutex_;
    std::condition_variable stop_;
    bool stopping_ = false;
    bool closed_ = false;
    std::thread keeper_;
};

// The details of its errors say what to do:
//   conflict     another process has the directory open
//   forbidden    the key or passphrase is not the store's
//   unavailable  the key file is missing
//   unsupported  a newer format
//   corrupt      which file is damaged
Result<std::unique_ptr<Opened>> open(OpenOptions options);

}  // namespace peyk::storage
