#pragma once
// Who this server is, as its store says.

#include <string>

#include "async/task.h"
#include "base/clock.h"
#include "base/random.h"
#include "core/signing.h"
#include "storage/db.h"

namespace peyk::app {

enum class Trial : bool { no, yes };

struct Identity {
    std::string server_name;
    std::uint32_t created_day = 0;  // days since 1970
    Trial trial = Trial::no;        // never talks with other servers
    SigningKey signing_key;         // the newest
};

// nullopt: a new store. Blocking reads. Errors: corrupt.
Result<std::optional<Identity>> read_identity(storage::Db& db);
// Makes a signing key and writes both rows in one batch. The store must be new.
Task<Result<Identity>> make_identity(storage::Db& db, std::string server_name, Trial trial, const Clock& clock,
                                     Random& random);

// Such names cannot be reached by other servers: localhost and its kin.
bool is_trial_name(std::string_view server_name);

}  // namespace peyk::app
