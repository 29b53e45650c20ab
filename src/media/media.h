#pragma once
// The content repository. Spec: Client-Server API › Content repository.

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/lane.h"
#include "async/task_group.h"
#include "async/timers.h"
#include "base/clock.h"
#include "base/random.h"
#include "http/message.h"
#include "media/media_id.h"
#include "media/records.h"
#include "media/sealed_file.h"
#include "media/thumbnail_process.h"
#include "media/thumbnail_sizes.h"
#include "storage/db.h"

namespace peyk::media {

struct MediaOptions {
    std::filesystem::path folder;                      // "<data folder>/media"; made when absent
    std::uint64_t max_upload = 50ULL * 1024 * 1024;    // bytes of one upload
    std::uint64_t quota = 10ULL * 1024 * 1024 * 1024;  // bytes of all uploads of one user
    std::uint32_t uploads_at_once = 4;                 // per user
    std::uint32_t pending = 20;                        // ids without content, per user
    Millis pending_life{24 * 3600 * 1000};             // how long such an id waits for its content
    std::uint64_t keep_free = 256ULL * 1024 * 1024;    // bytes that uploads leave on the disk
    Millis longest_wait{60'000};                       // of a download for content to come
    std::uint32_t waiting = 1'000;                     // downloads that wait so, at most
    std::filesystem::path thumbnailer;                 // the program; empty: find_child()
    Millis thumbnail_time{4'000};                      // wall clock for one image
    std::uint32_t thumbnail_children = 2;              // decoders at once
    std::uint32_t thumbnail_queue = 32;                // images that wait for one, at most
    // Pictures that pages lent for their previews. Off: those of before are removed at the start.
    bool borrows = false;
    Millis borrowed_life{24 * 3600 * 1000};
    std::uint64_t borrowed_space = 512ULL * 1024 * 1024;  // bytes of all together; the oldest make room
    std::uint64_t borrowed_count = 20'000;
};

// What a client says about an upload. Bounded and cleaned by upload().
struct UploadInfo {
    std::string content_type;
    std::string file_name;
    std::optional<std::uint64_t> length;  // Content-Length
};

// A declared type that can stand in a header as it is; anything else reads as not declared (empty).
std::string clean_type(std::string type);
// A file name without control characters, of at most 255 bytes, cut at a character's border.
std::string clean_name(std::string name);

struct Created {
    MediaId id;
    std::uint64_t expires_ms;  // unused_expires_at
};

// Something to serve. Cheap to move; reading happens later.
struct Content {
    std::string content_type;  // empty: application/octet-stream
    std::string file_name;     // empty: none
    std::uint64_t size = 0;
    std::uint64_t created_day = 0;  // days since 1970
    std::shared_ptr<SealedReader> file;
    Executor* pool = nullptr;

    // Blocking; for pieces that fit in memory.
    Result<std::string> read(std::uint64_t offset, std::uint64_t length) const;
    // Bytes [offset, offset + length), read on the pool of files.
    std::unique_ptr<http::BodySource> stream(std::uint64_t offset, std::uint64_t length) const;
};

// How long a caller waits for content that is promised but not there, and what ends the wait early.
struct Patience {
    Millis timeout{20'000};
    std::stop_token hangup = {};
};

// Purpose:  stores, serves, shrinks and destroys media.
// Owner:    app::Server.  Runs on: any worker; file work and decoders run on two pools of its own.
// Stops by: stop(), after the HTTP server has stopped.
class Media {
public:
    Media(MediaOptions options, storage::Db& db, const Clock& clock, Random& random, Timers& timers);
    ~Media();

    // Makes the folders, removes unfinished uploads, and starts to look for files that no row knows. Before traffic.
    // Errors: io.
    Result<void> start();
    void stop();

    // Errors: M_TOO_LARGE; M_FORBIDDEN (over the quota); M_LIMIT_EXCEEDED (too many uploads at once); full. On any
    // error nothing remains. The media is durable when this returns.
    Task<Result<MediaId>> upload(std::uint64_t user, UploadInfo info, std::unique_ptr<http::BodySource> body);
    // An id whose content comes later. Errors: M_LIMIT_EXCEEDED (too many of them).
    Task<Result<Created>> create(std::uint64_t user);
    // Errors: as upload(); M_NOT_FOUND (never created, expired); M_FORBIDDEN (created by another user);
    // M_CANNOT_OVERWRITE_MEDIA 409.
    Task<Result<void>> upload_to(std::uint64_t user, MediaId id, UploadInfo info,
                                 std::unique_ptr<http::BodySource> body);

    // Errors: M_NOT_FOUND; M_NOT_YET_UPLOADED 504 after the patience is over.
    Task<Result<Content>> download(MediaId id, Patience patience);
    // Errors: as download(); M_UNKNOWN 400 (no image that we decode); M_TOO_LARGE 413; unavailable (busy).
    Task<Result<Content>> thumbnail(MediaId id, ThumbnailRequest request, Patience patience);

    // Keeps a picture that nobody uploaded for `borrowed_life`, up to an hour longer: on nobody's list, in nobody's
    // quota. Errors: full, M_TOO_LARGE.
    Task<Result<MediaId>> borrow(std::string bytes, std::string content_type);
    // Whether there is content under this id now.
    bool has(const MediaId& id) const;
    // Removes borrowed pictures whose time has come; how many. From time to time, and at the start.
    Task<Result<std::size_t>> return_borrowed();

    // Ids that were given out and whose content did not come in time; how many. From time to time.
    Task<Result<std::size_t>> remove_unfilled();

    // Rows, keys and files. A reader that has begun may finish. Errors: M_NOT_FOUND.
    Task<Result<void>> remove(MediaId id);
    // All uploads of a user; how many there were. For the erasure of an account.
    Task<Result<std::size_t>> remove_all_of(std::uint64_t user);

    struct Usage {
        std::uint64_t bytes = 0;
        std::uint64_t count = 0;
    };
    Result<Usage> usage(std::uint64_t user) const;
    // Uploads with content of days (since 1970) before `day`, the oldest first: at most `limit` from `next` on, which
    // is 0 at first and when there are no more.
    Result<std::vector<MediaId>> uploads_before(std::uint64_t day, std::uint64_t& next, std::size_t limit) const;
    // Own uploads, newest day first.
    Result<std::vector<MediaId>> uploads_of(std::uint64_t user, std::size_t limit) const;
    struct Upload {
        MediaId id;
        std::uint64_t day = 0;  // since 1970
        std::uint64_t size = 0;
        std::string content_type, file_name;  // as given; empty: not
    };
    // Own uploads with content, newest day first, at most `limit` of those before `from`, which is 0 at first; it is
    // then where to go on, 0 when there are no more.
    Result<std::vector<Upload>> list_uploads(std::uint64_t user, std::uint64_t& from, std::size_t limit) const;
    // As remove(), of the user's own uploads only. Errors: M_NOT_FOUND, also for those of others.
    Task<Result<void>> remove_own(std::uint64_t user, MediaId id);

    const MediaOptions& options() const { return options_; }

private:
    struct Located {
        std::uint64_t row;
        MediaRecord record;
    };
    class Slot;       // one upload in progress, counted per user
    struct Received;  // a finished file that no row knows yet; removes itself
    using Build = std::function<Result<void>(storage::Change&)>;

    // upload.cc
    Result<void> admit(std::uint64_t user, const UploadInfo& info) const;
    Task<Result<Received>> receive(std::unique_ptr<http::BodySource> body);
    Task<Result<Received>> receive_into(SealedWriter writer, StoredFile file, std::unique_ptr<http::BodySource> body);
    Result<Received> settle(SealedWriter& writer, StoredFile file);
    Task<Result<void>> publish(std::uint64_t row, MediaRecord record, Received received);
    Task<Result<void>> enter_in_list(std::uint64_t row, const MediaRecord& record);
    Task<void> take_from_list(std::uint64_t user, std::uint64_t row);
    Result<std::uint64_t> new_row() const;

    // media.cc
    std::string id_key(const MediaId& id) const;
    Result<std::optional<Located>> locate(const MediaId& id) const;
    bool expired(const MediaRecord& record) const;
    Task<Result<Located>> find(MediaId id, Patience patience);
    Task<bool> wait_for_content(const MediaId& id, std::uint64_t row, Patience patience);
    void content_arrived(std::uint64_t row);
    Result<Content> open(const Located& found) const;
    Result<Content> open_file(const StoredFile& file, std::uint64_t row) const;
    // Builds and commits a change of one owner; anew when the shard was fenced meanwhile.
    Task<Result<void>> commit(storage::Owner owner, std::uint64_t number, Build build);

    // thumbnails.cc
    Task<Result<Content>> thumbnail_of(Located found, ThumbnailSize size, bool animated);
    Task<Result<ThumbnailRecord>> make(Located found, ThumbnailSize size, bool animated, std::uint8_t variant);
    Task<Result<MadeThumbnail>> decode(StoredFile file, ThumbnailSize size, bool animated);
    Result<std::optional<ThumbnailRecord>> kept_thumbnail(std::uint64_t row, std::uint8_t variant) const;
    Result<Content> serve(const Located& found, const ThumbnailRecord& thumbnail) const;

    // borrowed.cc
    Result<void> count_borrowed();
    void account_borrowed(std::int64_t bytes, std::int64_t count);
    bool too_many_borrowed();
    Task<Result<bool>> remove_oldest_borrowed(std::uint64_t upto_ms);

    // folder.cc
    std::filesystem::path path_of(const std::string& name) const;
    std::filesystem::path temporary(const std::string& name) const;
    Result<void> move_into_place(const std::string& name) const;
    void unlink_file(const std::string& name) const;
    Result<void> check_space(std::uint64_t bytes) const;
    std::vector<std::string> files_on_disk() const;
    Task<void> sweep(std::vector<std::string> files);
    Result<std::vector<MediaId>> sweep_files(std::vector<std::string> files);

    MediaOptions options_;
    storage::Db& db_;
    const Clock& clock_;
    Random& random_;
    Timers& timers_;
    mutable WorkerPool files_;
    WorkerPool decoders_;
    Lanes users_;
    Lanes rows_;
    mutable std::mutex folders_mutex_;  // while one of the folders is made
    std::mutex mutex_;                  // of what follows
    std::unordered_map<std::uint64_t, std::uint32_t> uploading_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Wakeup> waiting_;  // by row and a serial number
    std::uint64_t next_waiter_ = 0;
    std::unordered_map<std::uint64_t, Millis> failed_;  // images that killed the decoder: not before this time again
    std::uint32_t decoding_ = 0;
    std::uint64_t borrowed_bytes_ = 0, borrowed_count_ = 0;
    TaskGroup tasks_;
};

}  // namespace peyk::media
