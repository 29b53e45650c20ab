#pragma once
// Finds in a page what a preview is made of. Runs behind the sandbox; the text is hostile.

#include <string>
#include <string_view>

namespace peyk::media::pagereader {

// Before the sandbox closes.
void start_reader();

// The findings of a page in UTF-8, as protocol.h writes them.
std::string read_page(const std::string& utf8);

}  // namespace peyk::media::pagereader
