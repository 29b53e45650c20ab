#include "push/glob.h"

#include <algorithm>
#include <array>
#include <map>

namespace peyk::push {
namespace {

char32_t fold(char32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 32;
    if (c >= 0x100 && c <= 0x17f) {
        // Pairs of capital and small; even or odd by stretch. U+0130 and U+0131 are no pair.
        bool even = (c <= 0x12f) || (c >= 0x132 && c <= 0x137) || (c >= 0x14a && c <= 0x177);
        bool odd = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
        if (even) return c | 1;
        if (odd) return (c & 1) ? c + 1 : c;
        return c == 0x178 ? 0xff : c;
    }
    if (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) return c + 32;
    if (c >= 0x410 && c <= 0x42f) return c + 32;
    if (c >= 0x400 && c <= 0x40f) return c + 80;
    if (c >= 0x531 && c <= 0x556) return c + 48;
    return c;
}

bool is_word(char32_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::u32string folded(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        auto lead = static_cast<unsigned char>(text[i]);
        std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (i + length > text.size()) break;
        char32_t c = length == 1 ? lead : lead & (0xffu >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3f);
        out += fold(c);
        i += length;
    }
    return out;
}

Glob::Glob(std::u32string_view text, bool wild) : has_star_(wild && text.find(U'*') != text.npos) {
    std::map<char32_t, std::vector<std::size_t>> places;
    std::vector<std::size_t> anywhere, stars;
    for (char32_t c : text) {
        if (wild && c == U'*') {
            stars.push_back(size_);
        } else if (wild && c == U'?') {
            anywhere.push_back(size_++);
        } else {
            places[c].push_back(size_++);
        }
        if (size_ > kMaxCharacters) {
            too_long_ = true;
            return;
        }
    }
    words_ = size_ / 64 + 1;
    auto bits = [&](const std::vector<std::size_t>& at) {
        std::vector<std::uint64_t> out(words_);
        for (auto place : at) out[place / 64] |= std::uint64_t{1} << (place % 64);
        return out;
    };
    any_ = bits(anywhere);
    stays_ = bits(stars);
    for (const auto& [c, at] : places) {
        auto mask = bits(at);
        for (std::size_t i = 0; i < words_; ++i) mask[i] |= any_[i];
        masks_.emplace_back(c, std::move(mask));
    }
}

const std::uint64_t* Glob::mask_of(char32_t c) const {
    auto found = std::ranges::lower_bound(masks_, c, {}, [](const auto& entry) { return entry.first; });
    return found != masks_.end() && found->first == c ? found->second.data() : any_.data();
}

// Bit i of `active`: the first i characters of the pattern are matched by what was read.
bool Glob::run(std::u32string_view text, Where where) const {
    if (too_long_) return false;
    std::array<std::uint64_t, kWords> active{};
    auto accepted = [&] { return (active[size_ / 64] >> (size_ % 64) & 1) != 0; };
    auto boundary = [&](std::size_t at) {
        return at == 0 || at == text.size() || !is_word(text[at - 1]) || !is_word(text[at]);
    };
    for (std::size_t at = 0;; ++at) {
        if (where == Where::whole ? at == 0 : boundary(at)) active[0] |= 1;
        if (where == Where::whole ? at == text.size() : boundary(at)) {
            if (accepted()) return true;
        }
        if (at == text.size()) return false;
        const auto* mask = mask_of(text[at]);
        std::uint64_t carry = 0;
        for (std::size_t i = 0; i < words_; ++i) {
            auto moved = active[i] & mask[i];
            auto next = (moved << 1) | carry | (active[i] & stays_[i]);
            carry = moved >> 63;
            active[i] = next;
        }
    }
}

bool Glob::matches(std::u32string_view text) const { return run(text, Where::whole); }
bool Glob::matches_words(std::u32string_view text) const {
    return (size_ > 0 || has_star_) && run(text, Where::words);  // an empty pattern is no word
}

}  // namespace peyk::push
