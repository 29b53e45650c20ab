#include "app/hardening.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace peyk::app {

std::vector<std::string> harden_process(CoreDumps dumps) {
    std::vector<std::string> failed;
    auto check = [&](int result, std::string_view what) {
        if (result != 0) failed.push_back(fmt::format("{}: {}", what, std::strerror(errno)));
    };
    umask(077);
    if (dumps == CoreDumps::never) {
        rlimit none{0, 0};
        check(setrlimit(RLIMIT_CORE, &none), "core dumps cannot be switched off");
        check(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "memory cannot be hidden from debuggers");
    }
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "privileges cannot be given up");
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        check(setrlimit(RLIMIT_NOFILE, &files), "the limit of open files cannot be raised");
    }
    return failed;
}

std::uint64_t open_file_limit() {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    return files.rlim_cur;
}

}  // namespace peyk::app
