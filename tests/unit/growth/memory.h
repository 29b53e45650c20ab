#pragma once
// How much memory a piece of work has at most: what this thread allocates with new, here and in the libraries, until it
// frees it.

#include <cstddef>
#include <functional>

namespace peyk {

// Not under AddressSanitizer, whose allocator takes the place of ours: then the work is done, and 0 is said of it.
#if __has_feature(address_sanitizer)
inline constexpr bool kMemoryIsCounted = false;
#else
inline constexpr bool kMemoryIsCounted = true;
#endif

// Bytes at the peak, above what there was before. The second of two runs, so that what is made once does not count.
std::size_t peak_memory_of(const std::function<void()>& work);

}  // namespace peyk
