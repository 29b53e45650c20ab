#include "pages/data_pages.h"

#include <charconv>

#include "pages/account_pages.h"
#include "pages/words_account.h"

namespace peyk::pages {
namespace {

constexpr std::size_t kFilesOnPage = 50;
constexpr std::string_view kFiles = "/_peyk/account/files";
constexpr std::string_view kData = "/_peyk/account/data";

std::string size_text(std::uint64_t bytes) {
    if (bytes < 10 * 1024) return std::to_string(bytes) + " B";
    if (bytes < 10 * 1024 * 1024) return std::to_string(bytes / 1024) + " KiB";
    return std::to_string(bytes / (1024 * 1024)) + " MiB";
}

std::uint64_t number_in(std::string_view text) {
    std::uint64_t out = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() ? out : 0;
}

}  // namespace

void DataPages::add_routes(http::Router& router) {
    using http::Method;
    bind_page(router, desk_, Method::get, std::string(kFiles), this, &DataPages::files);
    bind_page(router, desk_, Method::post, std::string(kFiles), this, &DataPages::file_deleted);
    bind_page(router, desk_, Method::get, std::string(kData), this, &DataPages::data);
    bind_page(router, desk_, Method::post, std::string(kData), this, &DataPages::data_posted);
}

http::Response DataPages::files_page(const Visit& visit, const Words* complaint, const Words* done) const {
    auto from = number_in(visit.query.get("from"));
    auto files = data_.files(visit.session->number, from, kFilesOnPage);
    if (!files) return visit.message(503, words::kOwnFiles, words::kTrouble);
    Html body;
    body.element("h1", visit.say(words::kOwnFiles)).append(visit.complaint(complaint)).append(done_line(visit, done));
    body.element("p", visit.say(words::kOwnFilesHint));
    if (files->empty()) body.element("p", visit.say(words::kNoFiles));
    body.raw("<ul class=\"list\">");
    for (const auto& file : *files) {
        body.raw("<li><span><bdi>")
            .text(file.name.empty() ? file.id : file.name)
            .raw("</bdi><br><span class=\"hint\">");
        body.text(date_text(static_cast<std::uint32_t>(file.day)))
            .raw(" · <bdi dir=\"ltr\">")
            .text(size_text(file.size));
        body.raw("</bdi></span></span>").append(visit.open_form(kFiles)).append(Visit::hidden("file", file.id));
        body.append(visit.button(words::kDeleteFile, "class=\"danger\"")).raw("</form></li>");
    }
    body.raw("</ul>");
    if (from != 0) {
        body.raw("<p><a href=\"").text(std::string(kFiles) + "?from=" + std::to_string(from)).raw("\">");
        body.text(visit.say(words::kOlder)).raw("</a></p>");
    }
    return visit.page(words::kOwnFiles, body.append(back_link(visit)),
                      {.status = complaint ? 400 : 200, .here = std::string(kFiles)});
}

Task<http::Response> DataPages::files(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    co_return files_page(visit, nullptr, nullptr);
}

Task<http::Response> DataPages::file_deleted(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    if (!visit.is_ours()) co_return files_page(visit, &words::kOldForm, nullptr);
    auto deleted = co_await data_.delete_file(visit.session->number, visit.form.get("file"));
    if (!deleted && deleted.error().code != Errc::not_found) co_return files_page(visit, &words::kTrouble, nullptr);
    co_return files_page(visit, nullptr, &words::kFileDeleted);
}

http::Response DataPages::data_page(const Visit& visit, const Words* complaint) const {
    Html body;
    body.element("h1", visit.say(words::kOwnData)).append(visit.complaint(complaint));
    body.element("p", visit.say(words::kOwnDataHint)).append(visit.open_form(kData)).append(password_field(visit));
    body.raw("<div class=\"actions\">").append(visit.button(words::kOwnDataButton)).raw("</div></form>");
    return visit.page(words::kOwnData, body.append(back_link(visit)), {.status = complaint ? 400 : 200});
}

Task<http::Response> DataPages::data(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    co_return data_page(visit, nullptr);
}

Task<http::Response> DataPages::data_posted(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return data_page(visit, wrong);
    auto archive = data_.archive(visit.session->user, visit.session->number);
    if (!archive) co_return data_page(visit, &words::kOwnDataBusy);
    co_return *std::move(archive);
}

}  // namespace peyk::pages
