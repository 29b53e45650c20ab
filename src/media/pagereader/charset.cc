#include "media/pagereader/charset.h"

#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

namespace peyk::media::pagereader {
namespace {

constexpr std::size_t kPrescan = 4'096;
constexpr const char* kFallback = "windows-1252";

struct Label {
    std::string_view label;
    const char* encoding;
};

// What pages say, and what browsers read then. What is not here (UTF-7, EBCDIC…) is as good as not said.
constexpr std::array kLabels{
    Label{"utf-8", "UTF-8"},
    Label{"utf8", "UTF-8"},
    Label{"unicode-1-1-utf-8", "UTF-8"},
    Label{"ascii", "windows-1252"},
    Label{"us-ascii", "windows-1252"},
    Label{"iso-8859-1", "windows-1252"},
    Label{"iso8859-1", "windows-1252"},
    Label{"iso_8859-1", "windows-1252"},
    Label{"latin1", "windows-1252"},
    Label{"l1", "windows-1252"},
    Label{"iso-8859-2", "iso-8859-2"},
    Label{"latin2", "iso-8859-2"},
    Label{"iso-8859-3", "iso-8859-3"},
    Label{"iso-8859-4", "iso-8859-4"},
    Label{"iso-8859-5", "iso-8859-5"},
    Label{"iso-8859-6", "iso-8859-6"},
    Label{"arabic", "iso-8859-6"},
    Label{"iso-8859-7", "iso-8859-7"},
    Label{"greek", "iso-8859-7"},
    Label{"iso-8859-8", "iso-8859-8"},
    Label{"iso-8859-8-i", "iso-8859-8"},
    Label{"hebrew", "iso-8859-8"},
    Label{"iso-8859-9", "windows-1254"},
    Label{"latin5", "windows-1254"},
    Label{"iso-8859-10", "iso-8859-10"},
    Label{"iso-8859-11", "windows-874"},
    Label{"tis-620", "windows-874"},
    Label{"windows-874", "windows-874"},
    Label{"iso-8859-13", "iso-8859-13"},
    Label{"iso-8859-14", "iso-8859-14"},
    Label{"iso-8859-15", "iso-8859-15"},
    Label{"latin9", "iso-8859-15"},
    Label{"windows-1250", "windows-1250"},
    Label{"windows-1251", "windows-1251"},
    Label{"windows-1252", "windows-1252"},
    Label{"windows-1253", "windows-1253"},
    Label{"windows-1254", "windows-1254"},
    Label{"windows-1255", "windows-1255"},
    Label{"windows-1256", "windows-1256"},
    Label{"windows-1257", "windows-1257"},
    Label{"windows-1258", "windows-1258"},
    Label{"koi8-r", "KOI8-R"},
    Label{"koi8-u", "KOI8-U"},
    Label{"ibm866", "ibm-866"},
    Label{"cp866", "ibm-866"},
    Label{"macintosh", "macintosh"},
    Label{"x-mac-cyrillic", "x-mac-cyrillic"},
    Label{"gbk", "gb18030"},
    Label{"gb2312", "gb18030"},
    Label{"gb18030", "gb18030"},
    Label{"big5", "Big5-HKSCS"},
    Label{"big5-hkscs", "Big5-HKSCS"},
    Label{"euc-jp", "EUC-JP"},
    Label{"iso-2022-jp", "ISO-2022-JP"},
    Label{"shift_jis", "windows-31j"},
    Label{"shift-jis", "windows-31j"},
    Label{"sjis", "windows-31j"},
    Label{"x-sjis", "windows-31j"},
    Label{"windows-31j", "windows-31j"},
    Label{"euc-kr", "windows-949"},
    Label{"ks_c_5601-1987", "windows-949"},
    Label{"windows-949", "windows-949"},
    Label{"utf-16", "UTF-16LE"},
    Label{"utf-16le", "UTF-16LE"},
    Label{"utf-16be", "UTF-16BE"},
};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

const char* known(std::string_view label) {
    while (!label.empty() && is_space(label.front())) label.remove_prefix(1);
    while (!label.empty() && is_space(label.back())) label.remove_suffix(1);
    auto name = lower(label.substr(0, 40));
    for (const std::string_view prefix : {"x-cp125", "cp125"})
        if (name.starts_with(prefix) && name.size() == prefix.size() + 1)
            name = "windows-125" + name.substr(prefix.size());
    const auto* found = std::ranges::find(kLabels, std::string_view(name), &Label::label);
    return found == kLabels.end() ? nullptr : found->encoding;
}

// The value behind `name` in the text of one tag: charset=utf-8, charset = "utf-8", content='text/html; charset=utf-8'.
std::optional<std::string_view> value_of(std::string_view tag, std::string_view name) {
    auto at = tag.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    at += name.size();
    while (at < tag.size() && is_space(tag[at])) ++at;
    if (at >= tag.size() || tag[at] != '=') return std::nullopt;
    ++at;
    while (at < tag.size() && (is_space(tag[at]) || tag[at] == '"' || tag[at] == '\'')) ++at;
    const auto end = tag.find_first_of("\"'; \t\r\n/>?", at);
    return tag.substr(at, end == std::string_view::npos ? end : end - at);
}

// What the page says of itself. It was readable as ASCII so far, so it is no UTF-16 whatever it says.
const char* prescan(std::string_view page) {
    const auto head = lower(page.substr(0, kPrescan));
    auto as_ascii = [](const char* encoding) {
        return encoding && std::string_view(encoding).starts_with("UTF-16") ? "UTF-8" : encoding;
    };
    const std::string_view text(head);
    if (text.starts_with("<?xml")) {
        const auto tag = text.substr(0, text.find('>'));
        if (auto value = value_of(tag, "encoding"))
            if (const char* encoding = known(*value)) return as_ascii(encoding);
    }
    for (auto at = text.find("<meta"); at != std::string_view::npos; at = text.find("<meta", at + 5)) {
        const auto tag = text.substr(at, text.find('>', at) - at);
        if (auto value = value_of(tag, "charset"))
            if (const char* encoding = known(*value)) return as_ascii(encoding);
    }
    return nullptr;
}

bool could_be_utf8(std::string_view page) {
    constexpr std::size_t kEnough = 64 * 1024;
    const auto* text = reinterpret_cast<const std::uint8_t*>(page.data());
    const auto size = static_cast<std::int32_t>(std::min(page.size(), kEnough));
    for (std::int32_t at = 0; at < size;) {
        const auto before = at;
        UChar32 c = 0;
        U8_NEXT(text, at, size, c);
        if (c < 0) return size - before < 4 && page.size() > kEnough;  // cut in the middle of a character by us
    }
    return true;
}

struct Close {
    void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, Close>;

Converter open_converter(const char* name) {
    UErrorCode status = U_ZERO_ERROR;
    Converter converter(ucnv_open(name, &status));
    return U_SUCCESS(status) ? std::move(converter) : nullptr;
}

}  // namespace

const char* encoding_of(std::string_view page, std::string_view declared) {
    if (page.starts_with("\xef\xbb\xbf")) return "UTF-8";
    if (page.starts_with("\xff\xfe")) return "UTF-16LE";
    if (page.starts_with("\xfe\xff")) return "UTF-16BE";
    if (const char* encoding = known(declared)) return encoding;
    if (const char* encoding = prescan(page)) return encoding;
    return could_be_utf8(page) ? "UTF-8" : kFallback;
}

std::string to_utf8(std::string_view page, const char* encoding, std::size_t max) {
    const auto from = open_converter(encoding), to = open_converter("UTF-8");
    if (!from || !to) return {};
    std::string out(std::min(max, page.size() * 3 + 16), '\0');
    std::array<UChar, 4'096> pivot;
    UChar *pivot_source = pivot.data(), *pivot_target = pivot.data();
    char* target = out.data();
    const char* source = page.data();
    UErrorCode status = U_ZERO_ERROR;
    ucnv_convertEx(to.get(), from.get(), &target, out.data() + out.size(), &source, page.data() + page.size(),
                   pivot.data(), &pivot_source, &pivot_target, pivot.data() + pivot.size(), true, true, &status);
    if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR) return {};
    out.resize(static_cast<std::size_t>(target - out.data()));
    while (!out.empty() && U8_IS_TRAIL(static_cast<std::uint8_t>(out.back()))) out.pop_back();
    if (!out.empty() && U8_IS_LEAD(static_cast<std::uint8_t>(out.back()))) out.pop_back();
    std::ranges::replace(out, '\0', ' ');
    if (out.starts_with("\xef\xbb\xbf")) out.erase(0, 3);
    return out;
}

}  // namespace peyk::media::pagereader
