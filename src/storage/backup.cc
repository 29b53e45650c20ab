#include "storage/backup.h"

#include "storage/files.h"

namespace peyk::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListName = "backup.list";

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

CheckOptions check_options(std::optional<fs::path> target = {}) {
    return {.list = kListName, .last = "rocks/CURRENT", .target = std::move(target)};
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
    PEYK_TRY(auto items, list_files(partial, kListName));
    PEYK_CHECK(digest_and_sync(partial, items));
    PEYK_CHECK(write_list(partial / kListName, items, opened.vault().purpose_key("backup")));
    PEYK_CHECK(RocksStore::verify_files(partial / "rocks", opened.vault().purpose_key("files")));
    PEYK_TRY(auto report, check_files(partial, items, check_options()));
    PEYK_CHECK(appear(partial, dir));
    return report;
}

Result<BackupReport> verify_backup(const fs::path& dir, const KeySource& key) {
    PEYK_TRY(auto master, Vault::master_key(dir, key));
    PEYK_TRY(auto items, read_list(dir / kListName, master.derive("backup")));
    PEYK_TRY(auto report, check_files(dir, items, check_options()));
    PEYK_CHECK(RocksStore::verify_files(dir / "rocks", master.derive("files")));
    return report;
}

Result<BackupReport> restore(const fs::path& dir, const fs::path& target, const KeySource& key,
                             const std::function<Result<>()>& before) {
    PEYK_CHECK(must_be_free(target));
    PEYK_TRY(auto master, Vault::master_key(dir, key));
    PEYK_TRY(auto items, read_list(dir / kListName, master.derive("backup")));
    PEYK_TRY(auto partial, partial_dir(target));
    PEYK_TRY(auto report, check_files(dir, items, check_options(partial)));
    PEYK_CHECK(RocksStore::verify_files(partial / "rocks", master.derive("files")));
    {
        PEYK_TRY(auto vault, Vault::open(partial, key));
        PEYK_CHECK(vault->renew_incarnation());
    }
    if (before) PEYK_CHECK(before());
    PEYK_CHECK(appear(partial, target));
    return report;
}

}  // namespace peyk::storage
