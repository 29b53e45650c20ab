#include "storage/files.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "storage/disk.h"

namespace peyk::storage {
namespace {

std::unexpected<Error> os_error(std::string_view what, const std::filesystem::path& path, int code = errno) {
    auto kind = code == ENOENT ? Errc::not_found : code == ENOSPC ? Errc::full : Errc::io;
    return fail(kind, fmt::format("{} {}: {}", what, path.string(), std::strerror(code)));
}

class File {
public:
    File(const std::filesystem::path& path, int flags) : path_(path), fd_(disk().open(path, flags)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int fd() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    // Behind what was written before.
    bool write_all(std::string_view bytes) {
        while (!bytes.empty()) {
            auto written = disk().write(fd_, path_, bytes, offset_);
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(written));
            offset_ += static_cast<std::uint64_t>(written);
        }
        return true;
    }
    bool sync() const { return disk().sync(fd_, path_) == 0; }

private:
    const std::filesystem::path path_;
    int fd_;
    std::uint64_t offset_ = 0;
};

Result<> write_through(const std::filesystem::path& path, std::string_view bytes, int flags) {
    File file(path, O_WRONLY | O_CREAT | flags);
    if (!file) return os_error("cannot open", path);
    if (!file.write_all(bytes)) return os_error("cannot write", path);
    if (!file.sync()) return os_error("cannot sync", path);
    return {};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
    File file(path, O_RDONLY);
    if (!file) return os_error("cannot open", path);
    struct stat info{};
    if (::fstat(file.fd(), &info) != 0) return os_error("cannot read", path);
    if (static_cast<std::size_t>(info.st_size) > limit) return fail(Errc::too_large, path.string() + " is too large");
    std::string out(static_cast<std::size_t>(info.st_size), '\0');
    std::size_t have = 0;
    while (have < out.size()) {
        auto got = ::read(file.fd(), out.data() + have, out.size() - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return os_error("cannot read", path);
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    out.resize(have);
    return out;
}

Result<> write_file(const std::filesystem::path& path, std::string_view bytes) {
    return write_through(path, bytes, O_TRUNC);
}

Result<> overwrite_file(const std::filesystem::path& path, std::string_view bytes) {
    return write_through(path, bytes, 0);
}

Result<std::string> copy_with_digest(const std::filesystem::path& from,
                                     const std::optional<std::filesystem::path>& to) {
    constexpr std::size_t kDigest = 32, kChunk = std::size_t{1} << 18;
    File in(from, O_RDONLY);
    if (!in) return os_error("cannot open", from);
    std::optional<File> out;
    if (to) {
        out.emplace(*to, O_WRONLY | O_CREAT | O_TRUNC);
        if (!*out) return os_error("cannot open", *to);
    }
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, nullptr, 0, kDigest);
    std::string chunk(kChunk, '\0');
    while (true) {
        auto got = ::read(in.fd(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return os_error("cannot read", from);
        if (got == 0) break;
        auto part = std::string_view(chunk).substr(0, static_cast<std::size_t>(got));
        crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(part.data()), part.size());
        if (out && !out->write_all(part)) return os_error("cannot write", *to);
    }
    if (out && !out->sync()) return os_error("cannot sync", *to);
    std::string digest(kDigest, '\0');
    crypto_generichash_final(&hash, reinterpret_cast<unsigned char*>(digest.data()), kDigest);
    return digest;
}

Result<> rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (disk().rename(from, to) != 0) return os_error("cannot rename to", to);
    return sync_directory(to.parent_path());
}

Result<> replace_file(const std::filesystem::path& path, std::string_view bytes) {
    auto fresh = path;
    fresh += ".new";
    PEYK_CHECK(write_file(fresh, bytes));
    return rename_file(fresh, path);
}

Result<> sync_file(const std::filesystem::path& path) {
    File file(path, O_RDONLY);
    if (!file) return os_error("cannot open", path);
    if (!file.sync()) return os_error("cannot sync", path);
    return {};
}

Result<> sync_directory(const std::filesystem::path& dir) {
    File file(dir.empty() ? "." : dir, O_RDONLY | O_DIRECTORY);
    if (!file) return os_error("cannot open", dir);
    if (disk().sync_directory(file.fd(), dir) != 0) return os_error("cannot sync", dir);
    return {};
}

Result<> make_directory(const std::filesystem::path& dir) {
    std::error_code error;
    if (std::filesystem::is_directory(dir, error)) return {};
    auto parent = dir.parent_path();
    if (!parent.empty()) PEYK_CHECK(make_directory(parent));
    if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) return os_error("cannot make", dir);
    return sync_directory(parent);
}

}  // namespace peyk::storage
