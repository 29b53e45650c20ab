#include "storage/base64_runs.h"

#include <array>
#include <bit>

namespace peyk::storage {
namespace {

constexpr std::size_t kShortest = 32;
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// In which alphabets a letter is: a run has to stay within one.
enum : std::uint8_t { kInStandard = 1, kInUrl = 2 };

struct Letter {
    std::uint8_t alphabets = 0;
    std::uint8_t value = 0;  // the same in both where it is in both
};
constexpr std::array<Letter, 256> letters_of() {
    std::array<Letter, 256> table{};
    for (auto [alphabet, bit] : {std::pair{kStandard, kInStandard}, std::pair{kUrl, kInUrl}}) {
        for (std::size_t i = 0; i < alphabet.size(); ++i) {
            auto& letter = table[static_cast<unsigned char>(alphabet[i])];
            letter.alphabets |= bit;
            letter.value = static_cast<std::uint8_t>(i);
        }
    }
    return table;
}
constexpr auto kLetters = letters_of();
const Letter& letter(char c) { return kLetters[static_cast<unsigned char>(c)]; }

struct Run {
    std::size_t length = 0;
    std::uint8_t alphabets = kInStandard | kInUrl;
    std::uint64_t seen = 0;  // which values

    // Of 64 letters at random 40 are different, of 32 a good 25; hexadecimal digits are 16, names some 20.
    bool is_noise() const {
        auto different = static_cast<std::size_t>(std::popcount(seen));
        return length >= kShortest && different >= std::min<std::size_t>(36, length / 2 + 4);
    }
};

Run run_at(std::string_view text) {
    Run run;
    for (char c : text) {
        const auto& found = letter(c);
        auto both = static_cast<std::uint8_t>(run.alphabets & found.alphabets);
        if (!both) break;
        run.alphabets = both;
        run.seen |= std::uint64_t{1} << found.value;
        ++run.length;
    }
    return run;
}

void pack(std::string_view letters, std::string& out) {
    auto at = out.size();
    out.resize(at + letters.size() / 4 * 3);
    for (std::size_t i = 0; i < letters.size(); i += 4) {
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 4; ++k) bits = bits << 6 | letter(letters[i + k]).value;
        out[at++] = static_cast<char>(bits >> 16);
        out[at++] = static_cast<char>(bits >> 8);
        out[at++] = static_cast<char>(bits);
    }
}

void unpack(std::string_view bytes, std::string_view alphabet, std::string& out) {
    auto at = out.size();
    out.resize(at + bytes.size() / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto byte = [&](std::size_t k) { return std::uint32_t{static_cast<unsigned char>(bytes[i + k])}; };
        std::uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (int shift = 18; shift >= 0; shift -= 6) out[at++] = alphabet[bits >> shift & 63];
    }
}

}  // namespace

void WithoutRuns::clear() {
    count = 0;
    runs.clear();
    packed.clear();
    text.clear();
}

void take_runs_out(std::string_view text, WithoutRuns& out) {
    out.clear();
    std::size_t copied = 0, since = 0;  // to where the text is in `out.text`; where the last run ended in it
    for (std::size_t at = 0; at < text.size();) {
        auto run = run_at(text.substr(at));
        if (!run.is_noise()) {
            at += std::max<std::size_t>(run.length, 1);
            continue;
        }
        auto groups = run.length / 4;
        out.text.append(text.substr(copied, at - copied));
        put_varint(out.runs, out.text.size() - since);
        put_varint(out.runs, groups << 1 | (run.alphabets & kInStandard ? 0 : 1));
        pack(text.substr(at, groups * 4), out.packed);
        ++out.count;
        since = out.text.size();
        copied = at + groups * 4;
        at += run.length;
    }
    out.text.append(text.substr(copied));
}

bool RunPlaces::read(std::size_t count, ByteReader& in) {
    constexpr std::size_t kLeast = 2 + kShortest / 4 * 3;  // bytes of a run with its place
    if (count > in.rest().size() / kLeast) return false;
    places_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto gap = in.varint();
        auto length = in.varint();
        if (!in.ok() || (length >> 1) > in.rest().size()) return false;
        places_.push_back({.gap = static_cast<std::size_t>(gap),
                           .bytes = static_cast<std::size_t>(length >> 1) * 3,
                           .url = (length & 1) != 0});
        packed_bytes_ += places_.back().bytes;
    }
    return true;
}

bool RunPlaces::put_back(std::string_view packed, std::string_view text, std::string& out) const {
    if (packed.size() != packed_bytes_) return false;
    out.reserve(out.size() + text.size() + packed_bytes_ / 3 * 4);
    for (const auto& place : places_) {
        if (place.gap > text.size()) return false;
        out.append(text.substr(0, place.gap));
        text.remove_prefix(place.gap);
        unpack(packed.substr(0, place.bytes), place.url ? kUrl : kStandard, out);
        packed.remove_prefix(place.bytes);
    }
    out.append(text);
    return true;
}

}  // namespace peyk::storage
