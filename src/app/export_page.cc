// The page of an export. It stands alone: no script, nothing from elsewhere, both languages side by side.

#include "app/export_stream.h"

namespace peyk::app {
namespace {

// clang-format takes its letters for wider than they are.
// clang-format off
constexpr std::string_view kEncryptedRoomsInPersian =
    "پیام‌های اتاق‌های رمزدار همان‌گونه که سرور دارد اینجا هستند: نه سرور می‌تواند آن‌ها را بخواند و نه این صفحه. برنامه‌های شما می‌توانند آن‌ها را نشان دهند و خودشان برون‌بری کنند.";
// clang-format on

// English and, where it reads from right to left, Persian.
pages::Html both(pages::Literal tag, std::string_view en, std::string_view fa) {
    pages::Html html;
    html.raw("<").raw(tag).raw("><span lang=\"en\" dir=\"ltr\">").text(en);
    html.raw("</span> · <span lang=\"fa\" dir=\"rtl\">").text(fa).raw("</span></").raw(tag).raw(">");
    return html;
}

}  // namespace

std::string export_page(std::string_view title, const pages::Html& body) {
    pages::Html html;
    html.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
    html.raw("<title>").text(title).raw("</title><style>");
    html.raw("body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;");
    html.raw("background:#fff}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;");
    html.raw("padding:.3rem .6rem;text-align:start;vertical-align:top}code{overflow-wrap:anywhere}time{color:#555}");
    html.raw("</style></head><body>").append(body).raw("</body></html>\n");
    return html.str();
}

std::string export_index(const ExportPage& page) {
    pages::Html body;
    body.append(both("h1", "What the server holds about you",
                     "آنچه سرور دربارهٔ شما نگه می‌دارد"));
    body.raw("<p><strong><bdi>").text(page.displayname).raw("</bdi></strong> <code dir=\"ltr\">").text(page.user);
    body.raw("</code> · <code dir=\"ltr\">").text(page.server).raw("</code> · <time dir=\"ltr\">").text(page.date);
    body.raw("</time></p>");
    body.append(
        both("p",
             "Messages of encrypted rooms are here as the server has them: it cannot read them, nor can this page. "
             "Your apps can show them and export them by themselves.",
             kEncryptedRoomsInPersian));
    body.append(both("h2", "Contents", "فهرست")).raw("<table>").append(page.contents).raw("</table>");
    body.append(both("h2", "Devices", "دستگاه‌ها")).raw("<ul>").append(page.devices).raw("</ul>");
    body.append(both("h2", "Rooms, and what you wrote there",
                     "اتاق‌ها و آنچه در آن‌ها نوشته‌اید"))
        .raw("<table>");
    body.append(page.rooms).raw("</table>");
    body.append(
            both("h2", "Files that you uploaded", "پرونده‌هایی که بارگذاری کرده‌اید"))
        .raw("<ul>");
    body.append(page.files).raw("</ul>");
    return export_page("peyk", body);
}

}  // namespace peyk::app
