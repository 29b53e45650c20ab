#pragma once
// One piece of work on several threads at once, for answers that one core takes too long for.

#include <cstddef>
#include <functional>

#include "async/executor.h"

namespace peyk {

// Runs job(0) … job(count - 1), each once, on this thread and on up to `helpers` threads of `pool` as far as they are
// free; returns when all are done, and throws what the first failing one threw. Blocks: workers only. No thread of the
// pool needs to be free, so callers cannot starve each other. Jobs must not wait for each other.
void run_in_parallel(Executor& pool, std::size_t helpers, std::size_t count,
                     const std::function<void(std::size_t)>& job);

}  // namespace peyk
