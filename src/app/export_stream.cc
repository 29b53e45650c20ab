#include "app/export_stream.h"

#include <fmt/chrono.h>

#include "core/errors.h"
#include "http/unsized.h"

namespace peyk::app {
namespace {

constexpr std::uint64_t kPiece = 256 * 1024;
constexpr std::size_t kLongestName = 80;

}  // namespace

Result<http::Response> Export::start(UserId user, std::uint64_t number) {
    {
        std::lock_guard lock(mutex_);
        if (under_way_.contains(number) || under_way_.size() >= kAtOnce) return m::limit_exceeded(Millis{30'000});
        under_way_.insert(number);
    }
    http::Response response;
    response.headers.set("Content-Type", "application/zip");
    auto day = fmt::gmtime(static_cast<std::time_t>(parts_.clock.now().count() / 1000));
    response.headers.set("Content-Disposition", fmt::format("attachment; filename=\"{}-{:%Y-%m-%d}.zip\"",
                                                            safe_file_name(user.localpart()), day));
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.stream = std::make_unique<ExportStream>(*this, std::move(user), number);
    response.length = http::kUnsized;
    return response;
}

void Export::end(std::uint64_t user) {
    std::lock_guard lock(mutex_);
    under_way_.erase(user);
}

std::string safe_file_name(std::string_view name) {
    std::string out;
    for (char c : name.substr(0, kLongestName)) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        out.push_back(plain && !(out.empty() && c == '.') ? c : '_');
    }
    return out;
}

ExportStream::ExportStream(Export& exports, UserId user, std::uint64_t number)
    : turn_(std::make_shared<Export::Turn>(exports, number)),
      parts_(exports.parts()),
      user_(std::move(user)),
      number_(number),
      zip_(parts_.clock.now().count() / 1000) {
    for (auto step :
         {&ExportStream::account, &ExportStream::devices, &ExportStream::profile, &ExportStream::account_data,
          &ExportStream::filters, &ExportStream::pushers, &ExportStream::addresses, &ExportStream::second_factors,
          &ExportStream::device_keys, &ExportStream::signatures, &ExportStream::backup_versions, &ExportStream::delayed,
          &ExportStream::reports, &ExportStream::rooms})
        read(step);
    then([this] { return done(inbox({}, 1)); });
    then([this] { return done(uploads(0)); });
    read(&ExportStream::finish);
}

void ExportStream::read(Result<void> (ExportStream::*step)()) {
    then([this, step] { return done((this->*step)()); });
}

Task<Result<void>> ExportStream::done(Result<void> result) { co_return result; }

Task<Result<std::string>> ExportStream::read_some(std::size_t max) {
    while (out_.size() < max && !steps_.empty()) {
        auto step = std::move(steps_.front());
        steps_.pop_front();
        PEYK_CO_CHECK(co_await step());
    }
    auto piece = out_.substr(0, max);
    out_.erase(0, piece.size());
    if (piece.empty()) turn_.reset();
    co_return piece;
}

void ExportStream::json_file(std::string name, const json::Value& content) {
    auto text = json::write(content);
    text.push_back('\n');
    zip_.file(out_, std::move(name), text);
}

void ExportStream::mention(std::string_view en, std::string_view fa, std::string_view file, std::size_t count) {
    contents_.raw("<tr><td>").text(en).raw("</td><td lang=\"fa\" dir=\"rtl\">").text(fa).raw("</td><td>");
    contents_.text(std::to_string(count)).raw("</td><td><a href=\"").text(file).raw("\">").text(file);
    contents_.raw("</a></td></tr>");
}

// Twice through the file: its checksum stands before its bytes.
Task<Result<void>> ExportStream::begin_upload(media::Media::Upload upload) {
    auto id = upload.id;
    media::Patience none{.timeout = Millis{0}};
    auto found = co_await parts_.media.download(id, std::move(none));
    if (!found) {
        if (found.error().code == Errc::not_found) co_return Result<void>{};  // deleted since it was listed
        co_return std::unexpected(std::move(found.error()));
    }
    auto content = std::make_shared<media::Content>(*std::move(found));
    std::uint32_t crc = 0;
    for (std::uint64_t at = 0; at < content->size; at += kPiece) {
        PEYK_CO_TRY(auto bytes, content->read(at, std::min(kPiece, content->size - at)));
        crc = ZipWriter::crc(crc, bytes);
    }
    auto name = "files/" + id.str();
    if (!upload.file_name.empty()) name += "-" + safe_file_name(upload.file_name);
    zip_.begin(out_, name, content->size, crc);
    next([this, content] { return done(upload_piece(content, 0)); });

    files_.emplace_back(json::Object{{"media_id", id.str()},
                                     {"file", name},
                                     {"size", content->size},
                                     {"day_ts", upload.day * media::kDayMs},
                                     {"content_type", upload.content_type},
                                     {"name", upload.file_name}});
    file_list_.raw("<li><a href=\"").text(name).raw("\"><bdi>");
    file_list_.text(upload.file_name.empty() ? id.str() : upload.file_name).raw("</bdi></a> ");
    file_list_.text(fmt::format("{} B", content->size)).raw("</li>");
    co_return Result<void>{};
}

Result<void> ExportStream::upload_piece(std::shared_ptr<media::Content> content, std::uint64_t offset) {
    if (offset >= content->size) return {};
    PEYK_TRY(auto bytes, content->read(offset, std::min(kPiece, content->size - offset)));
    out_ += bytes;
    offset += bytes.size();
    next([this, content, offset] { return done(upload_piece(content, offset)); });
    return {};
}

Result<void> ExportStream::finish() {
    mention("Rooms and memberships", "اتاق‌ها و عضویت‌ها", "rooms.json", rooms_.size());
    json_file("rooms.json", json::Value(std::move(rooms_)));
    mention("Addresses of rooms that you made",
            "نشانی‌هایی که برای اتاق‌ها ساخته‌اید", "aliases.json", aliases_.size());
    json_file("aliases.json", json::Value(std::move(aliases_)));
    mention("Read receipts", "رسیدهای خواندن", "receipts.json", receipts_.size());
    json_file("receipts.json", json::Value(std::move(receipts_)));
    mention("Uploaded files", "پرونده‌های بارگذاری‌شده", "files.json", files_.size());
    json_file("files.json", json::Value(std::move(files_)));
    json::Array held;
    for (const auto& each : exported_tables()) {
        json::Object row{{"about", std::string(each.table->about)}, {"kept", std::string(each.table->kept)}};
        row.set(each.file.empty() ? "not_given_because" : "file",
                std::string(each.file.empty() ? each.why : each.file));
        held.emplace_back(std::move(row));
    }
    mention(
        "Everything the server can hold about you, and where it stands here",
        "هرچه سرور می‌تواند دربارهٔ شما نگه دارد، و جایش در این بسته",
        "contents.json", held.size());
    json_file("contents.json", json::Value(std::move(held)));
    auto date = fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(parts_.clock.now().count() / 1000)));
    zip_.file(
        out_, "index.html",
        export_index({user_.str(), displayname_, parts_.server, date, contents_, devices_, room_list_, file_list_}));
    zip_.end(out_);
    return {};
}

}  // namespace peyk::app
