#pragma once
// A ZIP archive that is written as it goes, with contents stored as they are. APPNOTE.TXT 6.3.9, sections 4.3 to 4.5.
// Stored, so that sizes are known before the bytes and no program that reads ZIP has trouble with it; pictures do not
// compress anyway.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peyk::app {

// Purpose:  headers and the directory of an archive; the caller sends what is appended, in order.
// Holds about a hundred bytes for each file until the end.
class ZipWriter {
public:
    // `unix_seconds`: the date of all files.
    explicit ZipWriter(std::int64_t unix_seconds);

    // A whole file. Names are UTF-8 with "/" between folders.
    void file(std::string& out, std::string name, std::string_view content);
    // The head of a file; exactly `size` bytes with this CRC-32 have to follow.
    void begin(std::string& out, std::string name, std::uint64_t size, std::uint32_t crc);
    // The directory, and the end of the archive.
    void end(std::string& out) const;

    std::size_t files() const { return entries_.size(); }
    static std::uint32_t crc(std::uint32_t before, std::string_view bytes);  // 0 at first

private:
    struct Entry {
        std::string name;
        std::uint64_t size, offset;
        std::uint32_t crc;
    };
    std::uint16_t date_, time_;
    std::uint64_t offset_ = 0;
    std::vector<Entry> entries_;
};

}  // namespace peyk::app
