// What is freed is overwritten: a message that was deleted, a password, a token would otherwise stay in the heap until
// something else happens to come to the same place, and in any copy that is made of the memory meanwhile. These take
// the place of the library's operators for the whole program, its C++ libraries included.

#include <malloc.h>
#include <string.h>

#include <cstdlib>
#include <new>

// The sanitizers bring operators of their own, and look at what was freed.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !__has_feature(address_sanitizer) && \
    !__has_feature(thread_sanitizer)

namespace {

// Of glibc: the word in front of a block is its size, whose second bit says that it has pages of its own. These go
// back to the system, and may be many that nobody ever touched.
bool has_own_pages(const void* block) { return (static_cast<const std::size_t*>(block)[-1] & 2) != 0; }

void wipe_and_free(void* block) noexcept {
    if (!block) return;
    if (!has_own_pages(block)) explicit_bzero(block, malloc_usable_size(block));
    std::free(block);
}

}  // namespace

void operator delete(void* block) noexcept { wipe_and_free(block); }
void operator delete[](void* block) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::size_t) noexcept { wipe_and_free(block); }
void operator delete[](void* block, std::size_t) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::align_val_t) noexcept { wipe_and_free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { wipe_and_free(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { wipe_and_free(block); }

#endif
