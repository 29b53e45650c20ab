#pragma once
// Key material: fixed size, wiped when it goes, not printable.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace peyk::storage {

class Secret {
public:
    static constexpr std::size_t kBytes = 32;

    Secret() = default;
    explicit Secret(std::string_view bytes);  // exactly kBytes
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    ~Secret() { wipe(); }

    static Secret random();
    // A key for one purpose out of this one; `purpose` is at most 8 letters and never changes its meaning.
    Secret derive(std::string_view purpose) const;
    // One step down a tree of keys: child `digit` of this key. One-way (HChaCha20).
    Secret child(std::uint8_t digit) const;
    // A key for one message under this key, named by 16 bytes.
    Secret bind(std::span<const std::uint8_t, 16> name) const;

    const std::uint8_t* data() const { return bytes_.data(); }
    std::uint8_t* data() { return bytes_.data(); }
    std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
    void wipe();

private:
    std::array<std::uint8_t, kBytes> bytes_{};
};

}  // namespace peyk::storage
