#include "storage/open.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/logging.h"
#include "storage/directory_lock.h"
#include "storage/files.h"
#include "storage/memory_store.h"
#include "storage/migrations.h"

namespace peyk::storage {

Result<std::unique_ptr<DirectoryLock>> DirectoryLock::take(const std::filesystem::path& dir) {
    auto path = dir / "lock";
    int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return fail(Errc::io, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
    std::unique_ptr<DirectoryLock> lock(new DirectoryLock(fd));
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return fail(Errc::conflict, fmt::format("{} is in use by another peyk; stop that one first", dir.string()));
    }
    return lock;
}

DirectoryLock::~DirectoryLock() { ::close(fd_); }

Result<std::unique_ptr<Opened>> open(OpenOptions options) {
    std::unique_ptr<Opened> opened(new Opened);
    opened->dir_ = options.dir;
    if (options.engine == Engine::memory) {
        opened->vault_ = Vault::in_memory(Secret::random());
        opened->store_ = std::make_unique<MemoryStore>();
    } else {
        PEYK_CHECK(make_directory(options.dir));
        PEYK_TRY(opened->lock_, DirectoryLock::take(options.dir));
        PEYK_TRY(opened->vault_, Vault::open(options.dir, options.key));
        RocksOptions rocks{.dir = options.dir / "rocks",
                           .file_key = opened->vault_->purpose_key("files"),
                           .durability = options.durability,
                           .cache = options.cache,
                           .reserve = options.reserve,
                           .write_buffer = options.write_buffer,
                           .hollow = hollow_destroyed(*opened->vault_, options.catalog),
                           .base = options.base,
                           .free_bytes = options.free_bytes,
                           .on_fatal = options.on_fatal};
        PEYK_TRY(auto store, RocksStore::open(std::move(rocks)));
        opened->rocks_ = store.get();
        opened->store_ = std::move(store);
    }
    opened->db_ = std::make_unique<Db>(*opened->store_, *opened->vault_, options.catalog);
    PEYK_CHECK(check_format(*opened->db_, options.newest_format));
    PEYK_CHECK(opened->db_->recover_punctures());
    if (options.flush_every.count() > 0) {
        opened->keeper_ = std::thread([self = opened.get(), every = options.flush_every] { self->keep(every); });
    }
    return opened;
}

void Opened::keep(std::chrono::milliseconds every) {
    std::unique_lock lock(mutex_);
    while (!stop_.wait_for(lock, every, [this] { return stopping_; })) {
        lock.unlock();
        if (vault_->dirty()) {
            auto flushed = db_->flush_punctures();
            // Kept in memory and as notes; tried again at the next turn.
            if (!flushed) log::error("storage", "the key table could not be written: {}", flushed.error().detail);
        }
        lock.lock();
    }
}

Result<> Opened::close() {
    if (std::exchange(closed_, true)) return {};
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stop_.notify_all();
    if (keeper_.joinable()) keeper_.join();
    auto flushed = db_ && vault_->dirty() ? db_->flush_punctures() : Result<>{};
    if (rocks_) rocks_->close();
    lock_.reset();
    return flushed;
}

Opened::~Opened() {
    auto closed = close();
    if (!closed) log::warning("storage", "closing: {}", closed.error().detail);
}

}  // namespace peyk::storage
