#pragma once
// The frame around every page, and the pages as functions of facts and language.

#include "pages/html.h"
#include "pages/pages.h"

namespace peyk::pages {

Language language_of(const http::Request& request);

// A whole page with the headers that all pages carry. `path` is for the link to the other language.
enum class Keep : unsigned char { yes, never };  // may a browser keep it?
http::Response page_response(int status, const Facts& facts, Language language, std::string_view path, Words title,
                             const Html& body, Keep keep = Keep::yes);

// The frame of the account pages: what it allows beyond the strictest policy, and where the other language is.
struct Policy {
    std::vector<std::string> form_targets = {};  // sources beside our own that a form may end at
    bool scripts = false;                        // of this server
    bool fetches = false;                        // they may call this server
    bool keeps_opener = false;                   // the window that opened the page may be told something
};
struct Frame {
    Policy policy = {};
    std::vector<Literal> scripts = {};  // paths of ours
    std::string language_link = {};     // ends with "lang="; empty: no link
    bool narrow = false;                // a column for forms
};
// Never kept by browsers.
http::Response page_response(int status, const Facts& facts, Language language, Words title, const Html& body,
                             const Frame& frame);

std::string_view style_sheet();
// A script of ours, as an answer of its own.
http::Response script_response(std::string_view text);
// A link to somewhere else, which does not learn where its reader came from.
Html outside_link(std::string_view url, std::string_view text);

Html home_body(const Facts& facts, Language language);
Html privacy_body(const Facts& facts, Language language);
// `here`: the address of this very page as the browser reached it, for the QR code.
Html certificate_body(const Facts& facts, Language language, std::string_view here);
// `complaint`: what was wrong with the last attempt; null at first.
Html reset_body(Language language, std::string_view token, const Words* complaint);

// application/x-www-form-urlencoded; nullopt when it is malformed or the field is absent.
std::optional<std::string> form_field(std::string_view body, std::string_view name);

}  // namespace peyk::pages
