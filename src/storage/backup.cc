#include "storage/backup.h"

#include <sodium.h>

#include "base/bytes.h"
#include "storage/files.h"

namespace peyk::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListName = "backup.list";
constexpr std::string_view kListMagic = "peyk backup\n";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kDigest = 32;
constexpr std::size_t kMaxList = std::size_t{64} << 20;

struct Item {
    std::string name;  // relative to the backup, with '/'
    std::uint64_t size;
    std::string digest;
};

std::string mac_of(const Secret& key, std::string_view bytes) {
    std::string mac(kDigest, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(mac.data()), mac.size(),
                       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), key.data(), Secret::kBytes);
    return mac;
}

Result<> must_be_free(const fs::path& dir) {
    std::error_code error;
    if (!fs::exists(dir, error) || (fs::is_directory(dir, error) && fs::is_empty(dir, error))) return {};
    return fail(Errc::conflict, fmt::format("{} exists and is not empty", dir.string()));
}

Result<fs::path> partial_dir(const fs::path& dir) {
    auto partial = dir;
    partial += ".partial";
    std::error_code error;
    fs::remove_all(partial, error);
    if (error) return fail(Errc::io, fmt::format("cannot remove {}: {}", partial.string(), error.message()));
    PEYK_CHECK(make_directory(partial));
    return partial;
}

// All files but the list, in the order of their names.
Result<std::vector<Item>> list_files(const fs::path& dir) {
    std::vector<Item> out;
    std::error_code error;
    for (fs::recursive_directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
        if (at->is_directory()) continue;
        auto name = fs::relative(at->path(), dir, error).generic_string();
        if (!at->is_regular_file()) return fail(Errc::corrupt, fmt::format("{} is no regular file", name));
        if (name != kListName) out.push_back({name, at->file_size(), {}});
    }
    if (error) return fail(Errc::io, fmt::format("cannot list {}: {}", dir.string(), error.message()));
    std::ranges::sort(out, {}, &Item::name);
    return out;
}

std::string encode(const std::vector<Item>& items, const Secret& key) {
    std::string out(kListMagic);
    put_u8(out, kVersion);
    put_varint(out, items.size());
    for (const auto& item : items) {
        put_bytes(out, item.name);
        put_u64be(out, item.size);
        out += item.digest;
    }
    return out + mac_of(key, out);
}

Result<std::vector<Item>> decode(std::string_view bytes, const Secret& key) {
    auto damaged = [] { return fail(Errc::corrupt, "backup.list is damaged, or belongs to another store"); };
    if (bytes.size() < kDigest || !bytes.starts_with(kListMagic)) return damaged();
    auto head = bytes.substr(0, bytes.size() - kDigest);
    if (!equal_constant_time(mac_of(key, head), bytes.substr(head.size()))) return damaged();
    ByteReader in(head.substr(kListMagic.size()));
    if (in.u8() > kVersion) return fail(Errc::unsupported, "the backup was made by a newer version of peyk; use that");
    auto count = in.varint();
    std::vector<Item> items;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        Item item{.name = std::string(in.bytes()), .size = in.u64be(), .digest = std::string(in.take(kDigest))};
        items.push_back(std::move(item));
    }
    if (!in.done()) return damaged();
    return items;
}

// Every file as the list says and none beside it; with `target`, copies them, CURRENT last.
Result<BackupReport> check_files(const fs::path& dir, const std::vector<Item>& listed,
                                 const std::optional<fs::path>& target) {
    PEYK_TRY(auto found, list_files(dir));
    if (!std::ranges::equal(found, listed, {}, &Item::name, &Item::name)) {
        return fail(Errc::corrupt, "the backup has files that are not in its list, or lacks some that are");
    }
    auto order = listed;
    std::ranges::stable_partition(order, [](const Item& item) { return item.name != "rocks/CURRENT"; });
    BackupReport report;
    for (const auto& item : order) {
        std::optional<fs::path> to;
        if (target) {
            to = *target / item.name;
            PEYK_CHECK(make_directory(to->parent_path()));
        }
        PEYK_TRY(auto digest, copy_with_digest(dir / item.name, to));
        if (digest != item.digest) return fail(Errc::corrupt, fmt::format("{} in the backup is damaged", item.name));
        ++report.files;
        report.bytes += item.size;
    }
    if (target) {
        PEYK_CHECK(sync_directory(*target / "rocks"));
        PEYK_CHECK(sync_directory(*target));
    }
    return report;
}

Result<> sync_all(const fs::path& dir, std::vector<Item>& items) {
    for (auto& item : items) {
        // Opened for reading only: fsync works all the same.
        PEYK_TRY(item.digest, copy_with_digest(dir / item.name, std::nullopt));
        PEYK_CHECK(sync_file(dir / item.name));
    }
    PEYK_CHECK(sync_directory(dir / "rocks"));
    return sync_directory(dir);
}

Result<> appear(const fs::path& partial, const fs::path& dir) {
    std::error_code ignored;
    fs::remove(dir, ignored);  // if it is there, it is empty
    return rename_file(partial, dir);
}

}  // namespace

Result<BackupReport> backup(Opened& opened, const fs::path& dir) {
    if (!opened.rocks()) return fail(Errc::unsupported, "the memory engine has nothing to back up");
    PEYK_CHECK(must_be_free(dir));
    PEYK_TRY(auto partial, partial_dir(dir));
    PEYK_CHECK(opened.rocks()->checkpoint(partial / "rocks"));
    // After the rows: all slots that they name are then below the mark in the key table.
    PEYK_CHECK(opened.vault().copy_to(partial));
    PEYK_TRY(auto items, list_files(partial));
    PEYK_CHECK(sync_all(partial, items));
    auto key = opened.vault().purpose_key("backup");
    PEYK_CHECK(replace_file(partial / kListName, encode(items, key)));
    PEYK_CHECK(RocksStore::verify_files(partial / "rocks", opened.vault().purpose_key("files")));
    PEYK_TRY(auto report, check_files(partial, items, std::nullopt));
    PEYK_CHECK(appear(partial, dir));
    return report;
}

Result<BackupReport> verify_backup(const fs::path& dir, const KeySource& key) {
    PEYK_TRY(auto bytes, read_file(dir / kListName, kMaxList));
    PEYK_TRY(auto master, Vault::master_key(dir, key));
    PEYK_TRY(auto items, decode(bytes, master.derive("backup")));
    PEYK_TRY(auto report, check_files(dir, items, std::nullopt));
    PEYK_CHECK(RocksStore::verify_files(dir / "rocks", master.derive("files")));
    return report;
}

Result<BackupReport> restore(const fs::path& dir, const fs::path& target, const KeySource& key) {
    PEYK_CHECK(must_be_free(target));
    PEYK_TRY(auto bytes, read_file(dir / kListName, kMaxList));
    PEYK_TRY(auto master, Vault::master_key(dir, key));
    PEYK_TRY(auto items, decode(bytes, master.derive("backup")));
    PEYK_TRY(auto partial, partial_dir(target));
    PEYK_TRY(auto report, check_files(dir, items, partial));
    PEYK_CHECK(RocksStore::verify_files(partial / "rocks", master.derive("files")));
    PEYK_TRY(auto vault, Vault::open(partial, key));
    PEYK_CHECK(vault->renew_incarnation());
    PEYK_CHECK(appear(partial, target));
    return report;
}

}  // namespace peyk::storage
