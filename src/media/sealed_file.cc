#include "media/sealed_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <bit>
#include <cerrno>

#include "base/bytes.h"

namespace peyk::media {
namespace {

constexpr std::uint64_t kLeast = 1024;

std::array<std::uint8_t, 12> nonce_of(std::uint64_t number, ChunkCipher::Place place) {
    std::array<std::uint8_t, 12> nonce{};
    nonce[0] = place == ChunkCipher::Place::last ? 1 : 0;
    for (int i = 0; i < 8; ++i) nonce[static_cast<std::size_t>(11 - i)] = static_cast<std::uint8_t>(number >> (8 * i));
    return nonce;
}

std::uint8_t* bytes_of(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }
const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

void must(int done) {
    if (done != 1) panic("AES-256-GCM is not available");
}

}  // namespace

FileKey::~FileKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

FileKey FileKey::make(Random& random) {
    FileKey key;
    random.fill(key.bytes);
    return key;
}

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

void ChunkCipher::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

ChunkCipher::ChunkCipher(const FileKey& key) : key_(key), context_(EVP_CIPHER_CTX_new()) {
    if (!context_) panic("out of memory");
}

std::string ChunkCipher::seal(std::uint64_t number, Place place, std::string_view content) const {
    const auto nonce = nonce_of(number, place);
    std::string sealed(content.size() + kTagBytes, '\0');
    int length = 0;
    must(EVP_EncryptInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, key_.bytes.data(), nonce.data()));
    must(EVP_EncryptUpdate(context_.get(), bytes_of(sealed), &length, bytes_of(content),
                           static_cast<int>(content.size())));
    must(EVP_EncryptFinal_ex(context_.get(), bytes_of(sealed) + length, &length));
    must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, bytes_of(sealed) + content.size()));
    return sealed;
}

Result<std::string> ChunkCipher::open(std::uint64_t number, Place place, std::string_view sealed) const {
    if (sealed.size() < kTagBytes) return fail(Errc::corrupt, "a media file ends early");
    const auto nonce = nonce_of(number, place);
    const auto length = sealed.size() - kTagBytes;
    std::string content(length, '\0');
    std::array<std::uint8_t, kTagBytes> tag{};
    std::copy_n(bytes_of(sealed) + length, kTagBytes, tag.begin());
    int written = 0;
    must(EVP_DecryptInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, key_.bytes.data(), nonce.data()));
    must(EVP_DecryptUpdate(context_.get(), bytes_of(content), &written, bytes_of(sealed), static_cast<int>(length)));
    must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()));
    if (EVP_DecryptFinal_ex(context_.get(), bytes_of(content) + written, &written) != 1)
        return fail(Errc::corrupt, "a chunk of a media file fails its check");
    return content;
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
