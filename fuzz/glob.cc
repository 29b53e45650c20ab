// Patterns of push rules, against texts of the same stranger's. What a plain backtracking matcher finds, the glob
// finds.

#include <algorithm>
#include <cstdlib>

#include "push/glob.h"

namespace {

bool plain_match(std::u32string_view pattern, std::u32string_view text, int& steps) {
    if (--steps < 0) return false;
    if (pattern.empty()) return text.empty();
    if (pattern[0] == U'*') {
        return plain_match(pattern.substr(1), text, steps) ||
               (!text.empty() && plain_match(pattern, text.substr(1), steps));
    }
    return !text.empty() && (pattern[0] == U'?' || pattern[0] == text[0]) &&
           plain_match(pattern.substr(1), text.substr(1), steps);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk::push;
    if (size < 1) return 0;
    std::string_view both(reinterpret_cast<const char*>(data) + 1, size - 1);
    auto cut = std::min<std::size_t>(data[0], both.size());
    auto pattern = both.substr(0, cut);
    auto text = folded(both.substr(cut));
    Glob glob(pattern);
    bool found = glob.matches(text);
    glob.matches_words(text);
    auto steps = 20'000;
    bool expected = plain_match(folded(pattern), text, steps);
    if (steps >= 0 && found != expected) std::abort();
    return 0;
}
