#include "core/text_fold.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace peyk {
namespace {

// Marks that people leave out when they type: accents (Combining Diacritical Marks), Hebrew points, Arabic harakat with
// the hamza and madda above and below, the superscript alef, and Quranic signs. Vowel signs of other scripts stay.
bool is_dropped(char32_t c) {
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0591 && c <= 0x05C7) || (c >= 0x0610 && c <= 0x061A) ||
           (c >= 0x064B && c <= 0x065F) || c == 0x0670 || (c >= 0x06D6 && c <= 0x06ED && c != 0x06DD && c != 0x06DE) ||
           c == 0x0640;  // tatweel
}

// One letter of those that keyboards for Arabic, Persian and Urdu write differently.
char32_t unified(char32_t c) {
    switch (c) {
        case 0x0649:                 // alef maksura
        case 0x064A:                 // Arabic yeh
        case 0x06D2:                 // yeh barree
            return 0x06CC;           // Farsi yeh
        case 0x0643: return 0x06A9;  // kaf
        case 0x0629:                 // teh marbuta
        case 0x06BE:                 // heh doachashmee
        case 0x06C1:                 // heh goal
        case 0x06D5: return 0x0647;  // heh
        case 0x0671: return 0x0627;  // alef wasla
        default: return c;
    }
}

bool is_of_a_word(char32_t c) {
    auto code = static_cast<UChar32>(c);
    return u_isalnum(code) || (U_GET_GC_MASK(code) & (U_GC_M_MASK | U_GC_N_MASK)) != 0;
}

const icu::Normalizer2* normalizer(const icu::Normalizer2* (*get)(UErrorCode&)) {
    UErrorCode status = U_ZERO_ERROR;
    return get(status);  // null only when ICU's own data is missing
}

icu::UnicodeString normalized(const icu::Normalizer2* form, const icu::UnicodeString& text) {
    UErrorCode status = U_ZERO_ERROR;
    if (!form) return text;
    auto out = form->normalize(text, status);
    return U_SUCCESS(status) ? out : text;
}

// Marks beyond this many on one letter are no text of any language, and putting them in order takes the square of their
// number. As the stream-safe text format of Unicode (UAX #15, section 13).
constexpr int kMaxMarks = 30;

icu::UnicodeString with_few_marks(const icu::UnicodeString& text) {
    icu::UnicodeString out;
    int marks = 0;
    for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
        auto c = text.char32At(at);
        bool mark = (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0 || u_getCombiningClass(c) != 0;
        marks = mark ? marks + 1 : 0;
        if (marks <= kMaxMarks) out.append(c);
    }
    return out;
}

bool is_plain(std::string_view text) {
    for (char c : text)
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    return true;
}

class Words {
public:
    void add(char32_t c) {
        if (gap_ && !out_.empty()) out_ += U' ';
        gap_ = false;
        out_ += c;
    }
    void gap() { gap_ = true; }
    std::u32string take() { return std::move(out_); }

private:
    std::u32string out_;
    bool gap_ = false;
};

std::u32string fold_plain(std::string_view text) {
    Words words;
    for (char c : text) {
        if (c >= 'A' && c <= 'Z') {
            words.add(static_cast<char32_t>(c - 'A' + 'a'));
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            words.add(static_cast<char32_t>(c));
        } else {
            words.gap();
        }
    }
    return words.take();
}

}  // namespace

std::u32string fold_text(std::string_view utf8) {
    // FAST-PATH: ASCII is most of what there is to fold.
    if (is_plain(utf8)) return fold_plain(utf8);
    static const auto* const folding = normalizer(icu::Normalizer2::getNFKCCasefoldInstance);
    static const auto* const decomposing = normalizer(icu::Normalizer2::getNFDInstance);
    static const auto* const composing = normalizer(icu::Normalizer2::getNFCInstance);
    auto text = icu::UnicodeString::fromUTF8({utf8.data(), static_cast<std::int32_t>(utf8.size())});
    text = normalized(decomposing, normalized(folding, with_few_marks(text)));
    icu::UnicodeString bare;
    for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
        auto c = static_cast<char32_t>(text.char32At(at));
        if (!is_dropped(c)) bare.append(static_cast<UChar32>(unified(c)));
    }
    bare = normalized(composing, bare);
    Words words;
    for (std::int32_t at = 0; at < bare.length(); at = bare.moveIndex32(at, 1)) {
        auto c = static_cast<char32_t>(bare.char32At(at));
        if (!is_of_a_word(c) || c == 0xFFFD) {
            words.gap();
            continue;
        }
        auto digit = u_charDigitValue(static_cast<UChar32>(c));
        words.add(digit >= 0 && u_isdigit(static_cast<UChar32>(c)) ? static_cast<char32_t>('0' + digit) : c);
    }
    return words.take();
}

std::string fold_text_utf8(std::string_view utf8) {
    auto folded = fold_text(utf8);
    std::string out;
    icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(folded.data()),
                                  static_cast<std::int32_t>(folded.size()))
        .toUTF8String(out);
    return out;
}

}  // namespace peyk
