#pragma once
// Closes a child process off: from enter() on it can compute, allocate memory, and write its answer. Nothing else.

#include <cstdint>

namespace peyk::media::sandbox {

struct Limits {
    std::uint64_t memory;       // bytes above what is in use at enter()
    std::uint64_t output;       // bytes of the answer
    std::uint64_t cpu_seconds;  // of all threads together
};

struct Parts {
    bool landlock = true;
    bool seccomp = true;
};

// Before anything is read: no inheritance of descriptors, no core dumps, no new privileges, no capabilities, dies with
// the server. False: the kernel refused.
bool prepare_process();

// No file by Landlock (where the kernel has it), system calls by an allow-list (always), limits of memory, processor
// time and output. Works for any user, root included, and needs no privilege. False: a part was refused; the caller
// must exit. The parts can be left out one by one for the self-test only.
bool enter(const Limits& limits, Parts parts = {});

}  // namespace peyk::media::sandbox
