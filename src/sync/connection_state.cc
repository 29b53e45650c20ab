#include "sync/connection_state.h"

#include <algorithm>

#include "base/bytes.h"

namespace peyk::sync {

const RoomRecord* ConnectionState::find(rooms::RoomNumber room) const {
    auto at = std::lower_bound(rooms.begin(), rooms.end(), room,
                               [](const RoomRecord& record, rooms::RoomNumber number) { return record.room < number; });
    return at != rooms.end() && at->room == room ? &*at : nullptr;
}

void ConnectionState::drop_unused_configs() {
    std::vector<bool> used(configs.size());
    for (const auto& record : rooms) {
        if (record.config < used.size()) used[record.config] = true;
    }
    std::vector<std::uint8_t> moved(configs.size());
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < configs.size(); ++i) {
        if (!used[i]) continue;
        moved[i] = static_cast<std::uint8_t>(kept.size());
        kept.push_back(std::move(configs[i]));
    }
    configs = std::move(kept);
    for (auto& record : rooms) {
        if (record.config < moved.size()) record.config = moved[record.config];
    }
}

std::uint8_t ConnectionState::config(const std::string& encoded) {
    auto fits = [&] {
        std::size_t bytes = encoded.size();
        for (const auto& config : configs) bytes += config.size();
        return configs.size() < kMaxConfigs && bytes <= kMaxConfigBytes;
    };
    auto found = std::find(configs.begin(), configs.end(), encoded);
    if (found != configs.end()) return static_cast<std::uint8_t>(found - configs.begin());
    if (!fits()) return kUnknownConfig;
    configs.push_back(encoded);
    return static_cast<std::uint8_t>(configs.size() - 1);
}

std::string ConnectionState::encode() const {
    std::string out;
    put_u8(out, 1);  // version
    put_u8(out, flags);
    put_varint(out, configs.size());
    for (const auto& config : configs) put_bytes(out, config);
    put_varint(out, rooms.size());
    out.reserve(out.size() + rooms.size() * 12);
    for (const auto& record : rooms) {
        put_u64be(out, record.room);
        put_u8(out, record.flags);
        put_u8(out, record.config);
        put_varint(out, record.timeline_limit);
        put_varint(out, record.behind);
    }
    return out;
}

Result<ConnectionState> ConnectionState::decode(std::string_view bytes) {
    ByteReader reader(bytes);
    ConnectionState out;
    if (reader.u8() != 1) return fail(Errc::corrupt, "a sync connection of another version");
    out.flags = reader.u8();
    auto configs = reader.varint();
    for (std::uint64_t i = 0; i < configs && reader.ok(); ++i) out.configs.emplace_back(reader.bytes());
    auto rooms = reader.varint();
    if (reader.ok()) out.rooms.reserve(std::min<std::uint64_t>(rooms, kMaxRooms));
    for (std::uint64_t i = 0; i < rooms && reader.ok(); ++i) {
        RoomRecord record;
        record.room = reader.u64be();
        record.flags = reader.u8();
        record.config = reader.u8();
        record.timeline_limit = static_cast<std::uint32_t>(reader.varint());
        record.behind = reader.varint();
        if (record.config >= out.configs.size() && record.config != kUnknownConfig)
            return fail(Errc::corrupt, "a sync connection does not decode");
        out.rooms.push_back(record);
    }
    if (!reader.done()) return fail(Errc::corrupt, "a sync connection does not decode");
    return out;
}

}  // namespace peyk::sync
