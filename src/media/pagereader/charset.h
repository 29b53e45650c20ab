#pragma once
// The encoding of a page.  Standards: WHATWG Encoding (labels), HTML › Determining the character encoding.

#include <cstddef>
#include <string>
#include <string_view>

namespace peyk::media::pagereader {

// The converter's name for a page whose Content-Type names `declared` (may be empty): by the mark at the beginning, the
// declaration, a <meta> or <?xml?> in the first kilobytes, and else UTF-8 where it could be that, or windows-1252.
const char* encoding_of(std::string_view page, std::string_view declared);

// UTF-8 without NUL, of at most `max` bytes; what cannot be read is U+FFFD. Empty when the library has no such
// encoding.
std::string to_utf8(std::string_view page, const char* encoding, std::size_t max);

}  // namespace peyk::media::pagereader
