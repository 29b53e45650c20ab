#include "search/query.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>

#include "core/errors.h"
#include "core/text_fold.h"

namespace peyk::search {
namespace {

constexpr std::size_t kMostBytes = 1000;
constexpr std::size_t kMostTerms = 16;
constexpr std::size_t kGram = 3;

// Scripts in which words are not set apart by spaces; Hangul too, whose words end in particles.
bool is_dense(char32_t c) {
    if (c < 0x0E00) return false;
    UErrorCode status = U_ZERO_ERROR;
    switch (uscript_getScript(static_cast<UChar32>(c), &status)) {
        case USCRIPT_HAN:
        case USCRIPT_HIRAGANA:
        case USCRIPT_KATAKANA:
        case USCRIPT_HANGUL:
        case USCRIPT_BOPOMOFO:
        case USCRIPT_YI:
        case USCRIPT_THAI:
        case USCRIPT_LAO:
        case USCRIPT_KHMER:
        case USCRIPT_MYANMAR:
        case USCRIPT_TIBETAN: return true;
        case USCRIPT_COMMON:  // the sign that lengthens a vowel in Japanese
            return c == 0x30FC;
        default: return false;
    }
}

std::uint64_t mixed(std::uint64_t x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}

// A code point has 21 bits: three of them make one number that stands for nothing else.
std::uint64_t gram(std::u32string_view part) {
    std::uint64_t packed = 0;
    for (char32_t c : part) packed = packed << 21 | c;
    return mixed(packed + 1);
}

void grams_of_spaced(std::u32string_view word, ShortWords short_words, const std::function<void(std::uint64_t)>& take) {
    if (word.size() < kGram) {
        if (short_words == ShortWords::take) take(gram(word));
        return;
    }
    for (std::size_t at = 0; at + kGram <= word.size(); ++at) take(gram(word.substr(at, kGram)));
}

void grams_of_dense(std::u32string_view run, const std::function<void(std::uint64_t)>& take) {
    for (std::size_t at = 0; at < run.size(); ++at) {
        take(gram(run.substr(at, 1)));
        if (at + 2 <= run.size()) take(gram(run.substr(at, 2)));
    }
}

bool begins_word(std::u32string_view text, std::size_t at) { return at == 0 || text[at - 1] == U' '; }
bool ends_word(std::u32string_view text, std::size_t end) { return end == text.size() || text[end] == U' '; }

// What the occurrences of a term are worth: a word counts more than the beginning of one, and that more than its
// inside.
double worth(const Term& term, std::u32string_view text) {
    double sum = 0;
    bool dense = is_dense(term.text.front());
    std::size_t fits = 0;  // of the term, at this place (Knuth, Morris, Pratt)
    for (std::size_t at = 0; at < text.size(); ++at) {
        while (fits > 0 && text[at] != term.text[fits]) fits = term.overlaps[fits - 1];
        if (text[at] == term.text[fits]) ++fits;
        if (fits < term.text.size()) continue;
        fits = 0;
        bool begins = begins_word(text, at + 1 - term.text.size()), ends = ends_word(text, at + 1);
        if (dense || (begins && ends)) {
            sum += 1;
        } else if (!term.whole_words) {
            sum += begins ? 0.6 : 0.3;
        }
    }
    return sum;
}

// Splits at spaces; what stands between quotation marks stays together.
std::vector<std::string> parts_of(std::string_view text) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (char c : text) {
        if (c == '"') {
            quoted = !quoted;
            out.emplace_back();
        } else if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
            out.emplace_back();
        } else {
            out.back() += c;
        }
    }
    std::erase(out, "");
    return out;
}

Term term_of(std::u32string text) {
    bool dense = std::any_of(text.begin(), text.end(), is_dense);
    bool short_word = text.size() < kGram && !dense;
    std::vector<std::uint16_t> overlaps(text.size(), 0);
    for (std::size_t at = 1, fits = 0; at < text.size(); ++at) {
        while (fits > 0 && text[at] != text[fits]) fits = overlaps[fits - 1];
        if (text[at] == text[fits]) ++fits;
        overlaps[at] = static_cast<std::uint16_t>(fits);
    }
    return {.text = std::move(text), .whole_words = short_word, .overlaps = std::move(overlaps)};
}

}  // namespace

void each_gram(std::u32string_view folded, ShortWords short_words, const std::function<void(std::uint64_t)>& take) {
    for (std::size_t at = 0; at < folded.size();) {
        if (folded[at] == U' ') {
            ++at;
            continue;
        }
        // A run of one kind. Marks go with the kind of what they stand on, whatever their own script is.
        bool dense = is_dense(folded[at]);
        auto end = at + 1;
        while (end < folded.size() && folded[end] != U' ' &&
               (is_dense(folded[end]) == dense || (U_GET_GC_MASK(static_cast<UChar32>(folded[end])) & U_GC_M_MASK)))
            ++end;
        auto run = folded.substr(at, end - at);
        dense ? grams_of_dense(run, take) : grams_of_spaced(run, short_words, take);
        at = end;
    }
}

Result<Query> Query::parse(std::string_view search_term) {
    if (search_term.size() > kMostBytes)
        return m::invalid_param(fmt::format("'search_term' is longer than {} bytes", kMostBytes));
    Query out;
    for (const auto& part : parts_of(search_term)) {
        auto folded = fold_text(part);
        if (folded.empty()) continue;
        // "well-known" typed without quotation marks is two words that belong together: a phrase, as it was typed.
        if (out.terms.size() == kMostTerms)
            return m::invalid_param(fmt::format("'search_term' has more than {} words", kMostTerms));
        out.terms.push_back(term_of(std::move(folded)));
        out.words.push_back(part);
    }
    for (const auto& term : out.terms) {
        auto short_words = term.whole_words ? ShortWords::take : ShortWords::leave_out;
        each_gram(term.text, short_words, [&](std::uint64_t gram) { out.grams.push_back(gram); });
    }
    std::sort(out.grams.begin(), out.grams.end());
    out.grams.erase(std::unique(out.grams.begin(), out.grams.end()), out.grams.end());
    return out;
}

double Query::rank(std::u32string_view folded) const {
    // As BM25 weighs a document, without the rarity of words: every text that fits has all of them.
    constexpr double kSaturation = 1.2, kLengthPart = 0.75, kUsualLength = 100;
    if (terms.empty()) return 0;
    double length = 1 - kLengthPart + kLengthPart * static_cast<double>(folded.size()) / kUsualLength;
    double sum = 0;
    for (const auto& term : terms) {
        auto value = worth(term, folded);
        if (value == 0) return 0;
        sum += value / (value + kSaturation * length);
    }
    return sum / static_cast<double>(terms.size());
}

}  // namespace peyk::search
