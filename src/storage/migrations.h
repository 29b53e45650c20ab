#pragma once
// Brings the rows of an older store up to what this program reads and writes. docs/decisions/0106-migrations.md

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "async/task.h"
#include "storage/db.h"

namespace peyk::storage {

// ContentFormat is the form of the rows of a store, all tables together. Apart from it, the engine, the key table,
// files and sealed values carry versions of their own, since what reads them reads no rows.

// One step, from the format before `to`. A crash may cut it short or come before the store says `to`, and then it runs
// again: what is done already must be passed over. Without `run` the rows that are there stay as they are: whoever
// reads them asks Db::made_with().
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
// gets the newest format and no step. From then on Db::made_with() is right. Nobody else may use the store meanwhile.
// Errors: those of the steps and of Db::commit; the store has then the format that the last whole step gave it.
// unsupported as above. Blocking; the steps run on `workers`.
Result<> migrate(Db& db, std::span<const Migration> steps, Executor& workers);

}  // namespace peyk::storage
