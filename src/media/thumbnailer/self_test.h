#pragma once

namespace peyk::media::thumbnailer {

// Closes the sandbox and then does what the name says: open, open-landlock, socket, fork, exec, executable-memory,
// kill, write-elsewhere, read-input, memory, spin, sleep. Returns an Exit; being killed is the expected end of most.
int self_test(const char* name);

}  // namespace peyk::media::thumbnailer
