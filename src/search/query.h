#pragma once
// What is looked for, and how well a text fits.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace peyk::search {

// One word or, between quotation marks, several words in this order; folded (core/text_fold.h).
struct Term {
    std::u32string text;
    // Too short to be found inside of words: only a whole word fits. Never so in scripts that write no spaces.
    bool whole_words = false;
    // For each beginning of the text, how much of its end is a beginning too: what is looked for may be of a kind that
    // nearly fits everywhere, and still costs one pass.
    std::vector<std::uint16_t> overlaps = {};
};

struct Query {
    std::vector<Term> terms;           // all of them must fit
    std::vector<std::uint64_t> grams;  // every text that fits has all of these
    std::vector<std::string> words;    // as they were typed, for a client to highlight

    // Spec: Client-Server API › Search (search_term). Errors: M_INVALID_PARAM for a term beyond the limits of length
    // and number. A term without a letter or digit gives a query that nothing fits.
    static Result<Query> parse(std::string_view search_term);

    // How well a folded text fits: 0 when it does not, else within (0, 1]. Linear in the text for each term,
    // whatever both contain.
    double rank(std::u32string_view folded) const;
};

// Calls `take` with fingerprints of parts of a folded text: groups of three letters of words, whole words of one or two
// letters (unless these are left out), and single characters and pairs of scripts that write no spaces. Linear.
// What a text has without its short words, every text has in which it occurs, even inside of words.
enum class ShortWords : bool { leave_out, take };
void each_gram(std::u32string_view folded, ShortWords short_words, const std::function<void(std::uint64_t)>& take);

}  // namespace peyk::search
