#pragma once
// Text in the form in which two ways to write one word are equal: for finding, never for storing, showing or signing.

#include <string>
#include <string_view>

namespace peyk {

// Code points of the text after Unicode's compatibility case folding (NFKC_Casefold, which drops joiners too), and:
// - accents of Latin, Greek and Cyrillic letters and the points of Arabic and Hebrew are dropped,
// - the Arabic and the Persian forms of yeh, kaf and heh are one, digits of all scripts are ASCII digits,
// - everything that is no letter, digit or mark is one space between words; none at the ends.
// Bytes that are not UTF-8 read as spaces. Linear in the length of the text; of marks on one letter only 30 count.
std::u32string fold_text(std::string_view utf8);

// The same as UTF-8, for keys of rows.
std::string fold_text_utf8(std::string_view utf8);

}  // namespace peyk
