#pragma once
// What the process takes from itself before it opens anything.

#include <cstdint>
#include <string>
#include <vector>

namespace peyk::app {

enum class CoreDumps : unsigned char { never, allowed };

// umask 077; no core dumps and no reading of this process's memory by others of the same user; no new privileges by
// set-user-id programs; as many descriptors as the hard limit allows. Returns what could not be done, for the log.
std::vector<std::string> harden_process(CoreDumps dumps);

// Soft limit of open files after harden_process().
std::uint64_t open_file_limit();

}  // namespace peyk::app
