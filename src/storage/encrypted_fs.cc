#include "storage/encrypted_fs.h"

#include <openssl/evp.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <sodium.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/logging.h"

namespace peyk::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::string_view kMagic = "peykfile";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint32_t kKeyId = 1;
constexpr std::size_t kSalt = 16, kMac = 32, kBlock = 16;

// The key stream of one file. Thread-safe: contexts are per thread and take up the key of the file they last served.
class FileCipher {
public:
    FileCipher(const Secret& file_key, std::span<const std::uint8_t, kSalt> salt)
        : key_(file_key.bind(salt)), id_(next_id_.fetch_add(1)) {}

    // Encrypts or decrypts in place; `offset` counts from the end of the prefix.
    void apply(std::uint64_t offset, char* data, std::size_t size) const {
        struct Context {
            EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
            std::uint64_t file = 0;
            ~Context() { EVP_CIPHER_CTX_free(context); }
        };
        thread_local Context mine;
        static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
        std::array<unsigned char, kBlock> counter{};
        auto block = offset / kBlock;
        for (std::size_t i = 0; i < sizeof block; ++i) {
            counter[kBlock - 1 - i] = static_cast<unsigned char>(block >> (8 * i));
        }
        bool same = mine.file == id_;
        bool ok = EVP_EncryptInit_ex2(mine.context, same ? nullptr : cipher, same ? nullptr : key_.data(),
                                      counter.data(), nullptr) == 1;
        mine.file = id_;
        int length = 0;
        std::array<unsigned char, kBlock> skipped{};
        if (auto skip = static_cast<int>(offset % kBlock); skip != 0) {
            ok = ok && EVP_EncryptUpdate(mine.context, skipped.data(), &length, skipped.data(), skip) == 1;
        }
        constexpr std::size_t kMost = std::size_t{1} << 30;
        while (ok && size > 0) {
            auto part = std::min(size, kMost);
            auto* bytes = reinterpret_cast<unsigned char*>(data);
            ok = EVP_EncryptUpdate(mine.context, bytes, &length, bytes, static_cast<int>(part)) == 1;
            data += part;
            size -= part;
        }
        if (!ok) panic("encrypting a file failed");
    }

private:
    static inline std::atomic<std::uint64_t> next_id_ = 1;
    Secret key_;
    std::uint64_t id_;
};

std::string mac_of(const Secret& key, std::string_view head) {
    std::string mac(kMac, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(mac.data()), kMac,
                       reinterpret_cast<const unsigned char*>(head.data()), head.size(), key.data(), Secret::kBytes);
    return mac;
}

std::string make_prefix(const Secret& key, std::span<std::uint8_t, kSalt> salt) {
    randombytes_buf(salt.data(), salt.size());
    std::string prefix(kMagic);
    put_u8(prefix, kVersion);
    put_u32be(prefix, kKeyId);
    prefix.append(reinterpret_cast<const char*>(salt.data()), salt.size());
    prefix.resize(kFilePrefix - kMac);
    return prefix + mac_of(key, prefix);
}

// Null when the prefix is not one of ours.
std::shared_ptr<const FileCipher> read_prefix(const Secret& key, std::string_view prefix) {
    if (prefix.size() != kFilePrefix || !prefix.starts_with(kMagic)) return nullptr;
    auto head = prefix.substr(0, kFilePrefix - kMac);
    if (!equal_constant_time(mac_of(key, head), prefix.substr(head.size()))) return nullptr;
    std::array<std::uint8_t, kSalt> salt;
    std::memcpy(salt.data(), prefix.data() + kMagic.size() + 5, kSalt);
    return std::make_shared<FileCipher>(key, salt);
}

IOStatus damaged(const std::string& name) {
    return IOStatus::Corruption("the encryption prefix is damaged, or the key is another", name);
}

class EmptyFile final : public rocksdb::FSSequentialFile {
public:
    IOStatus Read(std::size_t, const IOOptions&, Slice* result, char* scratch, IODebugContext*) override {
        *result = Slice(scratch, 0);
        return IOStatus::OK();
    }
    IOStatus Skip(std::uint64_t) override { return IOStatus::OK(); }
};

class SequentialFile final : public rocksdb::FSSequentialFile {
public:
    SequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> file, std::shared_ptr<const FileCipher> cipher)
        : file_(std::move(file)), cipher_(std::move(cipher)) {}

    IOStatus Read(std::size_t n, const IOOptions& options, Slice* result, char* scratch,
                  IODebugContext* debug) override {
        auto status = file_->Read(n, options, result, scratch, debug);
        if (!status.ok()) return status;
        if (result->data() != scratch) std::memcpy(scratch, result->data(), result->size());
        cipher_->apply(offset_, scratch, result->size());
        *result = Slice(scratch, result->size());
        offset_ += result->size();
        return status;
    }
    IOStatus Skip(std::uint64_t n) override {
        auto status = file_->Skip(n);
        if (status.ok()) offset_ += n;
        return status;
    }
    IOStatus PositionedRead(std::uint64_t offset, std::size_t n, const IOOptions& options, Slice* result, char* scratch,
                            IODebugContext* debug) override {
        auto status = file_->PositionedRead(offset + kFilePrefix, n, options, result, scratch, debug);
        if (!status.ok()) return status;
        if (result->data() != scratch) std::memcpy(scratch, result->data(), result->size());
        cipher_->apply(offset, scratch, result->size());
        *result = Slice(scratch, result->size());
        return status;
    }
    IOStatus InvalidateCache(std::size_t offset, std::size_t length) override {
        return file_->InvalidateCache(offset + kFilePrefix, length);
    }

private:
    std::unique_ptr<rocksdb::FSSequentialFile> file_;
    std::shared_ptr<const FileCipher> cipher_;
    std::uint64_t offset_ = 0;
};

class RandomFile final : public rocksdb::FSRandomAccessFile {
public:
    RandomFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, std::shared_ptr<const FileCipher> cipher)
        : file_(std::move(file)), cipher_(std::move(cipher)) {}

    IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions& options, Slice* result, char* scratch,
                  IODebugContext* debug) const override {
        auto status = file_->Read(offset + kFilePrefix, n, options, result, scratch, debug);
        if (!status.ok()) return status;
        if (result->data() != scratch) std::memcpy(scratch, result->data(), result->size());
        cipher_->apply(offset, scratch, result->size());
        *result = Slice(scratch, result->size());
        return status;
    }
    IOStatus Prefetch(std::uint64_t offset, std::size_t n, const IOOptions& options, IODebugContext* debug) override {
        return file_->Prefetch(offset + kFilePrefix, n, options, debug);
    }
    std::size_t GetUniqueId(char* id, std::size_t max) const override { return file_->GetUniqueId(id, max); }
    void Hint(AccessPattern pattern) override { file_->Hint(pattern); }
    IOStatus InvalidateCache(std::size_t offset, std::size_t length) override {
        return file_->InvalidateCache(offset + kFilePrefix, length);
    }

private:
    std::unique_ptr<rocksdb::FSRandomAccessFile> file_;
    std::shared_ptr<const FileCipher> cipher_;
};

class WritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
public:
    WritableFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<const FileCipher> cipher)
        : FSWritableFileOwnerWrapper(std::move(file)), cipher_(std::move(cipher)) {}

    IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
        buffer_.assign(data.data(), data.size());
        cipher_->apply(offset_, buffer_.data(), buffer_.size());
        auto status = target()->Append(buffer_, options, debug);
        if (status.ok()) offset_ += data.size();
        constexpr std::size_t kKeep = std::size_t{1} << 20;
        if (buffer_.capacity() > kKeep) std::string().swap(buffer_);
        return status;
    }
    // The checksum handed along is of the clear bytes; it says nothing about what is written.
    IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                    IODebugContext* debug) override {
        return Append(data, options, debug);
    }
    IOStatus PositionedAppend(const Slice&, std::uint64_t, const IOOptions&, IODebugContext*) override {
        return IOStatus::NotSupported("direct I/O");
    }
    IOStatus PositionedAppend(const Slice&, std::uint64_t, const IOOptions&, const rocksdb::DataVerificationInfo&,
                              IODebugContext*) override {
        return IOStatus::NotSupported("direct I/O");
    }
    // Writing a second text over the same key stream would give both away: only cutting off behind the end is allowed
    // (RocksDB gives back preallocated space so).
    IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
        if (size < offset_) return IOStatus::NotSupported("an encrypted file does not shrink");
        return target()->Truncate(size + kFilePrefix, options, debug);
    }
    std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return offset_; }
    IOStatus RangeSync(std::uint64_t offset, std::uint64_t size, const IOOptions& options,
                       IODebugContext* debug) override {
        return target()->RangeSync(offset + kFilePrefix, size, options, debug);
    }
    IOStatus InvalidateCache(std::size_t offset, std::size_t length) override {
        return target()->InvalidateCache(offset + kFilePrefix, length);
    }

private:
    std::shared_ptr<const FileCipher> cipher_;
    std::string buffer_;
    std::uint64_t offset_ = 0;
};

// RocksDB's own messages carry paths, keys and figures; what is passed on is the sentence without them.
class QuietLogger final : public rocksdb::Logger {
public:
    QuietLogger() : Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
    using Logger::Logv;
    void Logv(rocksdb::InfoLogLevel level, const char* format, va_list) override {
        if (level >= rocksdb::InfoLogLevel::ERROR_LEVEL) log::warning("storage", "engine: {}", format);
    }
    void LogHeader(const char*, va_list) override {}
};

class EncryptedFileSystem final : public rocksdb::FileSystemWrapper {
public:
    EncryptedFileSystem(std::shared_ptr<rocksdb::FileSystem> base, const Secret& key)
        : FileSystemWrapper(std::move(base)), key_(key) {}
    const char* Name() const override { return "PeykEncrypted"; }

    IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                               std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext* debug) override {
        std::unique_ptr<rocksdb::FSSequentialFile> file;
        auto status = target()->NewSequentialFile(name, options, &file, debug);
        if (!status.ok()) return status;
        std::array<char, kFilePrefix> scratch;
        Slice prefix;
        status = file->Read(scratch.size(), options.io_options, &prefix, scratch.data(), debug);
        if (!status.ok()) return status;
        auto cipher = read_prefix(key_, std::string_view(prefix.data(), prefix.size()));
        if (cipher) {
            *result = std::make_unique<SequentialFile>(std::move(file), std::move(cipher));
            return status;
        }
        std::uint64_t size = 0;
        status = target()->GetFileSize(name, options.io_options, &size, debug);
        if (!status.ok()) return status;
        if (size > kFilePrefix) return damaged(name);
        *result = std::make_unique<EmptyFile>();
        return IOStatus::OK();
    }

    IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                                 std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext* debug) override {
        if (options.use_mmap_reads || options.use_direct_reads) return IOStatus::NotSupported("mapped or direct reads");
        std::unique_ptr<rocksdb::FSRandomAccessFile> file;
        auto status = target()->NewRandomAccessFile(name, options, &file, debug);
        if (!status.ok()) return status;
        std::array<char, kFilePrefix> scratch;
        Slice prefix;
        status = file->Read(0, scratch.size(), options.io_options, &prefix, scratch.data(), debug);
        if (!status.ok()) return status;
        auto cipher = read_prefix(key_, std::string_view(prefix.data(), prefix.size()));
        if (!cipher) return damaged(name);
        *result = std::make_unique<RandomFile>(std::move(file), std::move(cipher));
        return status;
    }

    IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) override {
        if (options.use_mmap_writes || options.use_direct_writes) {
            return IOStatus::NotSupported("mapped or direct writes");
        }
        std::unique_ptr<rocksdb::FSWritableFile> file;
        auto status = target()->NewWritableFile(name, options, &file, debug);
        if (!status.ok()) return status;
        std::array<std::uint8_t, kSalt> salt;
        auto prefix = make_prefix(key_, salt);
        status = file->Append(prefix, options.io_options, debug);
        // A log's prefix is durable before its first record: content without a valid prefix is then always damage.
        if (status.ok() && name.ends_with(".log")) status = file->Sync(options.io_options, debug);
        if (!status.ok()) return status;
        *result = std::make_unique<WritableFile>(std::move(file), std::make_shared<FileCipher>(key_, salt));
        return status;
    }

    IOStatus ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                                std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
        return IOStatus::NotSupported("appending to an encrypted file");
    }
    IOStatus ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                               std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
        return IOStatus::NotSupported("reusing an encrypted file");
    }
    IOStatus NewRandomRWFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSRandomRWFile>*,
                             IODebugContext*) override {
        return IOStatus::NotSupported("writing into an encrypted file");
    }
    IOStatus NewMemoryMappedFileBuffer(const std::string&, std::unique_ptr<rocksdb::MemoryMappedFileBuffer>*) override {
        return IOStatus::NotSupported("mapping an encrypted file");
    }
    // Copies instead: a backup that shares blocks with the original is none.
    IOStatus LinkFile(const std::string&, const std::string&, const IOOptions&, IODebugContext*) override {
        return IOStatus::NotSupported("links");
    }
    IOStatus Truncate(const std::string& name, std::size_t size, const IOOptions& options,
                      IODebugContext* debug) override {
        return target()->Truncate(name, size + kFilePrefix, options, debug);
    }
    IOStatus GetFileSize(const std::string& name, const IOOptions& options, std::uint64_t* size,
                         IODebugContext* debug) override {
        auto status = target()->GetFileSize(name, options, size, debug);
        if (status.ok()) *size = content_size(*size);
        return status;
    }
    IOStatus GetChildrenFileAttributes(const std::string& dir, const IOOptions& options,
                                       std::vector<rocksdb::FileAttributes>* result, IODebugContext* debug) override {
        auto status = target()->GetChildrenFileAttributes(dir, options, result, debug);
        for (auto& file : *result) file.size_bytes = content_size(file.size_bytes);
        return status;
    }
    IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                       IODebugContext*) override {
        *result = std::make_shared<QuietLogger>();
        return IOStatus::OK();
    }

private:
    static std::uint64_t content_size(std::uint64_t size) { return size > kFilePrefix ? size - kFilePrefix : 0; }

    Secret key_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> encrypted_file_system(std::shared_ptr<rocksdb::FileSystem> base,
                                                           const Secret& file_key) {
    return std::make_shared<EncryptedFileSystem>(std::move(base), file_key);
}

}  // namespace peyk::storage
