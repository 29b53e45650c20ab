#include "app/allocator.h"

#include <malloc.h>

namespace peyk::app {

void tune_allocator() {
    mallopt(M_MMAP_THRESHOLD, 64 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
    mallopt(M_ARENA_MAX, 4);
}

}  // namespace peyk::app
