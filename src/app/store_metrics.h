#pragma once
// What the metrics say of the store.

#include "base/metrics.h"
#include "storage/open.h"

namespace peyk::app {

// `opened` outlives the registry's traffic.
void add_store_metrics(metrics::Registry& registry, storage::Opened& opened);

}  // namespace peyk::app
