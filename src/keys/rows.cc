#include "keys/rows.h"

#include "base/bytes.h"

namespace peyk::keys {
namespace {
constexpr std::size_t kPage = 1000;
}

std::string key_of(std::uint64_t number) {
    std::string key;
    put_u64be(key, number);
    return key;
}

std::string key_of(std::uint64_t first, std::uint64_t second) {
    auto key = key_of(first);
    put_u64be(key, second);
    return key;
}

std::string key_of(std::uint64_t number, std::string_view tail) { return key_of(number).append(tail); }

Task<Result<void>> remove_rows(storage::Db& db, const storage::Table& table, std::uint64_t user_number,
                               std::string prefix) {
    while (true) {
        storage::Change change(db, storage::Owner::user, user_number, db.epoch(storage::Owner::user, user_number));
        PEYK_CO_TRY(auto rows, db.scan_prefix(table, user_number, prefix, kPage));
        if (rows.empty()) co_return Result<void>{};
        for (const auto& row : rows) {
            if (table.seal == storage::Seal::row) change.puncture(table, user_number, get_u64be(row.rest.data()));
            change.del(table, user_number, row.rest);
        }
        PEYK_CO_TRY([[maybe_unused]] auto position, co_await db.commit(std::move(change)));
        if (rows.size() < kPage) co_return Result<void>{};
    }
}

Result<void> remove_rows(storage::Db& db, storage::Change& change, const storage::Table& table,
                         std::uint64_t user_number, std::string_view prefix) {
    // A change with more deletions than this would be near the limit of a batch.
    constexpr std::size_t kMost = 5000;
    PEYK_TRY(auto rows, db.scan_prefix(table, user_number, prefix, kMost));
    for (const auto& row : rows) change.del(table, user_number, row.rest);
    return {};
}

}  // namespace peyk::keys
