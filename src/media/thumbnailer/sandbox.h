#pragma once
// Closes the process off: from enter() on it can compute, allocate memory, and write to one descriptor. Nothing else.

namespace peyk::media::thumbnailer {

struct SandboxParts {
    bool landlock = true;
    bool seccomp = true;
};

// Before anything is read: no inheritance of descriptors, no core dumps, no new privileges, no capabilities, dies with
// the server. False: the kernel refused.
bool prepare_process();

// No file by Landlock (where the kernel has it), system calls by an allow-list (always), limits of memory, processor
// time and output. Works for any user, root included, and needs no privilege. False: a part was refused; the caller
// must exit. The parts can be left out one by one for the self-test only.
bool enter_sandbox(int output, SandboxParts parts = {});

}  // namespace peyk::media::thumbnailer
