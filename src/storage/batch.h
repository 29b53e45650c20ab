#pragma once
// What every engine does with a batch before it writes. Engines only.

#include "storage/store.h"

namespace peyk::storage {

// bad_request with the limit that the batch breaks.
Result<> check_limits(const Batch& batch);
// Writes first + nth into every hole. The batch has passed check_limits.
void fill_holes(Batch& batch, Position first);

}  // namespace peyk::storage
