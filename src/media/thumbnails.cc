#include "base/logging.h"
#include "core/errors.h"
#include "media/tables.h"
#include "media/thumbnailer/protocol.h"
#include "media/upload.h"

namespace peyk::media {
namespace {

constexpr Millis kFailureKept{600'000};
constexpr std::size_t kFailures = 10'000;
// Part of the key of a stored thumbnail, beside the code of its size.
// (0x80 alone marks rows of the time before animated thumbnails were made.)
constexpr std::uint8_t kAnimatedBits = 0xa0;

std::string variant_key(std::uint64_t row, std::uint8_t variant) {
    auto key = row_key(row);
    put_u8(key, variant);
    return key;
}

struct Type {
    const char* content_type;
    const char* file_name;
};

Type type_of(std::uint8_t format) {
    switch (static_cast<thumbnailer::Format>(format)) {
        case thumbnailer::Format::jpeg: return {"image/jpeg", "thumbnail.jpg"};
        case thumbnailer::Format::png: return {"image/png", "thumbnail.png"};
        case thumbnailer::Format::webp: return {"image/webp", "thumbnail.webp"};
        case thumbnailer::Format::gif: return {"image/gif", "thumbnail.gif"};
    }
    return {"application/octet-stream", ""};
}

std::unexpected<Error> busy(std::string detail) {
    return fail(Error{.code = Errc::unavailable, .detail = std::move(detail), .retry_after = Millis{5'000}});
}

}  // namespace

Result<std::optional<ThumbnailRecord>> Media::kept_thumbnail(std::uint64_t row, std::uint8_t variant) const {
    PEYK_TRY(const auto entry, db_.get(kThumbnails, kArea, variant_key(row, variant)));
    if (!entry || entry->gone) return std::nullopt;
    PEYK_TRY(auto record, ThumbnailRecord::decode(entry->body));
    return record;
}

Result<Content> Media::serve(const Located& found, const ThumbnailRecord& thumbnail) const {
    if (thumbnail.state == ThumbnailState::too_large) return m::too_large("Content is too large to thumbnail");
    if (thumbnail.state == ThumbnailState::unreadable)
        return m::unknown("Cannot generate thumbnails for the requested content");
    const auto& file = thumbnail.state == ThumbnailState::made ? *thumbnail.file : *found.record.file;
    PEYK_TRY(auto content, open_file(file, found.row));
    const auto type = type_of(thumbnail.format);
    content.content_type = type.content_type;
    content.file_name = type.file_name;
    return content;
}

Task<Result<Content>> Media::thumbnail(MediaId id, ThumbnailRequest request, Patience patience) {
    PEYK_CO_TRY(auto found, co_await find(std::move(id), std::move(patience)));
    const auto size = snap(request).value_or(kWhole);
    if (request.animated) {
        auto moving = co_await thumbnail_of(found, size, true);
        // The decoder died of it or had no time: a still one may be possible. Nothing was kept, so that it is tried
        // again some other day.
        if (moving || moving.error().code != Errc::unavailable) co_return moving;
    }
    co_return co_await thumbnail_of(std::move(found), size, false);
}

Task<Result<Content>> Media::thumbnail_of(Located found, ThumbnailSize size, bool animated) {
    const auto variant = static_cast<std::uint8_t>(size.code | (animated ? kAnimatedBits : 0));
    PEYK_CO_TRY(auto kept, kept_thumbnail(found.row, variant));
    if (!kept) {
        // One decoder for one image: who asks for the same meanwhile waits here and finds the result.
        auto lane = co_await rows_.enter(found.row);
        PEYK_CO_TRY(kept, kept_thumbnail(found.row, variant));
        if (!kept) {
            PEYK_CO_TRY(kept, co_await make(found, size, animated, variant));
        }
    }
    co_return serve(found, *kept);
}

// Inside the lane of the row.
Task<Result<ThumbnailRecord>> Media::make(Located found, ThumbnailSize size, bool animated, std::uint8_t variant) {
    // It may have been removed while this waited for the lane; its key is gone then and nothing may be written for it.
    PEYK_CO_TRY(const auto still, locate(MediaId::trusted(found.record.media_id)));
    if (!still || still->row != found.row) co_return m::not_found("There is no such media");
    ThumbnailRecord record;
    std::optional<Received> received;
    if (found.record.file->size > options_.max_upload) {
        record.state = ThumbnailState::too_large;
    } else {
        PEYK_CO_TRY(auto made, co_await decode(*found.record.file, size, animated));
        record.state = made.state;
        record.format = made.format;
        if (made.state == ThumbnailState::made) {
            PEYK_CO_CHECK(check_space(made.bytes.size()));
            auto body = std::make_unique<StringSource>(std::move(made.bytes));
            PEYK_CO_TRY(auto written, co_await receive(std::move(body)));
            record.file = written.file;
            received.emplace(std::move(written));
        }
    }
    Build build = [row = found.row, variant, &record](storage::Change& change) -> Result<void> {
        change.put(kThumbnails, kArea, variant_key(row, variant), record.encode());
        return {};
    };
    PEYK_CO_CHECK(co_await commit(Owner::server, kArea, std::move(build)));
    if (received) received->keep();
    co_return record;
}

Task<Result<MadeThumbnail>> Media::decode(StoredFile file, ThumbnailSize size, bool animated) {
    const auto image = std::hash<std::string>{}(file.name) + (animated ? 1 : 0);
    {
        std::lock_guard lock(mutex_);
        if (auto at = failed_.find(image); at != failed_.end() && clock_.monotonic() < at->second)
            co_return busy("The thumbnail could not be made");
        if (decoding_ >= options_.thumbnail_children + options_.thumbnail_queue)
            co_return busy("Too many thumbnails are being made");
        ++decoding_;
    }
    auto job = [this, &file, size, animated]() -> Result<MadeThumbnail> {
        PEYK_TRY(auto reader, SealedReader::open(path_of(file.name), file.key, file.size));
        PEYK_TRY(auto plain, MemoryFile::create("image"));
        for (std::uint64_t at = 0; at < file.size;) {
            PEYK_TRY(const auto piece, reader.read(at, kChunkBytes));
            PEYK_CHECK(plain.append(piece));
            at += piece.size();
        }
        PEYK_CHECK(plain.seal());
        if (file.size == 0) return MadeThumbnail{};
        return run_decoder({options_.thumbnailer, options_.thumbnail_time}, plain, size, animated);
    };
    auto made = co_await offload(decoders_, std::move(job));
    std::lock_guard lock(mutex_);
    --decoding_;
    if (!made && made.error().code == Errc::unavailable) {
        // Whoever asks again at once would only keep the decoders busy with an image that kills them.
        if (failed_.size() >= kFailures) failed_.clear();
        failed_[image] = clock_.monotonic() + kFailureKept;
    }
    co_return made;
}

}  // namespace peyk::media
