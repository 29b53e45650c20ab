#pragma once
// Brings the rows of an older store up to what this program reads and writes. docs/decisions/0106-migrations.md

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "async/task.h"
#include "storage/db.h"

namespace peyk::storage {

// The form of the rows of a store, all tables together: 1 is that of stores that do not say. Apart from it, the engine,
// the key table, files and sealed values carry versions of their own, since what reads them reads no rows.
using ContentFormat = std::uint32_t;
inline constexpr ContentFormat kFirstFormat = 1;

// One step, from the format before `to`. A crash may cut it short or come before the store says `to`, and then it runs
// again: what is done already must be passed over.
struct Migration {
    ContentFormat to = 0;
    std::string_view about;  // for the log: what becomes of the rows
    std::function<Task<Result<void>>(Db&)> run;
};

// That of the last step; kFirstFormat without any.
ContentFormat newest_format(std::span<const Migration> steps);

// Blocking read.
Result<ContentFormat> content_format(const Db& db);

// unsupported when the store's is newer than `known`: nothing may be written to it then.
Result<> check_format(const Db& db, ContentFormat known);

// Runs the steps that the store has not had, in order, and writes down each when it is done; a store without any row
// gets the newest format and no step. Nobody else may use the store meanwhile. Errors: those of the steps and of
// Db::commit; the store has then the format that the last whole step gave it. unsupported as above. Blocking; the steps
// run on `workers`.
Result<> migrate(Db& db, std::span<const Migration> steps, Executor& workers);

}  // namespace peyk::storage
