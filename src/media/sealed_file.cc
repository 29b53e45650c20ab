#include "media/sealed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <bit>
#include <cerrno>

#include "base/bytes.h"

namespace peyk::media {
namespace {

constexpr std::uint64_t kLeast = 1024;

}  // namespace

std::uint64_t padded_size(std::uint64_t size) {
    if (size <= kLeast) return kLeast;
    // Padmé: keep as many leading bits of the length as its exponent has bits, round the rest up.
    const auto exponent = static_cast<std::uint64_t>(std::bit_width(size) - 1);
    const auto mask = (std::uint64_t{1} << (exponent - static_cast<std::uint64_t>(std::bit_width(exponent)))) - 1;
    return (size + mask) & ~mask;
}

std::uint64_t stored_size(std::uint64_t size) {
    const auto padded = padded_size(size);
    return padded + (padded + kChunkBytes - 1) / kChunkBytes * kTagBytes;
}

Error write_error(std::string_view what, int error) {
    const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return Error{full ? Errc::full : Errc::io,
                 full ? "There is no space left for media" : fmt::format("{}: {}", what, std::strerror(error))};
}

Result<SealedWriter> SealedWriter::create(std::filesystem::path path, const FileKey& key) {
    Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return fail(write_error("a media file cannot be created", errno));
    return SealedWriter(std::move(path), std::move(fd), key);
}

SealedWriter::~SealedWriter() {
    if (fd_) unlink(path_.c_str());
}

Result<void> SealedWriter::append(std::string_view content) {
    size_ += content.size();
    while (!content.empty()) {
        // A full chunk is held back until more follows, since only then it is known not to be the last.
        if (pending_.size() == kChunkBytes) PEYK_CHECK(write_chunk(ChunkCipher::Place::middle));
        const auto part = content.substr(0, kChunkBytes - pending_.size());
        pending_ += part;
        content.remove_prefix(part.size());
    }
    return {};
}

Result<void> SealedWriter::write_chunk(ChunkCipher::Place place) {
    const auto sealed = cipher_.seal(chunks_++, place, pending_);
    pending_.clear();
    for (std::string_view rest = sealed; !rest.empty();) {
        const auto written = write(fd_.get(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return fail(write_error("a media file cannot be written", written < 0 ? errno : EIO));
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> SealedWriter::finish() {
    static const std::string zeros(kChunkBytes, '\0');
    for (auto missing = padded_size(size_) - size_; missing > 0;) {
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(missing, kChunkBytes));
        PEYK_CHECK(append(std::string_view(zeros).substr(0, part)));
        size_ -= part;  // padding is no content
        missing -= part;
    }
    PEYK_CHECK(write_chunk(ChunkCipher::Place::last));
    // To the day: a finer time of upload is nobody's business.
    timespec day[2] = {};
    clock_gettime(CLOCK_REALTIME, &day[0]);
    day[0] = {.tv_sec = day[0].tv_sec / 86400 * 86400, .tv_nsec = 0};
    day[1] = day[0];
    futimens(fd_.get(), day);
    if (fsync(fd_.get()) != 0) return fail(write_error("a media file cannot be synced", errno));
    fd_.reset();
    return {};
}

SealedReader::SealedReader(Fd fd, const FileKey& key, std::uint64_t size)
    : fd_(std::move(fd)), cipher_(key), size_(size), last_chunk_((padded_size(size) - 1) / kChunkBytes) {}

Result<SealedReader> SealedReader::open(const std::filesystem::path& path, const FileKey& key, std::uint64_t size) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOATIME));
    if (!fd && errno == EPERM) fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));  // not our file
    if (!fd && errno == ENOENT) return fail(Errc::not_found, "There is no such media");
    if (!fd) return fail(Errc::io, fmt::format("a media file cannot be opened: {}", std::strerror(errno)));
    struct stat about{};
    if (fstat(fd.get(), &about) != 0 || static_cast<std::uint64_t>(about.st_size) != stored_size(size))
        return fail(Errc::corrupt, "a media file has another length than was written");
    return SealedReader(std::move(fd), key, size);
}

Result<std::string> SealedReader::read(std::uint64_t offset, std::size_t max) {
    if (offset >= size_ || max == 0) return std::string();
    const auto number = offset / kChunkBytes;
    const auto place = number == last_chunk_ ? ChunkCipher::Place::last : ChunkCipher::Place::middle;
    const auto content = place == ChunkCipher::Place::last ? padded_size(size_) - number * kChunkBytes : kChunkBytes;
    std::string sealed(static_cast<std::size_t>(content) + kTagBytes, '\0');
    std::size_t have = 0;
    while (have < sealed.size()) {
        const auto got = pread(fd_.get(), sealed.data() + have, sealed.size() - have,
                               static_cast<off_t>(number * (kChunkBytes + kTagBytes) + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(Errc::io, fmt::format("a media file cannot be read: {}", std::strerror(errno)));
        if (got == 0) return fail(Errc::corrupt, "a media file ends early");
        have += static_cast<std::size_t>(got);
    }
    PEYK_TRY(auto opened, cipher_.open(number, place, sealed));
    const auto skip = static_cast<std::size_t>(offset % kChunkBytes);
    const auto count = std::min<std::uint64_t>({opened.size() - skip, max, size_ - offset});
    return opened.substr(skip, static_cast<std::size_t>(count));
}

}  // namespace peyk::media
