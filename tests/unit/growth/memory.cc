#include "memory.h"

#if __has_feature(address_sanitizer)

namespace peyk {

std::size_t peak_memory_of(const std::function<void()>& work) {
    work();
    return 0;
}

}  // namespace peyk

#else

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace peyk {
namespace {

thread_local std::ptrdiff_t t_live = 0, t_peak = 0;

void* allocated(void* at) {
    if (!at) std::abort();  // a test that has no memory left is over
    t_live += static_cast<std::ptrdiff_t>(malloc_usable_size(at));
    t_peak = std::max(t_peak, t_live);
    return at;
}

void freed(void* at) {
    if (at) t_live -= static_cast<std::ptrdiff_t>(malloc_usable_size(at));
    std::free(at);
}

}  // namespace

std::size_t peak_memory_of(const std::function<void()>& work) {
    work();
    t_live = t_peak = 0;
    work();
    return static_cast<std::size_t>(t_peak);
}

}  // namespace peyk

// Every other form of them leads here.
void* operator new(std::size_t size) { return peyk::allocated(std::malloc(size ? size : 1)); }
void* operator new(std::size_t size, std::align_val_t align) {
    auto unit = static_cast<std::size_t>(align);
    return peyk::allocated(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void operator delete(void* at) noexcept { peyk::freed(at); }
void operator delete(void* at, std::size_t) noexcept { peyk::freed(at); }
void operator delete(void* at, std::align_val_t) noexcept { peyk::freed(at); }
void operator delete(void* at, std::size_t, std::align_val_t) noexcept { peyk::freed(at); }

#endif
