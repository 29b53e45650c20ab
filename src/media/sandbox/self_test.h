#pragma once

#include "media/sandbox/sandbox.h"

namespace peyk::media::sandbox {

// Closes the sandbox and then does what the name says: open, open-landlock, socket, fork, exec, executable-memory,
// kill, write-elsewhere, read-input, memory (512 MiB), spin, sleep. Returns an Exit; being killed is the expected end
// of most.
int self_test(const char* name, const Limits& limits);

}  // namespace peyk::media::sandbox
