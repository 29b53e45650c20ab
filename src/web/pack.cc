#include "web/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "core/hashing.h"
#include "web/brotli.h"

namespace peyk::web {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "peykweb1";
constexpr std::size_t kSum = 16;

template <class T>
void put(std::string& out, T number) {
    for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

// Takes values off the front; once one is missing, all that follow are empty.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::string_view bytes(std::uint64_t count) {
        if (count > rest_.size()) {
            good_ = false;
            rest_ = {};
            return {};
        }
        auto taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    template <class T>
    T number() {
        auto taken = bytes(sizeof(T));
        T value = 0;
        for (std::size_t i = 0; i < taken.size(); ++i)
            value = static_cast<T>(value | static_cast<T>(static_cast<unsigned char>(taken[i])) << (8 * i));
        return value;
    }
    bool good() const { return good_; }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
    bool good_ = true;
};

std::unexpected<Error> broken() { return fail(Errc::corrupt, "the pack of the web client is damaged"); }

Result<std::string> read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in.good() && !in.eof()) return fail(Errc::io, fmt::format("{} cannot be read", path.string()));
    return bytes;
}

// Paths below `folder`, in order.
Result<std::vector<std::string>> files_of(const fs::path& folder) {
    std::error_code error;
    std::vector<std::string> paths;
    std::uint64_t bytes = 0;
    fs::recursive_directory_iterator at(folder, error), end;
    if (error) return fail(Errc::io, fmt::format("{} cannot be read: {}", folder.string(), error.message()));
    for (; at != end; at.increment(error)) {
        auto name = at->path().filename().string();
        auto status = at->symlink_status(error);
        if (name.starts_with('.')) {
            if (fs::is_directory(status)) at.disable_recursion_pending();
            continue;
        }
        if (fs::is_directory(status)) continue;
        auto path = at->path().lexically_relative(folder).generic_string();
        if (!fs::is_regular_file(status))
            return fail(Errc::bad_request, fmt::format("{} is no plain file", at->path().string()));
        if (!is_served_name(path))
            return fail(Errc::bad_request,
                        fmt::format("{} cannot be served: names are of A-Z a-z 0-9 . _ -", at->path().string()));
        bytes += at->file_size(error);
        paths.push_back(std::move(path));
        if (error || paths.size() > kMostFiles || bytes > kMostBytes) break;
    }
    if (error) return fail(Errc::io, fmt::format("{} cannot be read: {}", folder.string(), error.message()));
    if (paths.size() > kMostFiles || bytes > kMostBytes)
        return fail(Errc::bad_request, fmt::format("{} has more than {} files or {} MiB", folder.string(), kMostFiles,
                                                   kMostBytes / (1024 * 1024)));
    std::ranges::sort(paths);
    if (!std::ranges::binary_search(paths, "index.html"))
        return fail(Errc::bad_request, fmt::format("{} has no index.html", folder.string()));
    return paths;
}

}  // namespace

bool is_served_name(std::string_view path) {
    if (path.empty() || path.size() > 255) return false;
    char before = '/';
    for (char c : path) {
        bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        bool inside = before != '/' && (c == '.' || c == '/');
        if (!letter && !inside) return false;
        before = c;
    }
    return before != '/';
}

Result<std::string> pack_folder(const fs::path& folder, int quality) {
    PEYK_TRY(auto paths, files_of(folder));
    std::string index, data;
    std::uint64_t total = 0;
    for (const auto& path : paths) {
        PEYK_TRY(auto bytes, read_file(folder / path));
        total += bytes.size();  // a file may have grown since it was counted
        if (total > kMostBytes) return fail(Errc::bad_request, fmt::format("{} is too large", folder.string()));
        auto packed = brotli(bytes, quality);
        bool smaller = !packed.empty() && packed.size() < bytes.size();
        put(index, static_cast<std::uint16_t>(path.size()));
        index += path;
        put(index, static_cast<std::uint8_t>(smaller ? Coding::brotli : Coding::identity));
        put(index, static_cast<std::uint64_t>(bytes.size()));
        put(index, static_cast<std::uint64_t>(data.size()));
        put(index, static_cast<std::uint64_t>(smaller ? packed.size() : bytes.size()));
        index += sha256(bytes).view().substr(0, kSum);
        data += smaller ? packed : bytes;
    }
    std::string out(kMagic);
    put(out, static_cast<std::uint32_t>(paths.size()));
    put(out, static_cast<std::uint32_t>(index.size()));
    return out + index + data;
}

Result<std::vector<PackedFile>> read_pack(std::string_view pack) {
    Reader head(pack);
    if (head.bytes(kMagic.size()) != kMagic) return broken();
    auto count = head.number<std::uint32_t>();
    auto index_bytes = head.number<std::uint32_t>();
    Reader index(head.bytes(index_bytes));
    auto data = head.rest();
    if (!head.good() || count > kMostFiles) return broken();
    std::vector<PackedFile> files;
    for (std::uint32_t i = 0; i < count; ++i) {
        PackedFile file;
        file.path = index.bytes(index.number<std::uint16_t>());
        auto coding = index.number<std::uint8_t>();
        file.size = index.number<std::uint64_t>();
        auto offset = index.number<std::uint64_t>();
        auto packed = index.number<std::uint64_t>();
        file.sum = index.bytes(kSum);
        bool fits = offset <= data.size() && packed <= data.size() - offset && file.size <= kMostBytes;
        if (!index.good() || coding > 1 || !fits || !is_served_name(file.path)) return broken();
        if (i > 0 && files.back().path >= file.path) return broken();
        file.coding = static_cast<Coding>(coding);
        file.packed = data.substr(offset, packed);
        if (file.coding == Coding::identity && packed != file.size) return broken();
        files.push_back(file);
    }
    return files;
}

}  // namespace peyk::web
