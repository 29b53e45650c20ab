#pragma once
// Structured logging: an area, a sentence, named fields. Never addresses, tokens, bodies or user names: secrets have no
// formatter, and callers log ids of rooms and events only at debug level.

#include <fmt/format.h>

#include <string_view>

namespace peyk::log {

enum class Level : unsigned char { debug, info, warning, error, off };
enum class Format : unsigned char { text, json };

// Once at start, before threads; later calls are safe but may interleave.
void configure(Level level, Format format);
bool enabled(Level level);
void write(Level level, std::string_view area, std::string_view message);  // one line on stderr, any thread

template <class... Args>
void debug(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::debug)) write(Level::debug, area, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::info)) write(Level::info, area, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::warning)) write(Level::warning, area, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::error)) write(Level::error, area, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace peyk::log
