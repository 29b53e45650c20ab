// The folder of files:  tmp/<name> while it is written, <first two characters>/<the rest> afterwards. The 256 folders
// of the latter are made when the first file of each comes: a new server starts faster, and a small one has fewer.

#include <fcntl.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <filesystem>

#include "base/logging.h"
#include "media/tables.h"
#include "media/upload.h"

namespace peyk::media {
namespace fs = std::filesystem;
namespace {

Result<void> sync_folder(const fs::path& folder) {
    const Fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || fsync(fd.get()) != 0) return fail(write_error("a media folder cannot be synced", errno));
    return {};
}

Result<void> make_folder(const fs::path& folder) {
    std::error_code error;
    const bool made = fs::create_directories(folder, error);
    if (error) return fail(Errc::io, fmt::format("{} cannot be made: {}", folder.string(), error.message()));
    if (made) fs::permissions(folder, fs::perms::owner_all, error);
    return {};
}

}  // namespace

fs::path Media::path_of(const std::string& name) const { return options_.folder / name.substr(0, 2) / name.substr(2); }

fs::path Media::temporary(const std::string& name) const { return options_.folder / "tmp" / name; }

Result<void> Media::move_into_place(const std::string& name) const {
    const auto path = path_of(name);
    {
        // Nobody sees a folder before it is there for good.
        std::lock_guard lock(folders_mutex_);
        std::error_code error;
        if (!fs::exists(path.parent_path(), error)) {
            PEYK_CHECK(make_folder(path.parent_path()));
            PEYK_CHECK(sync_folder(options_.folder));
        }
    }
    if (rename(temporary(name).c_str(), path.c_str()) != 0)
        return fail(write_error("a media file cannot be renamed", errno));
    return sync_folder(path.parent_path());
}

void Media::unlink_file(const std::string& name) const {
    if (unlink(path_of(name).c_str()) != 0 && errno != ENOENT)
        log::warning("media", "a media file cannot be removed: {}", std::strerror(errno));
}

Result<void> Media::check_space(std::uint64_t bytes) const {
    struct statvfs about{};
    if (statvfs(options_.folder.c_str(), &about) != 0) return fail(write_error("the media folder is gone", errno));
    const auto free = static_cast<std::uint64_t>(about.f_bavail) * about.f_frsize;
    if (free < options_.keep_free || free - options_.keep_free < stored_size(bytes))
        return fail(Errc::full, "There is no space left for media");
    return {};
}

Result<void> Media::start() {
    PEYK_CHECK(make_folder(options_.folder));
    PEYK_CHECK(make_folder(options_.folder / "tmp"));
    PEYK_CHECK(sync_folder(options_.folder));
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(options_.folder / "tmp", error)) unlink(entry.path().c_str());
    if (error) return fail(Errc::io, fmt::format("the media folder cannot be read: {}", error.message()));
    if (!fs::is_regular_file(options_.thumbnailer, error))
        log::warning("media", "no thumbnails: {} is missing", options_.thumbnailer.string());
    PEYK_CHECK(count_borrowed());
    // Listed before traffic, so that no file of an upload to come is in the list.
    tasks_.spawn("media sweep", sweep(files_on_disk()));
    return {};
}

std::vector<std::string> Media::files_on_disk() const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& folder : fs::directory_iterator(options_.folder, error)) {
        const auto first = folder.path().filename().string();
        if (first.size() != 2) continue;
        std::error_code unreadable;
        for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
            auto name = first + entry.path().filename().string();
            if (name.size() == 32) names.push_back(std::move(name));
        }
    }
    return names;
}

Task<void> Media::sweep(std::vector<std::string> files) {
    const auto expired_ids = sweep_files(std::move(files));
    if (!expired_ids) {
        log::warning("media", "the search for orphaned files was broken off: {}", expired_ids.error().detail);
        co_return;
    }
    for (const auto& id : *expired_ids) co_await remove(id);
    if (const auto returned = co_await return_borrowed(); !returned)
        log::warning("media", "pictures of previews stay until the next try: {}", errc_name(returned.error().code));
}

// Removes files that no row knows: a crash between the rename and the row, or between the row's end and the unlink.
// Returns the ids that waited for content in vain.
Result<std::vector<MediaId>> Media::sweep_files(std::vector<std::string> files) {
    std::unordered_set<std::string> orphans(files.begin(), files.end());
    const auto all = orphans.size();
    std::vector<MediaId> in_vain;
    for (const auto* table : {&kMedia, &kThumbnails}) {
        std::string next;
        do {
            PEYK_TRY(const auto page, db_.walk(*table, next, 1000));
            for (const auto& walked : page) {
                if (walked.entry.gone) continue;
                std::optional<StoredFile> file;
                if (table == &kMedia) {
                    PEYK_TRY(auto record, MediaRecord::decode(walked.entry.body));
                    if (expired(record)) in_vain.push_back(MediaId::trusted(record.media_id));
                    file = std::move(record.file);
                } else {
                    PEYK_TRY(auto record, ThumbnailRecord::decode(walked.entry.body));
                    file = std::move(record.file);
                }
                if (file) orphans.erase(file->name);
            }
            if (tasks_.stop_token().stop_requested()) return std::vector<MediaId>{};
        } while (!next.empty());
    }
    // A crash leaves a handful. Many orphans mean that folder and store do not belong together: then nothing is
    // removed.
    if (orphans.size() > std::max<std::size_t>(100, all / 10)) {
        log::error("media",
                   "{} of {} media files are in no row; they are left alone, check that the media folder belongs "
                   "to this store",
                   orphans.size(), all);
        return in_vain;
    }
    for (const auto& name : orphans) unlink_file(name);
    if (!orphans.empty()) log::info("media", "removed {} orphaned files", orphans.size());
    return in_vain;
}

}  // namespace peyk::media
