#include "storage/migrations.h"

#include "base/bytes.h"
#include "base/logging.h"
#include "storage/tables.h"

namespace peyk::storage {
namespace {

constexpr std::uint64_t kServer = 0;
constexpr std::string_view kMadeWith = "made";  // the row that says with which format the store was made

// Steps are numbered without gaps; anything else would leave rows behind.
void must_be_in_order(std::span<const Migration> steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].to != kFirstFormat + 1 + i) panic("the steps between formats of the store have a gap");
    }
}

std::string encode(ContentFormat format) {
    std::string body;
    put_u32be(body, format);
    return body;
}

Result<ContentFormat> read_format(const Db& db, std::string_view which, ContentFormat otherwise) {
    PEYK_TRY(auto row, db.get(kContentFormat, kServer, which));
    if (!row) return otherwise;
    if (row->body.size() != sizeof(ContentFormat)) return fail(Errc::corrupt, "the format of the store cannot be read");
    return get_u32be(row->body.data());
}

Task<Result<void>> write_format(Db& db, ContentFormat format, ContentFormat made_with) {
    Change change(db, Owner::server, kServer, db.epoch(Owner::server, kServer));
    change.put(kContentFormat, kServer, "", encode(format));
    change.put(kContentFormat, kServer, kMadeWith, encode(made_with));
    PEYK_CO_CHECK(co_await db.commit(std::move(change)));
    co_return Result<void>{};
}

}  // namespace

ContentFormat newest_format(std::span<const Migration> steps) { return steps.empty() ? kFirstFormat : steps.back().to; }

Result<ContentFormat> content_format(const Db& db) { return read_format(db, "", kFirstFormat); }

Result<> check_format(const Db& db, ContentFormat known) {
    PEYK_TRY(auto format, content_format(db));
    if (format <= known) return {};
    return fail(Errc::unsupported,
                fmt::format("the rows of the store have format {}, this program knows up to {}: use a "
                            "newer version of peyk, or restore the backup of before the upgrade",
                            format, known));
}

Result<> migrate(Db& db, std::span<const Migration> steps, Executor& workers) {
    must_be_in_order(steps);
    auto newest = newest_format(steps);
    if (db.visible() == 0) {
        PEYK_CHECK(run_blocking(workers, write_format(db, newest, newest)));
        db.set_made_with(newest);
        return {};
    }
    PEYK_CHECK(check_format(db, newest));
    PEYK_TRY(auto format, content_format(db));
    // A store that does not say was made with this format or an older one, which is the same to all steps to come.
    PEYK_TRY(auto made_with, read_format(db, kMadeWith, format));
    db.set_made_with(made_with);
    for (const auto& step : steps) {
        if (step.to <= format) continue;
        log::info("storage", "the store is brought from format {} to {}: {}", step.to - 1, step.to, step.about);
        if (step.run) PEYK_CHECK(run_blocking(workers, step.run(db)));
        PEYK_CHECK(run_blocking(workers, write_format(db, step.to, made_with)));
    }
    return {};
}

}  // namespace peyk::storage
