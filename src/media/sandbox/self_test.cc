#include "media/sandbox/self_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "media/sandbox/child.h"

namespace peyk::media::sandbox {
namespace {

bool try_memory() {
    // More than the limit of address space, touched so that it is real.
    constexpr std::size_t kBytes = 512ULL << 20;
    void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    std::memset(memory, 1, kBytes);
    return true;
}

bool try_exec() {
    char name[] = "/bin/true";
    char* arguments[] = {name, nullptr};
    char* environment[] = {nullptr};
    return execve(name, arguments, environment) == 0;
}

bool attempt(std::string_view name) {
    if (name == "open" || name == "open-landlock") return open("/etc/passwd", O_RDONLY) >= 0;
    if (name == "socket") return syscall(SYS_socket, 2, 1, 0) >= 0;  // AF_INET, SOCK_STREAM
    if (name == "fork") return fork() >= 0;
    if (name == "exec") return try_exec();
    if (name == "executable-memory")
        return mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
    if (name == "kill") return kill(1, 0) == 0;
    if (name == "write-elsewhere") return write(2, "x", 1) == 1;
    if (name == "read-input") return lseek(kInput, 0, SEEK_SET) == 0;
    if (name == "memory") return try_memory();
    if (name == "spin")
        for (volatile unsigned turn = 0;; turn = turn + 1) {
        }
    if (name == "sleep")
        for (;;) sleep(1000);
    return true;
}

}  // namespace

int self_test(const char* name, const Limits& limits) {
    Parts parts;
    parts.seccomp = std::string_view(name) != "open-landlock";
    if (!enter(limits, parts)) return kNoSandbox;
    return attempt(name) ? kSurvived : kRefused;
}

}  // namespace peyk::media::sandbox
