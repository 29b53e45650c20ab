#include "core/patterns.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace peyk {

std::vector<std::string> split_property_path(std::string_view path) {
    std::vector<std::string> out(1);
    for (std::size_t i = 0; i < path.size(); ++i) {
        bool escapes = path[i] == '\\' && i + 1 < path.size() && (path[i + 1] == '.' || path[i + 1] == '\\');
        if (escapes) {
            out.back() += path[++i];
        } else if (path[i] == '.') {
            out.emplace_back();
        } else {
            out.back() += path[i];
        }
    }
    return out;
}

namespace {

constexpr auto kNowhere = std::string_view::npos;

// A part of a pattern without stars.
class Piece {
public:
    Piece(std::string_view text, bool any) : text_(text), any_(any && text.find('?') != kNowhere) {}

    // At the beginning of `text`, which is long enough.
    bool fits(std::string_view text) const {
        if (!any_) return text.starts_with(text_);
        for (std::size_t i = 0; i < text_.size(); ++i) {
            if (text_[i] != '?' && text_[i] != text[i]) return false;
        }
        return true;
    }
    // The first place where it fits.
    std::size_t find_in(std::string_view text) const {
        if (text_.empty()) return 0;
        if (text_.size() > text.size()) return kNowhere;
        if (any_) return find_any_in(text);
        // Of the C library, which promises linear time as std::string_view::find does not.
        const void* found = memmem(text.data(), text.size(), text_.data(), text_.size());
        return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : kNowhere;
    }

private:
    // A set of states is moved along the text, 64 at a time: bit i says that the last i + 1 characters fit the first of
    // the piece.
    std::size_t find_any_in(std::string_view text) const {
        constexpr std::size_t kWords = 4;
        if (text_.size() >= kWords * 64) return kNowhere;
        std::size_t words = text_.size() / 64 + 1;
        std::array<std::array<std::uint64_t, kWords>, 256> masks{};
        std::array<std::uint64_t, kWords> any{}, active{};
        for (std::size_t i = 0; i < text_.size(); ++i) {
            auto bit = std::uint64_t{1} << (i % 64);
            (text_[i] == '?' ? any : masks[static_cast<unsigned char>(text_[i])])[i / 64] |= bit;
        }
        auto last = text_.size() - 1;
        for (std::size_t at = 0; at < text.size(); ++at) {
            const auto& mask = masks[static_cast<unsigned char>(text[at])];
            std::uint64_t carry = 1;
            for (std::size_t i = 0; i < words; ++i) {
                auto moved = (active[i] << 1) | carry;
                carry = active[i] >> 63;
                active[i] = moved & (mask[i] | any[i]);
            }
            if (active[last / 64] >> (last % 64) & 1) return at - last;
        }
        return kNowhere;
    }

    std::string_view text_;
    bool any_;
};

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text, QuestionMark question_mark) {
    bool any = question_mark == QuestionMark::any_character;
    auto star = pattern.find('*');
    if (star == kNowhere) return pattern.size() == text.size() && Piece(pattern, any).fits(text);
    auto end = pattern.rfind('*');
    auto first = pattern.substr(0, star), last = pattern.substr(end + 1);
    if (first.size() + last.size() > text.size()) return false;
    if (!Piece(first, any).fits(text) || !Piece(last, any).fits(text.substr(text.size() - last.size()))) return false;
    text = text.substr(first.size(), text.size() - first.size() - last.size());
    // The leftmost place is as good as any: it leaves the most for what comes behind.
    while (star < end) {
        auto next = pattern.find('*', star + 1);
        auto piece = pattern.substr(star + 1, next - star - 1);
        auto at = Piece(piece, any).find_in(text);
        if (at == kNowhere) return false;
        text.remove_prefix(at + piece.size());
        star = next;
    }
    return true;
}

}  // namespace peyk
