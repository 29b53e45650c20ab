#include "storage/file_list.h"

#include <sodium.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "storage/files.h"

namespace peyk::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "peyk backup\n";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kDigest = 32;
constexpr std::size_t kMaxList = std::size_t{1} << 30;

std::string mac_of(const Secret& key, std::string_view bytes) {
    std::string mac(kDigest, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(mac.data()), mac.size(),
                       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), key.data(), Secret::kBytes);
    return mac;
}

// The first name that is in one of the lists only. Both are sorted.
std::optional<std::string> first_difference(const std::vector<ListedFile>& found,
                                            const std::vector<ListedFile>& listed) {
    std::vector<ListedFile> odd;
    std::ranges::set_symmetric_difference(found, listed, std::back_inserter(odd), {}, &ListedFile::name,
                                          &ListedFile::name);
    if (odd.empty()) return std::nullopt;
    return odd.front().name;
}

}  // namespace

Result<> write_list(const fs::path& file, const std::vector<ListedFile>& items, const Secret& key) {
    std::string out(kMagic);
    put_u8(out, kVersion);
    put_varint(out, items.size());
    for (const auto& item : items) {
        put_bytes(out, item.name);
        put_u64be(out, item.size);
        out += item.digest;
    }
    auto mac = mac_of(key, out);
    return replace_file(file, out + mac);
}

Result<std::vector<ListedFile>> read_list(const fs::path& file, const Secret& key) {
    PEYK_TRY(auto text, read_file(file, kMaxList));
    auto name = file.filename().string();
    auto damaged = [&name] { return fail(Errc::corrupt, name + " is damaged, or belongs to another store"); };
    std::string_view bytes(text);
    if (bytes.size() < kDigest || !bytes.starts_with(kMagic)) return damaged();
    auto head = bytes.substr(0, bytes.size() - kDigest);
    if (!equal_constant_time(mac_of(key, head), bytes.substr(head.size()))) return damaged();
    ByteReader in(head.substr(kMagic.size()));
    if (in.u8() > kVersion) return fail(Errc::unsupported, "the backup was made by a newer version of peyk; use that");
    auto count = in.varint();
    std::vector<ListedFile> items;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        ListedFile item{.name = std::string(in.bytes()), .size = in.u64be(), .digest = std::string(in.take(kDigest))};
        items.push_back(std::move(item));
    }
    if (!in.done()) return damaged();
    return items;
}

Result<std::vector<ListedFile>> list_files(const fs::path& dir, std::string_view list) {
    std::vector<ListedFile> out;
    std::error_code error;
    for (fs::recursive_directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
        if (at->is_directory()) continue;
        auto name = fs::relative(at->path(), dir, error).generic_string();
        if (!at->is_regular_file()) return fail(Errc::corrupt, fmt::format("{} is no regular file", name));
        if (name != list) out.push_back({name, at->file_size(), {}});
    }
    if (error) return fail(Errc::io, fmt::format("cannot list {}: {}", dir.string(), error.message()));
    std::ranges::sort(out, {}, &ListedFile::name);
    return out;
}

Result<> sync_folders(const fs::path& dir, const std::vector<ListedFile>& items) {
    std::set<fs::path> folders{fs::path()};
    for (const auto& item : items) {
        for (auto at = fs::path(item.name).parent_path(); !at.empty(); at = at.parent_path()) folders.insert(at);
    }
    for (const auto& folder : folders) PEYK_CHECK(sync_directory(folder.empty() ? dir : dir / folder));
    return {};
}

Result<> digest_and_sync(const fs::path& dir, std::vector<ListedFile>& items) {
    for (auto& item : items) {
        // Opened for reading only: fsync works all the same.
        PEYK_TRY(item.digest, copy_with_digest(dir / item.name, std::nullopt));
        PEYK_CHECK(sync_file(dir / item.name));
    }
    return sync_folders(dir, items);
}

Result<FileCount> check_files(const fs::path& dir, const std::vector<ListedFile>& items, const CheckOptions& options) {
    PEYK_TRY(auto found, list_files(dir, options.list));
    if (auto odd = first_difference(found, items)) {
        bool listed = std::ranges::binary_search(items, *odd, {}, &ListedFile::name);
        return fail(Errc::corrupt, *odd + (listed ? " of the backup is missing" : " does not belong to the backup"));
    }
    auto order = items;
    std::ranges::stable_partition(order, [&options](const ListedFile& item) { return item.name != options.last; });
    FileCount count;
    for (const auto& item : order) {
        std::optional<fs::path> to;
        if (options.target) {
            to = *options.target / item.name;
            PEYK_CHECK(make_directory(to->parent_path()));
        }
        PEYK_TRY(auto digest, copy_with_digest(dir / item.name, to));
        if (digest != item.digest) return fail(Errc::corrupt, fmt::format("{} in the backup is damaged", item.name));
        ++count.files;
        count.bytes += item.size;
    }
    if (options.target) PEYK_CHECK(sync_folders(*options.target, items));
    return count;
}

}  // namespace peyk::storage
