#include "media/sandbox/sandbox.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <initializer_list>

#include "media/sandbox/child.h"

namespace peyk::media::sandbox {
namespace {

bool limit(int resource, rlim_t value) {
    rlimit both{value, value};
    return setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0;
}

// The address space in use now, from /proc/self/statm (pages).
std::uint64_t address_space() {
    unsigned long pages = 0;
    if (FILE* file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
        std::fclose(file);
    }
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// All rights over files that a kernel of this ABI can take away; no rule is added, so none is left.
// Landlock missing or switched off is no error: the list of system calls has no call that names a file.
bool forbid_files() {
    auto abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 0) return errno == ENOSYS || errno == EOPNOTSUPP;
    // The kernel's header of the build machine may be older than the running kernel: the layout and bits by hand.
    struct {
        std::uint64_t files, network, scoped;
    } rights{};
    rights.files = (1ULL << 13) - 1;           // ABI 1: execute … make symlink
    if (abi >= 2) rights.files |= 1ULL << 13;  // refer
    if (abi >= 3) rights.files |= 1ULL << 14;  // truncate
    if (abi >= 5) rights.files |= 1ULL << 15;  // device ioctl
    if (abi >= 4) rights.network = 3;          // bind, connect
    if (abi >= 6) rights.scoped = 3;           // abstract sockets, signals
    const std::size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    auto ruleset = static_cast<int>(syscall(SYS_landlock_create_ruleset, &rights, size, 0));
    if (ruleset < 0) return false;
    bool closed = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return closed;
}

// Conditions on the value of an argument. (libseccomp's macros are C.)
scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

class Filter {
public:
    Filter() : context_(seccomp_init(SCMP_ACT_KILL_PROCESS)) {}
    ~Filter() { seccomp_release(context_); }
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;

    void allow(int call) { add(SCMP_ACT_ALLOW, call); }
    template <class... Conditions>
    void allow_if(int call, Conditions... conditions) {
        ok_ = ok_ && seccomp_rule_add(context_, SCMP_ACT_ALLOW, call, sizeof...(conditions), conditions...) == 0;
    }
    void refuse(int call, int error) { add(SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), call); }
    bool load() {
        ok_ = ok_ && seccomp_attr_set(context_, SCMP_FLTATR_CTL_TSYNC, 1) == 0;
        ok_ = ok_ && seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;
        return ok_ && seccomp_load(context_) == 0;
    }
    explicit operator bool() const { return context_ != nullptr; }

private:
    void add(std::uint32_t action, int call) { ok_ = ok_ && seccomp_rule_add(context_, action, call, 0) == 0; }
    scmp_filter_ctx context_;
    bool ok_ = true;
};

// Anything that is not here kills the process: opening files, sockets, processes, signals to others, ptrace, io_uring….
bool allow_list() {
    Filter filter;
    if (!filter) return false;
    // Memory, but never executable memory.
    for (int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) filter.allow_if(call, masked(2, PROT_EXEC, 0));
    for (int call : {SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk)}) filter.allow(call);
    // The answer.
    filter.allow_if(SCMP_SYS(write), equals(0, kOutput));
    // Threads of this process (the decoder's pipeline has two), never processes. clone3 hides its flags behind a
    // pointer: told that it does not exist, the C library falls back to clone.
    constexpr scmp_datum_t kThread = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
    filter.allow_if(SCMP_SYS(clone), masked(0, kThread, kThread));
    filter.refuse(SCMP_SYS(clone3), ENOSYS);
    for (int call : {SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
                     SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(rt_sigprocmask),
                     SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(getrandom),
                     SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(exit),
                     SCMP_SYS(exit_group)})
        filter.allow(call);
    // Thread names; harmless, and GLib sets them.
    filter.allow_if(SCMP_SYS(prctl), equals(0, PR_SET_NAME));
    // GLib asks for the scheduling of threads that it makes and is content with a refusal.
    filter.refuse(SCMP_SYS(sched_getattr), EPERM);
    filter.refuse(SCMP_SYS(sched_setattr), EPERM);
    return filter.load();
}

// A server that runs as root hands nothing of it down. A service manager's filter may refuse the call as such: that is
// no harm to a process that has nothing to drop.
bool drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    if (syscall(SYS_capset, &header, none) == 0) return true;
    __user_cap_data_struct held[2] = {};
    if (syscall(SYS_capget, &header, held) != 0) return false;
    return std::ranges::all_of(held, [](const auto& set) { return (set.permitted | set.inheritable) == 0; });
}

}  // namespace

bool prepare_process() {
    const pid_t server = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != server) return false;
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    if (syscall(SYS_close_range, kOutput + 1, ~0U, 0) != 0 && errno != ENOSYS) return false;
    return drop_capabilities() && limit(RLIMIT_CORE, 0);
}

bool enter(const Limits& limits, Parts parts) {
    const std::uint64_t in_use = address_space();
    // Files first: making a Landlock ruleset needs one more descriptor.
    if (parts.landlock && !forbid_files()) return false;
    if (!limit(RLIMIT_AS, in_use + limits.memory) || !limit(RLIMIT_CPU, limits.cpu_seconds) ||
        !limit(RLIMIT_FSIZE, limits.output) || !limit(RLIMIT_NOFILE, kOutput + 1) || !limit(RLIMIT_MEMLOCK, 0))
        return false;
    return !parts.seccomp || allow_list();
}

}  // namespace peyk::media::sandbox
