#pragma once
// How the process asks the system for memory, and gives it back.

namespace peyk::app {

// Before the first thread. What is 64 kB or larger (parts of large answers, files of media) gets pages of its own that
// go back when it is freed; left alone, the allocator raises that size to the largest block it ever saw, and the heaps
// of all threads keep what one first sync of many rooms needed once. Few heaps, for the same reason.
void tune_allocator();

}  // namespace peyk::app
