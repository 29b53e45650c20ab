#include "storage/sweep.h"

#include <algorithm>

namespace peyk::storage {
namespace {
constexpr std::size_t kPage = 500;
}

Task<Result<std::size_t>> sweep(Db& db, const Table& table, Owner kind, ChooseOld choose, std::stop_token stop) {
    std::size_t swept = 0;
    std::string next;
    do {
        PEYK_CO_TRY(auto rows, db.walk(table, next, kPage));
        for (auto first = rows.begin(); first != rows.end() && !stop.stop_requested();) {
            auto owner = first->owner;
            auto last = std::find_if(first, rows.end(), [owner](const auto& row) { return row.owner != owner; });
            std::vector<std::string> old;
            PEYK_CO_CHECK(choose(owner, std::span(first, last), old));
            first = last;
            if (old.empty()) continue;
            Change change(db, kind, owner, db.epoch(kind, owner));
            for (const auto& rest : old) change.del(table, owner, rest);
            auto done = co_await db.commit(std::move(change));
            if (done) swept += old.size();
            if (!done && done.error().code != Errc::fenced) co_return std::unexpected(std::move(done.error()));
        }
    } while (!next.empty() && !stop.stop_requested());
    co_return swept;
}

}  // namespace peyk::storage
