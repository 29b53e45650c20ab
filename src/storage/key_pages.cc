#include "storage/key_pages.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"
#include "base/logging.h"
#include "storage/disk.h"
#include "storage/files.h"
#include "storage/sealed_bytes.h"

namespace peyk::storage {
namespace {

constexpr std::string_view kMagic = "peyk key pages 1\n";
constexpr std::string_view kPageContext = "page";
constexpr std::size_t kSector = 512;
constexpr std::size_t kRootBytes = Secret::kBytes + sizeof(std::uint64_t) + sizeof(std::uint32_t);

std::unexpected<Error> os_error(std::string_view what, const std::filesystem::path& path) {
    return fail(errno == ENOSPC ? Errc::full : Errc::io,
                fmt::format("{} {}: {}", what, path.string(), std::strerror(errno)));
}

bool write_at(int file, const std::filesystem::path& path, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        auto count = disk().write(file, path, bytes, offset);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return true;
}

std::uint64_t end_of(std::uint64_t offset, std::size_t length) {
    return (offset + length + kSector - 1) / kSector * kSector;
}

}  // namespace

KeyPages::~KeyPages() {
    for (int file : files_) {
        if (file >= 0) ::close(file);
    }
}

Result<> KeyPages::open_file(char copy) {
    auto& file = files_[copy == 'a' ? 0 : 1];
    auto path = pages_path(copy);
    file = disk().open(path, O_RDWR | O_CREAT);
    if (file < 0) return os_error("cannot open", path);
    // The name has to outlive a power cut before a lock leads to what the file holds.
    auto synced = sync_directory(dir_);
    if (!synced) ::close(std::exchange(file, -1));
    return synced;
}

Result<> KeyPages::put_magic(char copy, Former former) {
    auto& file = files_[copy == 'a' ? 0 : 1];
    std::string head(kMagic.size(), '\0');
    if (::pread(file, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size()) && head == kMagic) return {};
    auto path = pages_path(copy);
    bool ready = former == Former::keep || disk().truncate(file, path) == 0;
    if (ready && write_at(file, path, kMagic, 0)) return {};
    auto failed = os_error("cannot write", path);
    ::close(std::exchange(file, -1));
    return failed;
}

Result<KeyPages::Lock> KeyPages::read_lock(char copy) const {
    PEYK_TRY(auto bytes, read_file(lock_path(copy), kSector));
    ByteReader in(bytes);
    Lock lock;
    lock.generation = in.u64be();
    auto plain = unseal_bytes(in.take(kRootBytes + kSealOverhead), *lock_key_, bytes.substr(0, sizeof lock.generation));
    if (!plain) return fail(Errc::not_found, lock_path(copy).string() + " is damaged or of another format");
    ByteReader root(*plain);
    lock.root.key = Secret(root.take(Secret::kBytes));
    lock.root.offset = root.u64be();
    lock.root.length = root.u32be();
    sodium_memzero(plain->data(), plain->size());
    return lock;
}

Result<> KeyPages::write_lock(char copy, const Lock& lock) const {
    std::string plain(lock.root.key.view());
    put_u64be(plain, lock.root.offset);
    put_u32be(plain, lock.root.length);
    std::string bytes;
    put_u64be(bytes, lock.generation);
    auto context = bytes;
    seal_bytes(bytes, *lock_key_, context, plain);
    sodium_memzero(plain.data(), plain.size());
    bytes.resize(kSector);
    PEYK_CHECK(overwrite_file(lock_path(copy), bytes));
    return sync_directory(dir_);
}

std::optional<std::string> KeyPages::read_sealed(char copy, const KeyPlace& place) const {
    std::string sealed(place.length, '\0');
    std::size_t have = 0;
    while (have < sealed.size()) {
        auto count =
            ::pread(file(copy), sealed.data() + have, sealed.size() - have, static_cast<off_t>(place.offset + have));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return std::nullopt;
        have += static_cast<std::size_t>(count);
    }
    return sealed;
}

Result<std::string> KeyPages::read(const KeyPlace& place) const {
    for (char copy : kCopies) {
        auto sealed = read_sealed(copy, place);
        auto page = sealed ? unseal_bytes(*sealed, place.key, kPageContext) : std::nullopt;
        if (page) return std::move(*page);
    }
    return fail(Errc::corrupt, fmt::format("a page of the key table in {} is damaged in both copies", dir_.string()));
}

Result<KeyPages::Walked> KeyPages::walk(const KeyPlace& root) const {
    Walked out;
    std::vector<KeyPlace> places{root};
    while (!places.empty()) {
        auto place = std::move(places.back());
        places.pop_back();
        std::optional<std::string> page;
        std::string whole;
        std::array<bool, 2> has{};
        for (std::size_t i = 0; i < kCopies.size(); ++i) {
            auto sealed = read_sealed(kCopies[i], place);
            auto opened = sealed ? unseal_bytes(*sealed, place.key, kPageContext) : std::nullopt;
            has[i] = opened.has_value();
            if (!opened) continue;
            if (page) {
                sodium_memzero(opened->data(), opened->size());
                continue;
            }
            page = std::move(opened);
            whole = std::move(*sealed);
        }
        if (!page) return fail(Errc::corrupt, "a page is damaged in both copies");
        for (std::size_t i = 0; i < kCopies.size(); ++i) {
            if (!has[i]) out.lacking[i].push_back({place.offset, whole});
        }
        bool first = out.used.empty();
        out.used[place.offset] = end_of(place.offset, place.length);
        // In front of the root stands the number of the next slot.
        auto tree = std::string_view(*page).substr(first ? sizeof(std::uint64_t) : 0);
        auto below = KeyTree::places(tree, first ? KeyTree::Bytes::tree : KeyTree::Bytes::page);
        sodium_memzero(page->data(), page->size());
        if (!below) return fail(Errc::corrupt, "a page does not parse");
        std::ranges::move(*below, std::back_inserter(places));
    }
    return out;
}

Result<std::string> KeyPages::load() {
    std::array<Result<Lock>, 2> locks{read_lock('a'), read_lock('b')};
    if (!locks[0] && !locks[1]) return fail(std::move(locks[0]).error());
    for (char copy : kCopies) PEYK_CHECK(open_file(copy));
    auto newer = [](const Result<Lock>& one, const Result<Lock>& other) {
        return one && (!other || one->generation >= other->generation);
    };
    std::array<std::size_t, 2> order{0, 1};
    if (!newer(locks[0], locks[1])) order = {1, 0};
    Result<Walked> walked = fail(Errc::corrupt);
    for (auto at : order) {
        if (!locks[at]) continue;
        lock_ = *locks[at];
        walked = walk(lock_.root);
        if (walked) break;
    }
    if (!walked) {
        return fail(Errc::corrupt, fmt::format("the key table in {} cannot be read ({}): restore from a backup",
                                               dir_.string(), walked.error().detail));
    }
    used_ = std::move(walked->used);
    for (std::size_t i = 0; i < kCopies.size(); ++i) {
        PEYK_CHECK(put_magic(kCopies[i], Former::keep));
        bool old = !locks[i] || locks[i]->generation != lock_.generation;
        if (!old && walked->lacking[i].empty()) continue;
        // A write that was cut off leaves one copy behind; nothing is told then.
        if (!locks[i] || !old) {
            log::warning("storage", "one copy of the key table was damaged; mended from the other");
            mended_.push_back((locks[i] ? pages_path(kCopies[i]) : lock_path(kCopies[i])).filename().string());
        }
        PEYK_CHECK(mend(kCopies[i], walked->lacking[i]));
    }
    return read(lock_.root);
}

Result<> KeyPages::mend(char copy, const std::vector<Piece>& lacking) const {
    PEYK_CHECK(write_pieces(copy, lacking));
    return write_lock(copy, lock_);
}

// A file whose name is gone, or is another file's: its descriptor becomes that of the name, so that readers go on.
Result<> KeyPages::follow_names() {
    for (std::size_t i = 0; i < kCopies.size(); ++i) {
        auto path = pages_path(kCopies[i]);
        struct stat named{}, held{};
        bool same = ::stat(path.c_str(), &named) == 0 && ::fstat(files_[i], &held) == 0 &&
                    named.st_ino == held.st_ino && named.st_dev == held.st_dev;
        if (same) continue;
        int fresh = disk().open(path, O_RDWR | O_CREAT);
        if (fresh < 0) return os_error("cannot open", path);
        bool moved = write_at(fresh, path, kMagic, 0) && ::dup3(fresh, files_[i], O_CLOEXEC) >= 0;
        ::close(fresh);
        if (!moved) return os_error("cannot write", path);
        PEYK_CHECK(sync_directory(dir_));
    }
    return {};
}

Result<std::vector<std::string>> KeyPages::mend() {
    PEYK_CHECK(follow_names());
    PEYK_TRY(auto walked, walk(lock_.root));
    std::vector<std::string> damaged;
    for (std::size_t i = 0; i < kCopies.size(); ++i) {
        auto lock = read_lock(kCopies[i]);
        bool locked = lock && lock->generation == lock_.generation;
        if (locked && walked.lacking[i].empty()) continue;
        damaged.push_back((locked ? pages_path(kCopies[i]) : lock_path(kCopies[i])).filename().string());
        PEYK_CHECK(mend(kCopies[i], walked.lacking[i]));
    }
    return damaged;
}

KeyPlace KeyPages::allocate(std::size_t sealed_size) {
    // Within one write the search only goes forward, or many pages at once would take the square of their number.
    auto offset = std::max<std::uint64_t>(hint_, kSector);
    for (auto at = used_.lower_bound(offset); at != used_.end(); ++at) {
        if (end_of(offset, sealed_size) <= at->first) break;
        offset = at->second;
    }
    hint_ = used_[offset] = end_of(offset, sealed_size);
    return KeyPlace{.offset = offset, .length = static_cast<std::uint32_t>(sealed_size), .key = Secret::random()};
}

KeyPlace KeyPages::keep(std::string_view page) {
    auto place = allocate(page.size() + kSealOverhead);
    Piece piece{.offset = place.offset, .sealed = {}};
    seal_bytes(piece.sealed, place.key, kPageContext, page);
    queued_.push_back(std::move(piece));
    return place;
}

Result<> KeyPages::write_pieces(char copy, const std::vector<Piece>& pieces) const {
    auto path = pages_path(copy);
    for (const auto& piece : pieces) {
        if (!write_at(file(copy), path, piece.sealed, piece.offset)) return os_error("cannot write", path);
    }
    if (disk().sync(file(copy), path) != 0) return os_error("cannot sync", path);
    return {};
}

Result<> KeyPages::write_copy(char copy, const std::vector<Piece>& pieces) {
    if (file(copy) < 0) {
        PEYK_CHECK(open_file(copy));
        // A table of the former format goes here, and not before: until the lock of the first copy is written, the
        // second one has all that there is.
        PEYK_CHECK(put_magic(copy, Former::truncate));
    }
    return write_pieces(copy, pieces);
}

Result<> KeyPages::write(std::string_view root) {
    Lock next{.generation = lock_.generation + 1, .root = keep(root)};
    auto pieces = std::exchange(queued_, {});
    hint_ = 0;
    bytes_written_ = 0;
    for (const auto& piece : pieces) bytes_written_ += piece.sealed.size();
    if (auto begun = write_copy(kCopies[0], pieces); !begun) {
        // No lock leads to them: the former table stands, and the places are free.
        for (const auto& piece : pieces) used_.erase(piece.offset);
        return begun;
    }
    // From here on either lock may be the new one, whatever comes of it.
    useless_.push_back(lock_.root.offset);
    lock_ = next;
    auto written = write_lock(kCopies[0], next);
    if (written) written = write_copy(kCopies[1], pieces);
    if (written) written = write_lock(kCopies[1], next);
    if (!written) {
        for (const auto& piece : pieces) useless_.push_back(piece.offset);  // the next write makes them anew
        return written;
    }
    for (auto offset : std::exchange(useless_, {})) used_.erase(offset);
    return {};
}

void KeyPages::release(const std::vector<KeyPlace>& places) {
    for (const auto& place : places) used_.erase(place.offset);
}

std::vector<std::filesystem::path> KeyPages::files() const {
    return {pages_path('a'), lock_path('a'), pages_path('b'), lock_path('b')};
}

}  // namespace peyk::storage
