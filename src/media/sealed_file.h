#pragma once
// Files as they lie on the disk: noise of a rounded length. One random key per file, which is kept elsewhere.
//
//   file    chunk*                                   at least one
//   chunk   AES-256-GCM(65536 bytes of the content)  then the 16-byte tag; the last chunk may be shorter
//   nonce   last chunk? (1 byte: 0 or 1), 3 zero bytes, number of the chunk (8 bytes, big-endian)
//   content the media, then zeros up to padded_size()
//
// A changed byte, chunks in another order, chunks of another file and a file that ends early all fail to open.

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/random.h"
#include "media/fd.h"

struct evp_cipher_ctx_st;

namespace peyk::media {

inline constexpr std::size_t kChunkBytes = 64 * 1024;
inline constexpr std::size_t kTagBytes = 16;

// Wiped when it goes; has no formatter.
struct FileKey {
    std::array<std::uint8_t, 32> bytes{};
    FileKey() = default;
    FileKey(const FileKey&) = default;
    FileKey& operator=(const FileKey&) = default;
    ~FileKey();
    static FileKey make(Random& random);
};

// The length that is written for `size` bytes of content: Padmé steps (at most 12 % more, and few different lengths),
// at least 1 KiB, so that the length of a file does not tell which media it is.
std::uint64_t padded_size(std::uint64_t size);
// What that takes on the disk, tags included.
std::uint64_t stored_size(std::uint64_t size);

// Seals and opens single chunks.
class ChunkCipher {
public:
    enum class Place : unsigned char { middle, last };
    explicit ChunkCipher(const FileKey& key);
    std::string seal(std::uint64_t number, Place place, std::string_view content) const;
    // corrupt: the chunk is not the one that was written at this place.
    Result<std::string> open(std::uint64_t number, Place place, std::string_view sealed) const;

private:
    struct Free {
        void operator()(evp_cipher_ctx_st* context) const;
    };
    FileKey key_;
    std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

// Writes a file from front to back. Not finished: the destructor removes it. Blocking; one thread at a time.
class SealedWriter {
public:
    // Errors: full, io. The file must not exist.
    static Result<SealedWriter> create(std::filesystem::path path, const FileKey& key);
    SealedWriter(SealedWriter&&) = default;
    SealedWriter& operator=(SealedWriter&&) = delete;
    ~SealedWriter();

    // Errors: full (nothing of the file remains after the destructor), io.
    Result<void> append(std::string_view content);
    // Pads, writes the last chunk and waits until the bytes are on the disk. The file stays from here on.
    Result<void> finish();
    std::uint64_t size() const { return size_; }
    const std::filesystem::path& path() const { return path_; }

private:
    SealedWriter(std::filesystem::path path, Fd fd, const FileKey& key)
        : path_(std::move(path)), fd_(std::move(fd)), cipher_(key) {}
    Result<void> write_chunk(ChunkCipher::Place place);

    std::filesystem::path path_;
    Fd fd_;
    ChunkCipher cipher_;
    std::string pending_;
    std::uint64_t chunks_ = 0;
    std::uint64_t size_ = 0;
};

// Reads any part of a file. Blocking; one thread at a time.
class SealedReader {
public:
    // `size`: of the content, as it was written. Errors: not_found, corrupt (the length is another), io.
    static Result<SealedReader> open(const std::filesystem::path& path, const FileKey& key, std::uint64_t size);
    // From `offset` on, at most `max` bytes and not beyond the chunk of `offset`; empty at the end.
    Result<std::string> read(std::uint64_t offset, std::size_t max);
    std::uint64_t size() const { return size_; }

private:
    SealedReader(Fd fd, const FileKey& key, std::uint64_t size);
    Fd fd_;
    ChunkCipher cipher_;
    std::uint64_t size_;
    std::uint64_t last_chunk_;
};

// What errno of a failed write means: full for no space, quota and file-size limits, io otherwise.
Error write_error(std::string_view what, int error);

}  // namespace peyk::media
