#pragma once
// Deleting what has grown old, table by table, beside traffic.

#include <functional>
#include <span>
#include <stop_token>

#include "async/task.h"
#include "storage/db.h"

namespace peyk::storage {

// Shown all rows of one owner on one page, adds the rests of those to delete.
using ChooseOld =
    std::function<Result<void>(std::uint64_t owner, std::span<const Db::Walked> rows, std::vector<std::string>& old)>;

// Walks a table owner by owner and deletes what `choose` names, one batch for each owner on a page. Answers how many
// rows. Blocking reads; heeds `stop` between owners. A fenced batch is passed over: the next sweep finds its rows
// again. Errors: of the store and of `choose`; what was deleted until then stays deleted.
Task<Result<std::size_t>> sweep(Db& db, const Table& table, Owner kind, ChooseOld choose, std::stop_token stop);

}  // namespace peyk::storage
