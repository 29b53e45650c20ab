#include "storage/log_scan.h"

#include <rocksdb/file_system.h>

namespace peyk::storage {
namespace {

// RocksDB's log: blocks of 32 KiB; in them fragments of checksum u32le, length u16le, type u8, bytes. The checksum is a
// masked CRC-32C of type and bytes.
constexpr std::size_t kBlock = 32 * 1024;
constexpr std::size_t kHeader = 7;
enum Type : std::uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        auto crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) ? (crc >> 1) ^ 0x82f63b78U : crc >> 1;
        table[i] = crc;
    }
    return table;
}();

std::uint32_t masked_crc(std::string_view bytes) {
    auto crc = ~0U;
    for (char byte : bytes) crc = kCrcTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ (crc >> 8);
    crc = ~crc;
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

std::uint32_t little_endian(std::string_view bytes) {
    std::uint32_t out = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) out = out << 8 | static_cast<unsigned char>(bytes[i]);
    return out;
}

struct Fragment {
    std::uint8_t type = 0;
    std::size_t end = 0;
};

// nullopt: no intact fragment there.
std::optional<Fragment> fragment_at(std::string_view log, std::size_t at) {
    if (at + kHeader > log.size()) return std::nullopt;
    auto length = little_endian(log.substr(at + 4, 2));
    Fragment fragment{static_cast<std::uint8_t>(log[at + 6]), at + kHeader + length};
    bool possible = fragment.type >= kFull && fragment.type <= kLast && fragment.end <= log.size() &&
                    fragment.end <= (at / kBlock + 1) * kBlock;
    if (!possible || masked_crc(log.substr(at + 6, 1 + length)) != little_endian(log.substr(at, 4)))
        return std::nullopt;
    return fragment;
}

std::size_t next_block(std::size_t at) { return (at / kBlock + 1) * kBlock; }

// Behind a damaged fragment it is not known where the next one begins: the first place of the same block where one
// stands intact that begins a group, or the next block. A group that was cut off has nothing intact behind it.
std::size_t next_beginning(std::string_view log, std::size_t damaged) {
    auto end = std::min(next_block(damaged), log.size());
    for (auto at = damaged + 1; at + kHeader <= end; ++at) {
        auto fragment = fragment_at(log, at);
        if (fragment && (fragment->type == kFull || fragment->type == kFirst)) return at;
    }
    return next_block(damaged);
}

}  // namespace

bool damaged_in_the_middle(std::string_view log) {
    bool damaged = false;
    bool inside = false;  // of a group whose fragments were all intact so far
    for (std::size_t at = 0; at + kHeader <= log.size();) {
        // The rest of a block that is too short for a header is filled with zeros.
        if (next_block(at) - at < kHeader) {
            at = next_block(at);
            continue;
        }
        auto fragment = fragment_at(log, at);
        if (!fragment) {
            damaged = true;
            inside = false;
            at = next_beginning(log, at);
            continue;
        }
        bool whole = fragment->type == kFull || (fragment->type == kLast && inside);
        if (whole && damaged) return true;
        inside = fragment->type == kFirst || (fragment->type == kMiddle && inside);
        at = fragment->end;
    }
    return false;
}

Result<> scan_logs(rocksdb::FileSystem& files, const std::filesystem::path& dir) {
    const rocksdb::IOOptions options;
    std::vector<std::string> names;
    if (!files.GetChildren(dir.string(), options, &names, nullptr).ok()) return {};  // a new store
    for (const auto& name : names) {
        if (!name.ends_with(".log")) continue;
        auto path = (dir / name).string();
        std::string bytes;
        auto status = rocksdb::ReadFileToString(&files, path, &bytes);
        if (!status.ok()) return fail(Errc::corrupt, fmt::format("{} cannot be read: {}", path, status.ToString()));
        if (damaged_in_the_middle(bytes)) {
            return fail(Errc::corrupt, fmt::format("{} is damaged before its end: what was answered would be missing. "
                                                   "Restore from a backup",
                                                   path));
        }
    }
    return {};
}

}  // namespace peyk::storage
