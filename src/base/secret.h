#pragma once
// A secret in memory: no formatter, no stream operator, no comparison that leaks time; wiped when it goes.

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace peyk {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }
    Secret& operator=(const Secret& other) {
        if (this != &other) {
            wipe();
            text_ = other.text_;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe();
            text_ = other.text_;
            other.wipe();
        }
        return *this;
    }
    ~Secret() { wipe(); }

    bool empty() const { return text_.empty(); }
    // The one way to the text. Never into a log, an error or a page.
    std::string_view reveal() const { return text_; }

private:
    void wipe() {
        // Through a volatile pointer, or the compiler drops stores to memory that is about to be freed.
        volatile char* at = text_.data();
        for (std::size_t i = 0; i < text_.size(); ++i) at[i] = 0;
        text_.clear();
    }
    std::string text_;
};

static_assert(!fmt::is_formattable<Secret>::value, "secrets cannot be printed");

}  // namespace peyk
