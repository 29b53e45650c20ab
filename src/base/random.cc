#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <string_view>

#include "base/error.h"

namespace peyk {
namespace {

// Draws bytes and drops those that would favour some characters.
std::string draw(Random& random, std::string_view alphabet, std::size_t length) {
    const std::size_t limit = 256 - 256 % alphabet.size();
    std::string out;
    out.reserve(length);
    std::uint8_t buffer[64];
    while (out.size() < length) {
        random.fill(buffer);
        for (std::uint8_t byte : buffer) {
            if (byte >= limit) continue;
            out.push_back(alphabet[byte % alphabet.size()]);
            if (out.size() == length) break;
        }
    }
    return out;
}

}  // namespace

std::uint64_t Random::u64() {
    std::uint8_t bytes[8];
    fill(bytes);
    std::uint64_t value = 0;
    for (std::uint8_t byte : bytes) value = value << 8 | byte;
    return value;
}

std::string Random::alphanumeric(std::size_t length) {
    return draw(*this, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);
}

std::string Random::letters(std::size_t length) { return draw(*this, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", length); }

void SystemRandom::fill(std::span<std::uint8_t> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        ssize_t got = ::getrandom(out.data() + done, out.size() - done, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            panic("getrandom failed");
        }
        done += static_cast<std::size_t>(got);
    }
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
    // splitmix64
    std::lock_guard lock(mutex_);
    std::size_t i = 0;
    while (i < out.size()) {
        state_ += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        z ^= z >> 31;
        for (int b = 0; b < 8 && i < out.size(); ++b, ++i) out[i] = static_cast<std::uint8_t>(z >> (8 * b));
    }
}

}  // namespace peyk
