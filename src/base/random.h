#pragma once
// Randomness is always injected. SystemRandom is the kernel's generator; SeededRandom repeats itself and is for tests.

#include <cstdint>
#include <mutex>
#include <span>
#include <string>

namespace peyk {

class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;  // any thread

    std::uint64_t u64();
    // `length` characters of [A-Za-z0-9]: 5.95 bits each.
    std::string alphanumeric(std::size_t length);
    // `length` upper-case letters: 4.7 bits each (device ids).
    std::string letters(std::size_t length);
};

class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override;
};

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<std::uint8_t> out) override;

private:
    std::mutex mutex_;
    std::uint64_t state_;
};

}  // namespace peyk
