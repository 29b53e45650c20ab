#pragma once
// The store of a configuration, opened, with the record of whose it is. For the server and for commands that work
// without one.

#include <memory>

#include "app/config.h"
#include "app/identity.h"
#include "async/executor.h"
#include "storage/open.h"

namespace peyk::app {

struct OpenStore {
    std::unique_ptr<storage::Opened> opened;
    Identity identity;

    storage::Db& db() { return opened->db(); }
};

// Where the root secret of the store comes from.
storage::KeySource key_source(const Config& config);

// A new store is made when there is none, for config.server.name; an older one is brought up to date. Blocking, on
// `workers`. Errors: those of storage::open(); conflict when the store was made for another server name.
Result<OpenStore> open_store(const Config& config, Executor& workers, const Clock& clock, Random& random);

}  // namespace peyk::app
