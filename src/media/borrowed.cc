// Pictures of previewed pages: kept for a while, for nobody in particular.

#include <limits>

#include "base/logging.h"
#include "core/errors.h"
#include "media/tables.h"
#include "media/upload.h"

namespace peyk::media {
namespace {

// To the hour, upwards: the minute would tell when somebody read what.
std::uint64_t end_of_loan(Millis time) {
    constexpr std::uint64_t kHour = 3'600'000;
    return (static_cast<std::uint64_t>(time.count()) + kHour - 1) / kHour * kHour;
}

}  // namespace

Result<void> Media::count_borrowed() {
    std::int64_t bytes = 0, count = 0;
    std::string next;
    do {
        PEYK_TRY(const auto page, db_.walk(kBorrowed, next, 1000));
        for (const auto& walked : page) {
            bytes += static_cast<std::int64_t>(ByteReader(walked.entry.body).varint());
            ++count;
        }
    } while (!next.empty());
    account_borrowed(bytes, count);
    return {};
}

void Media::account_borrowed(std::int64_t bytes, std::int64_t count) {
    std::lock_guard lock(mutex_);
    auto add = [](std::uint64_t& sum, std::int64_t more) {
        const auto less = static_cast<std::uint64_t>(-more);
        sum = more >= 0 ? sum + static_cast<std::uint64_t>(more) : sum - std::min(sum, less);
    };
    add(borrowed_bytes_, bytes);
    add(borrowed_count_, count);
}

bool Media::too_many_borrowed() {
    std::lock_guard lock(mutex_);
    return borrowed_bytes_ > options_.borrowed_space || borrowed_count_ > options_.borrowed_count;
}

Task<Result<MediaId>> Media::borrow(std::string bytes, std::string content_type) {
    if (bytes.size() > options_.borrowed_space) co_return m::too_large("The picture is too large to keep");
    PEYK_CO_CHECK(check_space(bytes.size()));
    auto body = std::make_unique<StringSource>(std::move(bytes));
    PEYK_CO_TRY(auto received, co_await receive(std::move(body)));
    PEYK_CO_TRY(const auto row, new_row());
    MediaRecord record;
    const auto id = MediaId::make(random_);
    record.media_id = id.str();
    record.expires_ms = end_of_loan(clock_.now() + options_.borrowed_life);
    record.file = received.file;
    record.content_type = std::move(content_type);
    Build build = [this, &id, row, &record](storage::Change& change) -> Result<void> {
        std::string size;
        put_varint(size, record.file->size);
        change.put(kMediaIds, kArea, id_key(id), row_key(row));
        change.put(kMedia, kArea, row_key(row), record.encode());
        change.put(kBorrowed, kArea, borrowed_key(record.expires_ms, row), size);
        return {};
    };
    PEYK_CO_CHECK(co_await commit(Owner::server, kArea, std::move(build)));
    received.keep();
    account_borrowed(static_cast<std::int64_t>(record.file->size), 1);
    while (too_many_borrowed()) {
        PEYK_CO_TRY(const bool removed, co_await remove_oldest_borrowed(std::numeric_limits<std::uint64_t>::max()));
        if (!removed) break;
    }
    co_return id;
}

bool Media::has(const MediaId& id) const {
    const auto found = locate(id);
    return found && *found && (*found)->record.file && !expired((*found)->record);
}

// False: there is none that ends before.
Task<Result<bool>> Media::remove_oldest_borrowed(std::uint64_t upto_ms) {
    PEYK_CO_TRY(const auto oldest, db_.scan(kBorrowed, kArea, {}, borrowed_key(upto_ms, 0), 1));
    if (oldest.empty() || oldest[0].rest.size() != 16) co_return false;
    const auto row = get_u64be(oldest[0].rest.data() + 8);
    PEYK_CO_TRY(const auto entry, db_.get(kMedia, kArea, row_key(row)));
    if (entry && !entry->gone) {
        PEYK_CO_TRY(const auto record, MediaRecord::decode(entry->body));
        if (record.uploader == kNobody && borrowed_key(record.expires_ms, row) == oldest[0].rest) {
            const auto removed = co_await remove(MediaId::trusted(record.media_id));
            if (removed) co_return true;
            if (removed.error().code != Errc::not_found) co_return std::unexpected(removed.error());
        }
    }
    // Without media: removed by somebody else in between.
    Build build = [&oldest](storage::Change& change) -> Result<void> {
        change.del(kBorrowed, kArea, oldest[0].rest);
        return {};
    };
    PEYK_CO_CHECK(co_await commit(Owner::server, kArea, std::move(build)));
    co_return true;
}

Task<Result<std::size_t>> Media::return_borrowed() {
    const auto upto = options_.borrows ? static_cast<std::uint64_t>(clock_.now().count()) + 1
                                       : std::numeric_limits<std::uint64_t>::max();
    for (std::size_t removed = 0;; ++removed) {
        PEYK_CO_TRY(const bool more, co_await remove_oldest_borrowed(upto));
        if (!more || tasks_.stop_token().stop_requested()) co_return removed;
    }
}

}  // namespace peyk::media
