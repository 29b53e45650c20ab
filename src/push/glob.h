#pragma once
// Globs of push rules: '*' is any text, '?' any one character, letters compare without case.
// Spec: Client-Server API › Conditions (event_match); Appendices › Glob-style matching.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peyk::push {

// UTF-8 to characters, with the case of Latin, Greek, Cyrillic and Armenian letters folded. Stops at invalid bytes.
std::u32string folded(std::string_view text);

// Purpose:  a pattern, ready to match. A set of states is moved along the text, 64 at a time, so that a match takes
//           text × pattern / 64 steps whatever both contain; there is nothing to backtrack.
class Glob {
public:
    static constexpr std::size_t kMaxCharacters = 511;  // longer patterns match nothing

    explicit Glob(std::string_view pattern) : Glob(folded(pattern), true) {}
    // Characters that mean themselves; folded.
    static Glob literal(std::u32string_view text) { return Glob(text, false); }
    // The whole text.
    bool matches(std::u32string_view text) const;
    // A part of the text that begins and ends at a word boundary: the ends, or beside anything but [A-Za-z0-9_].
    bool matches_words(std::u32string_view text) const;

private:
    static constexpr std::size_t kWords = (kMaxCharacters + 1) / 64;
    Glob(std::u32string_view text, bool wild);
    enum class Where : unsigned char { whole, words };
    bool run(std::u32string_view text, Where where) const;
    const std::uint64_t* mask_of(char32_t c) const;

    bool too_long_ = false;
    bool has_star_ = false;
    std::size_t size_ = 0;                                                // characters, '?' included, '*' not
    std::size_t words_ = 1;                                               // of 64 states in use
    std::vector<std::pair<char32_t, std::vector<std::uint64_t>>> masks_;  // where a character fits, sorted
    std::vector<std::uint64_t> any_;                                      // where every character fits
    std::vector<std::uint64_t> stays_;                                    // states that text may pass by ('*')
};

}  // namespace peyk::push
