#include "app/zip_writer.h"

#include <zlib.h>

#include <algorithm>
#include <ctime>

namespace peyk::app {
namespace {

constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr std::uint16_t kVersion = 20, kVersion64 = 45, kMadeOnUnix = 3 << 8;
constexpr std::uint16_t kUtf8 = 1 << 11;
constexpr std::uint16_t kExtra64 = 1;
constexpr std::uint64_t kMost32 = 0xffffffff;
constexpr std::uint32_t kMode = 0100600U << 16;

void put(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}
void put16(std::string& out, std::uint64_t value) { put(out, value, 2); }
void put32(std::string& out, std::uint64_t value) { put(out, value, 4); }

}  // namespace

ZipWriter::ZipWriter(std::int64_t unix_seconds) {
    std::tm tm{};
    auto seconds = static_cast<std::time_t>(unix_seconds);
    gmtime_r(&seconds, &tm);
    int year = std::clamp(tm.tm_year + 1900 - 1980, 0, 127);
    date_ = static_cast<std::uint16_t>(year << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday);
    time_ = static_cast<std::uint16_t>(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2);
}

std::uint32_t ZipWriter::crc(std::uint32_t before, std::string_view bytes) {
    return static_cast<std::uint32_t>(
        crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<z_size_t>(bytes.size())));
}

void ZipWriter::file(std::string& out, std::string name, std::string_view content) {
    begin(out, std::move(name), content.size(), crc(0, content));
    out.append(content);
}

void ZipWriter::begin(std::string& out, std::string name, std::uint64_t size, std::uint32_t crc) {
    auto before = out.size();
    const bool large = size >= kMost32;
    put32(out, kLocal);
    put16(out, large ? kVersion64 : kVersion);
    put16(out, kUtf8);
    put16(out, 0);  // stored
    put16(out, time_);
    put16(out, date_);
    put32(out, crc);
    put32(out, large ? kMost32 : size);
    put32(out, large ? kMost32 : size);
    put16(out, name.size());
    put16(out, large ? 20 : 0);
    out.append(name);
    if (large) {
        put16(out, kExtra64);
        put16(out, 16);
        put(out, size, 8);
        put(out, size, 8);
    }
    auto head = out.size() - before;
    entries_.push_back({std::move(name), size, offset_, crc});
    offset_ += head + size;
}

void ZipWriter::end(std::string& out) const {
    const auto start = out.size();
    for (const auto& entry : entries_) {
        const bool large = entry.size >= kMost32, far = entry.offset >= kMost32;
        const std::uint16_t extra = large || far ? static_cast<std::uint16_t>(4 + (large ? 16 : 0) + (far ? 8 : 0)) : 0;
        put32(out, kCentral);
        put16(out, kMadeOnUnix | kVersion64);
        put16(out, extra ? kVersion64 : kVersion);
        put16(out, kUtf8);
        put16(out, 0);
        put16(out, time_);
        put16(out, date_);
        put32(out, entry.crc);
        put32(out, large ? kMost32 : entry.size);
        put32(out, large ? kMost32 : entry.size);
        put16(out, entry.name.size());
        put16(out, extra);
        put16(out, 0);  // comment
        put16(out, 0);  // disk
        put16(out, 0);
        put32(out, kMode);
        put32(out, far ? kMost32 : entry.offset);
        out.append(entry.name);
        if (!extra) continue;
        put16(out, kExtra64);
        put16(out, extra - 4U);
        if (large) put(out, entry.size, 8);
        if (large) put(out, entry.size, 8);
        if (far) put(out, entry.offset, 8);
    }
    const auto size = out.size() - start;
    const auto count = entries_.size();
    if (count >= 0xffff || offset_ >= kMost32) {
        put32(out, kEnd64);
        put(out, 44, 8);
        put16(out, kMadeOnUnix | kVersion64);
        put16(out, kVersion64);
        put32(out, 0);
        put32(out, 0);
        put(out, count, 8);
        put(out, count, 8);
        put(out, size, 8);
        put(out, offset_, 8);
        put32(out, kLocator64);
        put32(out, 0);
        put(out, offset_ + size, 8);
        put32(out, 1);
    }
    put32(out, kEnd);
    put16(out, 0);
    put16(out, 0);
    put16(out, std::min<std::uint64_t>(count, 0xffff));
    put16(out, std::min<std::uint64_t>(count, 0xffff));
    put32(out, std::min<std::uint64_t>(size, kMost32));
    put32(out, std::min(offset_, kMost32));
    put16(out, 0);
}

}  // namespace peyk::app
