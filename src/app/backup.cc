#include "app/backup.h"

#include "storage/backup.h"

namespace peyk::app {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> io_error(const fs::path& path, const std::error_code& error) {
    auto code = error == std::errc::no_space_on_device ? Errc::full : Errc::io;
    return fail(code, fmt::format("{}: {}", path.string(), error.message()));
}

// Copies the sealed files of media. What is deleted meanwhile is left out: its rows are on their way out too. What is
// damaged on the way is found by its seal when it is read.
Result<void> copy_media(const fs::path& from, const fs::path& to, CopyReport& report) {
    std::error_code error;
    fs::create_directories(to, error);
    if (error) return io_error(to, error);
    if (!fs::exists(from, error)) return {};
    fs::recursive_directory_iterator at(from, error), end;
    for (; !error && at != end; at.increment(error)) {
        auto target = to / fs::relative(at->path(), from);
        std::error_code failed;
        if (at->is_directory(failed)) {
            fs::create_directories(target, failed);
            if (failed) return io_error(target, failed);
            continue;
        }
        if (!at->is_regular_file(failed)) continue;
        fs::copy_file(at->path(), target, fs::copy_options::overwrite_existing, failed);
        if (failed && !fs::exists(at->path())) continue;
        if (failed) return io_error(target, failed);
        ++report.files;
        report.bytes += fs::file_size(target, failed);
    }
    if (error) return io_error(from, error);
    return {};
}

}  // namespace

Result<CopyReport> make_backup(const Config& config, OpenStore& store, const fs::path& target) {
    std::error_code error;
    if (fs::exists(target, error)) return fail(Errc::conflict, target.string() + " exists already; name a new folder");
    auto partial = target;
    partial += ".partial";
    fs::remove_all(partial, error);
    fs::create_directories(partial, error);
    if (error) return io_error(partial, error);
    fs::permissions(partial, fs::perms::owner_all, error);
    // The store first: a file that comes later is no harm, a row without its file would be.
    PEYK_TRY(auto copied, storage::backup(*store.opened, partial / "store"));
    CopyReport report{copied.files, copied.bytes};
    PEYK_CHECK(copy_media(config.media_dir(), partial / "media", report));
    fs::rename(partial, target, error);
    if (error) return io_error(target, error);
    return report;
}

Result<CopyReport> restore_backup(const Config& config, const fs::path& source) {
    std::error_code error;
    if (!fs::exists(source / "store", error)) {
        return fail(Errc::not_found, source.string() + " is no backup: there is no folder \"store\" in it");
    }
    if (fs::exists(config.store_dir(), error)) {
        return fail(Errc::conflict,
                    fmt::format("there is a store in {} already; move it away first", config.server.data_dir.string()));
    }
    fs::create_directories(config.server.data_dir, error);
    if (error) return io_error(config.server.data_dir, error);
    fs::permissions(config.server.data_dir, fs::perms::owner_all, error);
    // The media first: the store appears as the last thing, and only whole.
    CopyReport report;
    PEYK_CHECK(copy_media(source / "media", config.media_dir(), report));
    PEYK_TRY(auto copied, storage::restore(source / "store", config.store_dir(), key_source(config)));
    report.files += copied.files;
    report.bytes += copied.bytes;
    return report;
}

}  // namespace peyk::app
