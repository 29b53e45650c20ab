#include "app/backup.h"

#include "base/bytes.h"
#include "http/local_ca.h"
#include "storage/backup.h"
#include "storage/files.h"
#include "storage/sealed_bytes.h"

namespace peyk::app {
namespace {

namespace fs = std::filesystem;

using Files = std::vector<storage::ListedFile>;

constexpr std::string_view kList = "files.list";
constexpr std::string_view kMedia = "media/";
constexpr std::string_view kAuthority = "authority";
constexpr std::string_view kAuthorityContext = "peyk local authority";
constexpr std::size_t kMaxAuthority = std::size_t{1} << 20;
constexpr std::string_view kUploads = "tmp";  // media that are not whole yet

// Purposes of keys (storage::Secret::derive).
constexpr std::string_view kListKey = "bkfiles";
constexpr std::string_view kAuthorityKey = "localca";

std::unexpected<Error> io_error(const fs::path& path, const std::error_code& error) {
    auto code = error == std::errc::no_space_on_device ? Errc::full : Errc::io;
    return fail(code, fmt::format("{}: {}", path.string(), error.message()));
}

// One file as it is now, onto the disk. False: it was deleted meanwhile.
Result<bool> copy_file(const fs::path& from, const fs::path& to, storage::ListedFile& item) {
    PEYK_CHECK(storage::make_directory(to.parent_path()));
    auto digest = storage::copy_with_digest(from, to);
    std::error_code error;
    if (!digest && !fs::exists(from, error)) {
        fs::remove(to, error);
        return false;
    }
    if (!digest) return std::unexpected(std::move(digest).error());
    item.digest = *std::move(digest);
    item.size = fs::file_size(to, error);
    if (error) return io_error(to, error);
    return true;
}

// Copies the sealed files of media. What is deleted meanwhile is left out: its rows are on their way out too.
Result<void> copy_media(const fs::path& from, const fs::path& to, Files& items) {
    std::error_code error;
    if (!fs::exists(from, error)) return {};
    fs::recursive_directory_iterator at(from, error), end;
    for (; !error && at != end; at.increment(error)) {
        std::error_code gone;
        if (at.depth() == 0 && at->path().filename() == kUploads) {
            at.disable_recursion_pending();
            continue;
        }
        if (!at->is_regular_file(gone)) continue;
        auto relative = fs::relative(at->path(), from, gone);
        storage::ListedFile item{.name = std::string(kMedia) + relative.generic_string()};
        PEYK_TRY(auto copied, copy_file(at->path(), to / relative, item));
        if (copied) items.push_back(std::move(item));
    }
    if (error) return io_error(from, error);
    return {};
}

// The authority that people have installed, so that they need not do it again after a restore. Its leaf is signed anew.
Result<void> copy_authority(const Config& config, const storage::Secret& key, const fs::path& to, Files& items) {
    auto files = http::local_ca_files(config.ca_dir()).ca;
    std::error_code error;
    if (!fs::exists(files.certificate, error) || !fs::exists(files.key, error)) return {};
    std::string plain, sealed;
    for (const auto& file : {files.certificate, files.key}) {
        PEYK_TRY(auto bytes, storage::read_file(file, kMaxAuthority));
        put_bytes(plain, bytes);
    }
    storage::seal_bytes(sealed, key, kAuthorityContext, plain);
    PEYK_CHECK(storage::write_file(to / kAuthority, sealed));
    storage::ListedFile item{.name = std::string(kAuthority), .size = sealed.size()};
    PEYK_TRY(item.digest, storage::copy_with_digest(to / kAuthority, std::nullopt));
    items.push_back(std::move(item));
    return {};
}

Result<void> write_authority(const fs::path& file, const storage::Secret& key, const Config& config) {
    PEYK_TRY(auto sealed, storage::read_file(file, kMaxAuthority));
    auto plain = storage::unseal_bytes(sealed, key, kAuthorityContext);
    if (!plain) return fail(Errc::corrupt, "the authority in the backup does not open under the key of the store");
    ByteReader in(*plain);
    std::string certificate(in.bytes()), secret(in.bytes());
    if (!in.done()) return fail(Errc::corrupt, "the authority in the backup cannot be read");
    auto files = http::local_ca_files(config.ca_dir()).ca;
    PEYK_CHECK(storage::make_directory(config.ca_dir()));
    // The certificate last: that is what others look for.
    PEYK_CHECK(storage::replace_file(files.key, secret));
    return storage::replace_file(files.certificate, certificate);
}

// What the list says, apart: media without the name of their folder.
struct Beside {
    Files media;
    std::optional<storage::ListedFile> authority;
};

Beside split(const Files& items) {
    Beside out;
    for (const auto& item : items) {
        if (item.name == kAuthority) {
            out.authority = item;
        } else {
            out.media.push_back({item.name.substr(kMedia.size()), item.size, item.digest});
        }
    }
    return out;
}

// Every file of media as listed, copied to `target` on the way; and the authority's.
Result<CopyReport> check(const fs::path& source, const Beside& listed, const std::optional<fs::path>& target) {
    if (listed.authority) {
        auto digest = storage::copy_with_digest(source / kAuthority, std::nullopt);
        if (!digest || *digest != listed.authority->digest)
            return fail(Errc::corrupt, "the file \"authority\" of the backup is missing or damaged");
    }
    std::error_code error;
    if (!fs::is_directory(source / "media", error)) {
        if (listed.media.empty()) return CopyReport{};
        return fail(Errc::corrupt, "the folder \"media\" of the backup is missing");
    }
    return storage::check_files(source / "media", listed.media, {.list = {}, .target = target});
}

Result<void> must_be_backup(const fs::path& source) {
    std::error_code error;
    if (fs::exists(source / "store", error)) return {};
    return fail(Errc::not_found, source.string() + " is no backup: there is no folder \"store\" in it");
}

// Where media are put together until the whole is verified: on the same file system as the folder, wherever that is.
fs::path unfinished_media(const Config& config) { return config.media_dir() / "restore.partial"; }

// Folders without files are as good as nothing: a server makes them at its start.
bool has_files(const fs::path& folder) {
    std::error_code error;
    fs::recursive_directory_iterator at(folder, error), end;
    for (; !error && at != end; at.increment(error)) {
        if (!at->is_directory(error)) return true;
    }
    return false;
}

Result<void> must_be_empty(const Config& config) {
    std::error_code error;
    fs::remove_all(unfinished_media(config), error);
    auto taken = [](const fs::path& folder) {
        return fail(Errc::conflict, fmt::format("{} is not empty; move it away first", folder.string()));
    };
    if (fs::exists(config.store_dir(), error) && !fs::is_empty(config.store_dir(), error))
        return taken(config.store_dir());
    if (has_files(config.media_dir())) return taken(config.media_dir());
    return {};
}

// Into the folder itself, which may be a link or another file system.
Result<void> finish_media(const Config& config) {
    auto from = unfinished_media(config);
    std::error_code error;
    if (!fs::exists(from, error)) return {};
    for (const auto& entry : fs::directory_iterator(from, error)) {
        fs::rename(entry.path(), config.media_dir() / entry.path().filename(), error);
        if (error) return io_error(entry.path(), error);
    }
    fs::remove(from, error);
    if (error) return io_error(from, error);
    return storage::sync_directory(config.media_dir());
}

Result<RestoreReport::Authority> bring_authority(const Config& config, const fs::path& source, const Beside& listed,
                                                 const storage::Secret& master) {
    if (!listed.authority) return RestoreReport::Authority::none;
    auto there = http::local_ca_files(config.ca_dir()).ca;
    std::error_code error;
    if (fs::exists(there.certificate, error) || fs::exists(there.key, error)) return RestoreReport::Authority::kept;
    PEYK_CHECK(write_authority(source / kAuthority, master.derive(kAuthorityKey), config));
    return RestoreReport::Authority::restored;
}

Result<void> make_data_folder(const Config& config) {
    std::error_code error;
    fs::create_directories(config.server.data_dir, error);
    if (error) return io_error(config.server.data_dir, error);
    fs::permissions(config.server.data_dir, fs::perms::owner_all, error);
    return {};
}

void add(CopyReport& sum, const CopyReport& part) {
    sum.files += part.files;
    sum.bytes += part.bytes;
}

}  // namespace

Result<CopyReport> make_backup(const Config& config, OpenStore& store, const fs::path& folder) {
    auto target = folder.has_filename() ? folder : folder.parent_path();  // as "/mnt/stick/" is written
    std::error_code error;
    if (fs::exists(target, error)) return fail(Errc::conflict, target.string() + " exists already; name a new folder");
    auto partial = target;
    partial += ".partial";
    fs::remove_all(partial, error);
    PEYK_CHECK(storage::make_directory(partial));
    auto& vault = store.opened->vault();
    // The store first: a file that comes later is no harm, a row without its file would be.
    PEYK_TRY(auto report, storage::backup(*store.opened, partial / "store"));
    Files items;
    PEYK_CHECK(storage::make_directory(partial / "media"));
    PEYK_CHECK(copy_media(config.media_dir(), partial / "media", items));
    PEYK_CHECK(copy_authority(config, vault.purpose_key(kAuthorityKey), partial, items));
    std::ranges::sort(items, {}, &storage::ListedFile::name);
    PEYK_CHECK(storage::sync_folders(partial, items));
    PEYK_CHECK(storage::write_list(partial / kList, items, vault.purpose_key(kListKey)));
    // Read back, as the store was.
    PEYK_TRY(auto beside, check(partial, split(items), std::nullopt));
    add(report, beside);
    PEYK_CHECK(storage::rename_file(partial, target));
    return report;
}

Result<CopyReport> verify_backup(const Config& config, const fs::path& source) {
    PEYK_CHECK(must_be_backup(source));
    PEYK_TRY(auto master, storage::Vault::master_key(source / "store", key_source(config)));
    PEYK_TRY(auto report, storage::verify_backup(source / "store", key_source(config)));
    PEYK_TRY(auto items, storage::read_list(source / kList, master.derive(kListKey)));
    PEYK_TRY(auto beside, check(source, split(items), std::nullopt));
    add(report, beside);
    return report;
}

Result<RestoreReport> restore_backup(const Config& config, const fs::path& source) {
    PEYK_CHECK(must_be_backup(source));
    PEYK_CHECK(must_be_empty(config));
    PEYK_TRY(auto master, storage::Vault::master_key(source / "store", key_source(config)));
    PEYK_TRY(auto items, storage::read_list(source / kList, master.derive(kListKey)));
    auto listed = split(items);
    PEYK_CHECK(make_data_folder(config));
    PEYK_CHECK(storage::make_directory(unfinished_media(config)));  // also where there are no media
    RestoreReport report;
    PEYK_TRY(report.copied, check(source, listed, unfinished_media(config)));
    auto finish = [&]() -> Result<void> {
        PEYK_CHECK(finish_media(config));
        PEYK_TRY(report.authority, bring_authority(config, source, listed, master));
        return {};
    };
    PEYK_TRY(auto copied, storage::restore(source / "store", config.store_dir(), key_source(config), finish));
    add(report.copied, copied);
    return report;
}

}  // namespace peyk::app
