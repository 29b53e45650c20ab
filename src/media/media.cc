#include "media/media.h"

#include <utility>

#include "core/errors.h"
#include "media/tables.h"
#include "media/upload.h"

namespace peyk::media {
namespace {

constexpr std::size_t kFileThreads = 4;

std::unexpected<Error> unknown() { return m::not_found("There is no such media"); }

// Reads a range on the pool of files, a chunk at a time, so that the network's threads never touch the disk.
class SealedSource final : public http::BodySource {
public:
    SealedSource(std::shared_ptr<SealedReader> file, Executor& pool, std::uint64_t at, std::uint64_t end)
        : file_(std::move(file)), pool_(pool), at_(at), end_(end) {}

    Task<Result<std::string>> read_some(std::size_t max) override {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(max, end_ - at_));
        auto job = [this, want] { return file_->read(at_, want); };
        auto piece = co_await offload(pool_, std::move(job));
        if (piece) at_ += piece->size();
        co_return piece;
    }

private:
    std::shared_ptr<SealedReader> file_;
    Executor& pool_;
    std::uint64_t at_;
    std::uint64_t end_;
};

}  // namespace

Result<std::string> Content::read(std::uint64_t offset, std::uint64_t length) const {
    std::string bytes;
    bytes.reserve(static_cast<std::size_t>(length));
    while (bytes.size() < length) {
        PEYK_TRY(const auto piece, file->read(offset + bytes.size(), static_cast<std::size_t>(length - bytes.size())));
        if (piece.empty()) return fail(Errc::corrupt, "a media file ends early");
        bytes += piece;
    }
    return bytes;
}

std::unique_ptr<http::BodySource> Content::stream(std::uint64_t offset, std::uint64_t length) const {
    return std::make_unique<SealedSource>(file, *pool, offset, offset + length);
}

Media::Media(MediaOptions options, storage::Db& db, const Clock& clock, Random& random, Timers& timers)
    : options_(std::move(options)),
      db_(db),
      clock_(clock),
      random_(random),
      timers_(timers),
      files_("media", kFileThreads),
      decoders_("thumbnails", std::max<std::size_t>(1, options_.thumbnail_children)),
      tasks_(files_) {
    if (options_.thumbnailer.empty()) options_.thumbnailer = find_child("peyk-thumbnailer");
}

Media::~Media() { stop(); }

void Media::stop() {
    tasks_.stop();
    decoders_.stop();
    files_.stop();
}

std::string Media::id_key(const MediaId& id) const { return db_.digest("media_id", id.str()); }

Result<std::optional<Media::Located>> Media::locate(const MediaId& id) const {
    PEYK_TRY(const auto pointer, db_.get(kMediaIds, kArea, id_key(id)));
    if (!pointer || pointer->body.size() != 8) return std::nullopt;
    const auto row = get_u64be(pointer->body.data());
    PEYK_TRY(const auto entry, db_.get(kMedia, kArea, row_key(row)));
    if (!entry || entry->gone) return std::nullopt;
    PEYK_TRY(auto record, MediaRecord::decode(entry->body));
    if (record.media_id != id.str()) return std::nullopt;  // two ids with one digest
    return Located{row, std::move(record)};
}

bool Media::expired(const MediaRecord& record) const {
    const bool ends = !record.file || record.expires_ms != 0;
    return ends && clock_.now().count() >= static_cast<std::int64_t>(record.expires_ms);
}

Task<Result<Media::Located>> Media::find(MediaId id, Patience patience) {
    PEYK_CO_TRY(auto found, locate(id));
    if (found && !found->record.file && !expired(found->record)) {
        const bool waited = co_await wait_for_content(id, found->row, std::move(patience));
        if (!waited) {
            co_return fail(Error{.code = Errc::unavailable,
                                 .detail = "Content has not yet been uploaded",
                                 .m_code = "M_NOT_YET_UPLOADED",
                                 .status = 504});
        }
        PEYK_CO_TRY(found, locate(id));
    }
    if (!found || !found->record.file || expired(found->record)) co_return unknown();
    co_return std::move(*found);
}

Task<bool> Media::wait_for_content(const MediaId& id, std::uint64_t row, Patience patience) {
    Wakeup wakeup;
    std::pair<std::uint64_t, std::uint64_t> key;
    {
        std::lock_guard lock(mutex_);
        if (waiting_.size() >= options_.waiting) co_return false;
        key = {row, next_waiter_++};
        waiting_.emplace(key, wakeup);
    }
    // Registered first, looked second: content that arrived in between is not missed.
    const auto again = locate(id);
    bool arrived = !again || !*again || (*again)->record.file.has_value();
    const auto timeout = std::clamp(patience.timeout, Millis{0}, options_.longest_wait);
    if (!arrived && timeout > Millis{0}) {
        const auto reason = co_await wakeup.wait(timers_, timeout, patience.hangup);
        arrived = reason == Wakeup::Reason::notified;
    }
    std::lock_guard lock(mutex_);
    waiting_.erase(key);
    co_return arrived;
}

void Media::content_arrived(std::uint64_t row) {
    std::vector<Wakeup> waiters;
    {
        std::lock_guard lock(mutex_);
        for (auto at = waiting_.lower_bound({row, 0}); at != waiting_.end() && at->first.first == row; ++at)
            waiters.push_back(at->second);
    }
    for (const auto& waiter : waiters) waiter.notify();
}

Result<Content> Media::open_file(const StoredFile& file, std::uint64_t row) const {
    PEYK_TRY(auto reader, SealedReader::open(path_of(file.name), file.key, file.size));
    Content content;
    content.size = file.size;
    content.created_day = row >> kRandomBits;
    content.file = std::make_shared<SealedReader>(std::move(reader));
    content.pool = &files_;
    return content;
}

Result<Content> Media::open(const Located& found) const {
    PEYK_TRY(auto content, open_file(*found.record.file, found.row));
    content.content_type = found.record.content_type;
    content.file_name = found.record.file_name;
    return content;
}

Task<Result<Content>> Media::download(MediaId id, Patience patience) {
    PEYK_CO_TRY(auto found, co_await find(std::move(id), std::move(patience)));
    co_return open(found);
}

Task<Result<void>> Media::commit(storage::Owner owner, std::uint64_t number, Build build) {
    constexpr int kAttempts = 5;
    for (int attempt = 1;; ++attempt) {
        storage::Change change(db_, owner, number, db_.epoch(owner, number));
        PEYK_CO_CHECK(build(change));
        if (change.empty()) co_return Result<void>{};
        auto done = co_await db_.commit(std::move(change));
        if (done) co_return Result<void>{};
        if (done.error().code != Errc::fenced || attempt == kAttempts) co_return std::unexpected(done.error());
    }
}

Task<Result<void>> Media::remove(MediaId id) {
    PEYK_CO_TRY(const auto first, locate(id));
    if (!first) co_return unknown();
    const auto row = first->row;
    std::optional<MediaRecord> removed;
    std::vector<std::string> names;
    {
        auto lane = co_await rows_.enter(row);
        PEYK_CO_TRY(const auto found, locate(id));
        if (!found) co_return unknown();
        removed = found->record;
        if (found->record.file) names.push_back(found->record.file->name);
        PEYK_CO_TRY(const auto thumbnails, db_.scan_prefix(kThumbnails, kArea, row_key(row), 256));
        for (const auto& entry : thumbnails) {
            auto thumbnail = entry.gone ? Result<ThumbnailRecord>{} : ThumbnailRecord::decode(entry.body);
            if (thumbnail && thumbnail->file) names.push_back(thumbnail->file->name);
        }
        Build build = [this, &id, row, &removed, &thumbnails](storage::Change& change) -> Result<void> {
            change.del(kMediaIds, kArea, id_key(id));
            change.del(kMedia, kArea, row_key(row));
            if (removed->uploader == kNobody) change.del(kBorrowed, kArea, borrowed_key(removed->expires_ms, row));
            for (const auto& entry : thumbnails) change.del(kThumbnails, kArea, entry.rest);
            change.puncture(kMedia, kArea, row);
            if (!thumbnails.empty()) change.puncture(kThumbnails, kArea, row);
            return {};
        };
        PEYK_CO_CHECK(co_await commit(Owner::server, kArea, std::move(build)));
    }
    for (const auto& name : names) unlink_file(name);
    content_arrived(row);  // who waits for it need not wait longer
    if (removed->uploader != kNobody) {
        co_await take_from_list(removed->uploader, row);
    } else if (removed->file) {
        account_borrowed(-static_cast<std::int64_t>(removed->file->size), -1);
    }
    co_return Result<void>{};
}

Task<Result<std::size_t>> Media::remove_all_of(std::uint64_t user) {
    constexpr std::size_t kPage = 500;
    std::size_t removed = 0;
    for (;;) {
        PEYK_CO_TRY(const auto entries, db_.scan(kUploads, user, {}, {}, kPage));
        for (const auto& entry : entries) {
            auto id = ByteReader(entry.body).bytes();
            auto done = co_await remove(MediaId::trusted(std::string(id)));
            if (done) {
                ++removed;
            } else if (done.error().code == Errc::not_found) {
                co_await take_from_list(user, get_u64be(entry.rest.data()));  // an upload that a crash cut short
            } else {
                co_return std::unexpected(done.error());
            }
        }
        if (entries.size() < kPage) co_return removed;
    }
}

Result<Media::Usage> Media::usage(std::uint64_t user) const {
    PEYK_TRY(const auto entry, db_.get(kUsage, user, {}));
    if (!entry || entry->gone) return Usage{};
    return decode_usage(entry->body);
}

Result<std::vector<MediaId>> Media::uploads_before(std::uint64_t day, std::uint64_t& next, std::size_t limit) const {
    PEYK_TRY(const auto entries, db_.scan(kMedia, kArea, row_key(next), row_key(day << kRandomBits), limit));
    std::vector<MediaId> ids;
    for (const auto& entry : entries) {
        if (entry.gone) continue;
        PEYK_TRY(auto record, MediaRecord::decode(entry.body));
        if (record.file) ids.push_back(MediaId::trusted(std::move(record.media_id)));
    }
    next = entries.size() < limit ? 0 : get_u64be(entries.back().rest.data()) + 1;
    return ids;
}

Result<std::vector<MediaId>> Media::uploads_of(std::uint64_t user, std::size_t limit) const {
    PEYK_TRY(const auto entries, db_.scan(kUploads, user, {}, {}, limit, storage::Store::Order::reverse));
    std::vector<MediaId> ids;
    for (const auto& entry : entries)
        if (!entry.gone) ids.push_back(MediaId::trusted(std::string(ByteReader(entry.body).bytes())));
    return ids;
}

Result<std::vector<Media::Upload>> Media::list_uploads(std::uint64_t user, std::uint64_t& from,
                                                       std::size_t limit) const {
    const auto to = from ? row_key(from) : std::string();
    PEYK_TRY(const auto entries, db_.scan(kUploads, user, {}, to, limit, storage::Store::Order::reverse));
    from = entries.size() < limit ? 0 : get_u64be(entries.back().rest.data());
    std::vector<Upload> uploads;
    for (const auto& entry : entries) {
        PEYK_TRY(const auto row, db_.get(kMedia, kArea, entry.rest));
        if (entry.gone || !row || row->gone) continue;  // a deletion that is under way
        PEYK_TRY(auto record, MediaRecord::decode(row->body));
        if (!record.file) continue;
        uploads.push_back({MediaId::trusted(std::move(record.media_id)), get_u64be(entry.rest.data()) >> kRandomBits,
                           record.file->size, std::move(record.content_type), std::move(record.file_name)});
    }
    return uploads;
}

Task<Result<void>> Media::remove_own(std::uint64_t user, MediaId id) {
    PEYK_CO_TRY(const auto found, locate(id));
    if (!found || found->record.uploader != user) co_return unknown();
    co_return co_await remove(std::move(id));
}

}  // namespace peyk::media
