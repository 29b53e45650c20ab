#include "media/upload.h"

#include "base/logging.h"
#include "core/errors.h"
#include "media/tables.h"

namespace peyk::media {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kMaxText = 255;  // of a declared type or a file name, in bytes

std::unexpected<Error> too_large(std::uint64_t max) {
    return m::too_large(fmt::format("Uploads may have {} bytes at most", max));
}

std::unexpected<Error> over_quota() {
    return m::forbidden("This upload does not fit into what you may store here; delete some media first");
}

}  // namespace

std::string clean_type(std::string type) {
    const bool fine = type.size() <= kMaxText && type.find('/') != std::string::npos &&
                      std::ranges::all_of(type, [](char c) { return c >= 0x20 && c < 0x7f; });
    return fine && type != "application/octet-stream" ? type : std::string();
}

std::string clean_name(std::string name) {
    std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (!is_utf8(name)) return {};
    if (name.size() > kMaxText) {
        std::size_t end = kMaxText;
        while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
        name.resize(end);
    }
    return name;
}

// Counts an upload in progress for as long as it lives.
class Media::Slot {
public:
    static Result<Slot> take(Media& media, std::uint64_t user) {
        std::lock_guard lock(media.mutex_);
        auto& count = media.uploading_[user];
        if (count >= media.options_.uploads_at_once) return m::limit_exceeded(Millis{2'000});
        ++count;
        return Slot(media, user);
    }
    Slot(Slot&& other) noexcept : media_(std::exchange(other.media_, nullptr)), user_(other.user_) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
        if (!media_) return;
        std::lock_guard lock(media_->mutex_);
        auto at = media_->uploading_.find(user_);
        if (--at->second == 0) media_->uploading_.erase(at);
    }

private:
    Slot(Media& media, std::uint64_t user) : media_(&media), user_(user) {}
    Media* media_;
    std::uint64_t user_;
};

// What can be refused before a byte is read.
Result<void> Media::admit(std::uint64_t user, const UploadInfo& info) const {
    const auto length = info.length.value_or(0);
    if (length > options_.max_upload) return too_large(options_.max_upload);
    PEYK_TRY(const auto used, usage(user));
    if (used.bytes + length > options_.quota || used.bytes >= options_.quota) return over_quota();
    return check_space(length);
}

Task<Result<Media::Received>> Media::receive(std::unique_ptr<http::BodySource> body) {
    StoredFile file;
    std::array<std::uint8_t, 16> name{};
    random_.fill(name);
    file.name = hex_encode({reinterpret_cast<const char*>(name.data()), name.size()});
    file.key = FileKey::make(random_);
    auto create = [this, &file] { return SealedWriter::create(temporary(file.name), file.key); };
    PEYK_CO_TRY(auto writer, co_await offload(files_, std::move(create)));
    co_return co_await receive_into(std::move(writer), std::move(file), std::move(body));
}

Task<Result<Media::Received>> Media::receive_into(SealedWriter writer, StoredFile file,
                                                  std::unique_ptr<http::BodySource> body) {
    for (;;) {
        PEYK_CO_TRY(const auto piece, co_await body->read_some(kPiece));
        if (piece.empty()) break;
        if (writer.size() + piece.size() > options_.max_upload) co_return too_large(options_.max_upload);
        auto append = [&writer, &piece] { return writer.append(piece); };
        PEYK_CO_CHECK(co_await offload(files_, std::move(append)));
    }
    auto finish = [this, &writer, &file] { return settle(writer, std::move(file)); };
    co_return co_await offload(files_, std::move(finish));
}

// Makes the bytes durable, then the name.
Result<Media::Received> Media::settle(SealedWriter& writer, StoredFile file) {
    file.size = writer.size();
    PEYK_CHECK(writer.finish());
    if (auto moved = move_into_place(file.name); !moved) {
        unlink(writer.path().c_str());
        unlink_file(file.name);
        return std::unexpected(std::move(moved.error()));
    }
    return Received(*this, std::move(file));
}

Result<std::uint64_t> Media::new_row() const {
    const auto day = static_cast<std::uint64_t>(clock_.now().count()) / kDayMs;
    for (int attempt = 0; attempt < 8; ++attempt) {
        const auto row = day << kRandomBits | random_.u64() >> (64 - kRandomBits);
        PEYK_TRY(const auto taken, db_.get(kMedia, kArea, row_key(row)));
        if (!taken) return row;
    }
    return fail(Errc::internal, "no free row number for media");
}

// The user's shard comes first: a crash in between leaves an entry of a list without media, which costs quota until the
// entry is removed, but never media that no list knows and no erasure finds.
Task<Result<void>> Media::enter_in_list(std::uint64_t row, const MediaRecord& record) {
    const auto user = record.uploader;
    auto lane = co_await users_.enter(user);
    Build build = [this, user, row, &record](storage::Change& change) -> Result<void> {
        PEYK_TRY(auto used, usage(user));
        if (used.bytes + record.file->size > options_.quota) return over_quota();
        used.bytes += record.file->size;
        used.count += 1;
        std::string body;
        put_bytes(body, record.media_id);
        put_varint(body, record.file->size);
        change.put(kUploads, user, row_key(row), body);
        change.put(kUsage, user, {}, encode_usage(used));
        change.del(kPending, user, row_key(row));
        return {};
    };
    co_return co_await commit(Owner::user, user, std::move(build));
}

Task<void> Media::take_from_list(std::uint64_t user, std::uint64_t row) {
    auto lane = co_await users_.enter(user);
    Build build = [this, user, row](storage::Change& change) -> Result<void> {
        PEYK_TRY(const auto entry, db_.get(kUploads, user, row_key(row)));
        change.del(kPending, user, row_key(row));
        if (!entry) return {};
        ByteReader in(entry->body);
        in.bytes();
        const auto size = in.varint();
        PEYK_TRY(auto used, usage(user));
        used.bytes -= std::min(used.bytes, size);
        used.count -= std::min<std::uint64_t>(used.count, 1);
        change.del(kUploads, user, row_key(row));
        change.put(kUsage, user, {}, encode_usage(used));
        return {};
    };
    const auto done = co_await commit(Owner::user, user, std::move(build));
    // The media is gone or was never there; what stays is an entry of a list that costs quota.
    if (!done) log::warning("media", "an entry of a list of uploads stays behind: {}", errc_name(done.error().code));
}

// One id gets its content: the list of the user, then the media itself.
Task<Result<void>> Media::publish(std::uint64_t row, MediaRecord record, Received received) {
    const auto id = MediaId::trusted(record.media_id);
    const auto user = record.uploader;
    auto lane = co_await rows_.enter(row);
    // Looked at inside the lane: of two uploads to one id the second one finds the first one's file.
    PEYK_CO_TRY(const auto before, locate(id));
    if (before && before->record.file) {
        co_return fail(
            Error{.code = Errc::conflict, .detail = "Media already uploaded", .m_code = "M_CANNOT_OVERWRITE_MEDIA"});
    }
    if (record.expires_ms != 0 && !before) co_return m::not_found("Unknown media ID");  // removed meanwhile
    record.expires_ms = 0;
    record.file = received.file;
    PEYK_CO_CHECK(co_await enter_in_list(row, record));
    Build build = [this, &id, row, &record](storage::Change& change) -> Result<void> {
        change.put(kMediaIds, kArea, id_key(id), row_key(row));
        change.put(kMedia, kArea, row_key(row), record.encode());
        return {};
    };
    auto done = co_await commit(Owner::server, kArea, std::move(build));
    if (!done) {
        co_await take_from_list(user, row);
        co_return done;
    }
    received.keep();
    content_arrived(row);
    co_return done;
}

Task<Result<MediaId>> Media::upload(std::uint64_t user, UploadInfo info, std::unique_ptr<http::BodySource> body) {
    PEYK_CO_CHECK(admit(user, info));
    PEYK_CO_TRY(const auto slot, Slot::take(*this, user));
    PEYK_CO_TRY(auto received, co_await receive(std::move(body)));
    PEYK_CO_TRY(const auto row, new_row());
    auto id = MediaId::make(random_);
    MediaRecord record;
    record.media_id = id.str();
    record.uploader = user;
    record.content_type = clean_type(std::move(info.content_type));
    record.file_name = clean_name(std::move(info.file_name));
    PEYK_CO_CHECK(co_await publish(row, std::move(record), std::move(received)));
    co_return id;
}

Task<Result<Created>> Media::create(std::uint64_t user) {
    const auto now = clock_.now();
    PEYK_CO_TRY(const auto row, new_row());
    Created created{MediaId::make(random_), static_cast<std::uint64_t>((now + options_.pending_life).count())};
    {
        auto lane = co_await users_.enter(user);
        Build build = [this, user, row, now, &created](storage::Change& change) -> Result<void> {
            PEYK_TRY(const auto entries, db_.scan(kPending, user, {}, {}, options_.pending + 1));
            std::size_t alive = 0;
            for (const auto& entry : entries) {
                if (ByteReader(entry.body).varint() > static_cast<std::uint64_t>(now.count())) {
                    ++alive;
                } else {
                    change.del(kPending, user, entry.rest);
                }
            }
            if (alive >= options_.pending) return m::limit_exceeded(Millis{60'000});
            std::string body;
            put_varint(body, created.expires_ms);
            change.put(kPending, user, row_key(row), body);
            return {};
        };
        PEYK_CO_CHECK(co_await commit(Owner::user, user, std::move(build)));
    }
    MediaRecord record;
    record.media_id = created.id.str();
    record.uploader = user;
    record.expires_ms = created.expires_ms;
    Build build = [this, row, &record, &created](storage::Change& change) -> Result<void> {
        change.put(kMediaIds, kArea, id_key(created.id), row_key(row));
        change.put(kMedia, kArea, row_key(row), record.encode());
        return {};
    };
    auto done = co_await commit(Owner::server, kArea, std::move(build));
    if (!done) {
        co_await take_from_list(user, row);
        co_return std::unexpected(std::move(done.error()));
    }
    co_return created;
}

Task<Result<std::size_t>> Media::remove_unfilled() {
    // An upload that began in time may still be under way.
    constexpr std::uint64_t kUnderWay = 3'600'000;
    const auto now = static_cast<std::uint64_t>(clock_.now().count());
    std::size_t removed = 0;
    std::string next;
    do {
        PEYK_CO_TRY(const auto page, db_.walk(kPending, next, 500));
        for (const auto& walked : page) {
            if (tasks_.stop_token().stop_requested()) co_return removed;
            if (walked.entry.gone || ByteReader(walked.entry.body).varint() + kUnderWay > now) continue;
            PEYK_CO_TRY(const auto entry, db_.get(kMedia, kArea, walked.entry.rest));
            if (entry && !entry->gone) {
                PEYK_CO_TRY(const auto record, MediaRecord::decode(entry->body));
                if (!expired(record)) continue;  // its content came, and the mark is about to go
                if (auto done = co_await remove(MediaId::trusted(record.media_id));
                    !done && done.error().code != Errc::not_found)
                    co_return std::unexpected(done.error());
            }
            co_await take_from_list(walked.owner, get_u64be(walked.entry.rest.data()));
            ++removed;
        }
    } while (!next.empty());
    co_return removed;
}

Task<Result<void>> Media::upload_to(std::uint64_t user, MediaId id, UploadInfo info,
                                    std::unique_ptr<http::BodySource> body) {
    PEYK_CO_TRY(const auto found, locate(id));
    if (!found || expired(found->record)) co_return m::not_found("Unknown media ID");
    if (found->record.uploader != user) co_return m::forbidden("Another user created this media ID");
    if (found->record.file) {
        co_return fail(
            Error{.code = Errc::conflict, .detail = "Media already uploaded", .m_code = "M_CANNOT_OVERWRITE_MEDIA"});
    }
    PEYK_CO_CHECK(admit(user, info));
    PEYK_CO_TRY(const auto slot, Slot::take(*this, user));
    PEYK_CO_TRY(auto received, co_await receive(std::move(body)));
    MediaRecord record = found->record;
    record.content_type = clean_type(std::move(info.content_type));
    record.file_name = clean_name(std::move(info.file_name));
    co_return co_await publish(found->row, std::move(record), std::move(received));
}

}  // namespace peyk::media
