#pragma once
// How much memory a piece of work has at most: what this thread allocates with new, here and in the libraries, until it
// frees it.

#include <cstddef>
#include <functional>

namespace peyk {

// Bytes at the peak, above what there was before. The second of two runs, so that what is made once does not count.
std::size_t peak_memory_of(const std::function<void()>& work);

}  // namespace peyk
