#include "storage/hollow.h"

#include <array>

#include "base/bytes.h"
#include "storage/store.h"
#include "storage/vault.h"

namespace peyk::storage {
namespace {

constexpr std::size_t kKeyPrefix = 1 + 8;  // table, owner
constexpr std::size_t kRowBytes = 8;
constexpr std::uint8_t kHole = 0x10;  // sealer.h

}  // namespace

Hollow hollow_destroyed(const Vault& vault, Catalog catalog) {
    std::array<const Table*, 256> by_id{};
    for (const auto* table : catalog.tables) {
        if (table->seal == Seal::row) by_id[table->id] = table;
    }
    return [&vault, by_id](std::string_view key, std::string_view value) -> std::optional<std::string> {
        if (key.size() < kKeyPrefix + kRowBytes) return std::nullopt;
        const auto* table = by_id[static_cast<std::uint8_t>(key[0])];
        if (!table) return std::nullopt;
        ByteReader in(value);
        if (table->stamped) in.u64be();
        if (table->headed) in.bytes();
        auto body = in.rest();
        if (!in.ok() || body.empty()) return std::nullopt;
        ByteReader sealed(body);
        if (sealed.u8() & kHole) sealed.u8();
        KeyName name{.slot = sealed.varint(), .table = table->id, .row = get_u64be(key.data() + kKeyPrefix)};
        if (!sealed.ok() || vault.key(name)) return std::nullopt;
        return std::string(value.substr(0, value.size() - body.size()));
    };
}

}  // namespace peyk::storage
