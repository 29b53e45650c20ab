#include "appservices/network_rooms.h"

#include "appservices/tables.h"
#include "base/bytes.h"

namespace peyk::appservices {
namespace {
constexpr std::uint64_t kServer = 0;  // the owner number of the server's rows
constexpr std::size_t kPage = 500;
}  // namespace

Task<Result<void>> NetworkRooms::set(std::string instance, RoomId room, bool published) {
    auto key = rooms::number_key(db_.number(room.view())) + db_.digest("network", instance);
    storage::Change change(db_, storage::Owner::server, kServer, db_.epoch(storage::Owner::server, kServer));
    if (published) {
        change.put(kNetworkRooms, kServer, key, room.view());
    } else {
        change.del(kNetworkRooms, kServer, key);
    }
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<void>> NetworkRooms::forget(RoomId room) {
    auto prefix = rooms::number_key(db_.number(room.view()));
    for (;;) {
        PEYK_CO_TRY(auto rows, db_.scan_prefix(kNetworkRooms, kServer, prefix, kPage));
        if (rows.empty()) co_return Result<void>{};
        storage::Change change(db_, storage::Owner::server, kServer, db_.epoch(storage::Owner::server, kServer));
        for (const auto& row : rows) change.del(kNetworkRooms, kServer, row.rest);
        PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    }
}

Result<std::vector<rooms::Directory::Published>> NetworkRooms::list(std::optional<std::string_view> instance,
                                                                    rooms::RoomNumber after, std::size_t limit) const {
    auto wanted = instance ? db_.digest("network", *instance) : std::string();
    std::vector<rooms::Directory::Published> out;
    auto from = after ? rooms::number_key(after + 1) : std::string();
    for (;;) {
        PEYK_TRY(auto rows, db_.scan(kNetworkRooms, kServer, from, "", kPage));
        for (auto& row : rows) {
            if (row.rest.size() != 24 || (instance && std::string_view(row.rest).substr(8) != wanted)) continue;
            auto number = get_u64be(row.rest.data());
            if (!out.empty() && out.back().number == number) continue;
            if (out.size() == limit) return out;
            out.push_back({RoomId::trusted(std::move(row.body)), number});
        }
        if (rows.size() < kPage) return out;
        from = rows.back().rest + '\0';
    }
}

}  // namespace peyk::appservices
