#include "base/logging.h"

#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <string>

#include "base/bytes.h"
#include "base/log_line.h"

namespace peyk::log {
namespace {

std::atomic<Level> g_level{Level::info};
std::atomic<Format> g_format{Format::text};

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error", "off"};

std::string timestamp() {
    auto now = std::chrono::system_clock::now();
    auto seconds = std::chrono::system_clock::to_time_t(now);
    auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, millis);
}

// Control characters would let a message forge further lines; JSON is UTF-8 and nothing else.
std::string escaped(std::string_view text, bool json) {
    std::string out;
    bool readable = !json || is_utf8(text);
    for (char c : text) {
        if (!readable && static_cast<unsigned char>(c) >= 0x80) {
            out += "\\ufffd";
            continue;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
            if (json && (c == '"' || c == '\\')) out.push_back('\\');
            out.push_back(c);
        }
    }
    return out;
}

}  // namespace

void configure(Level level, Format format) {
    g_level = level;
    g_format = format;
}

bool enabled(Level level) { return level >= g_level.load(std::memory_order_relaxed); }

std::string line_of(Format format, Level level, std::string_view area, std::string_view message) {
    std::string line;
    auto name = kNames[static_cast<int>(level)];
    if (format == Format::json) {
        line = fmt::format(R"({{"time":"{}","level":"{}","area":"{}","message":"{}"}})", timestamp(), name, area,
                           escaped(message, true));
    } else {
        line = fmt::format("{} {:<7} {}: {}", timestamp(), name, area, escaped(message, false));
    }
    return line + '\n';
}

void write(Level level, std::string_view area, std::string_view message) {
    auto line = line_of(g_format, level, area, message);
    [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace peyk::log
