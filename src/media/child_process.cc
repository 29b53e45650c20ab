#include "media/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
extern "C" {  // the header of glibc 2.36 does not say so itself
#include <sys/pidfd.h>
}
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "media/sandbox/child.h"

namespace peyk::media {
namespace {

Error cannot_start(int error) {
    return Error{Errc::unavailable, fmt::format("A child process cannot be started: {}", std::strerror(error))};
}

// posix_spawn's attributes, freed at the end. Descriptors are handed over by dup2, everything above them is closed.
class SpawnPlan {
public:
    SpawnPlan(int input, int output) {
        posix_spawn_file_actions_init(&files_);
        posix_spawnattr_init(&attributes_);
        for (int standard : {0, 1, 2}) posix_spawn_file_actions_addopen(&files_, standard, "/dev/null", O_RDWR, 0);
        posix_spawn_file_actions_adddup2(&files_, input, sandbox::kInput);
        posix_spawn_file_actions_adddup2(&files_, output, sandbox::kOutput);
        posix_spawn_file_actions_addclosefrom_np(&files_, sandbox::kOutput + 1);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&files_);
        posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    Result<pid_t> start(const std::filesystem::path& program, std::vector<std::string>& arguments) const {
        std::string name = program.filename().string();
        std::vector<char*> pointers{name.data()};
        for (auto& argument : arguments) pointers.push_back(argument.data());
        pointers.push_back(nullptr);
        char* environment[] = {nullptr};
        pid_t child = 0;
        const int error = posix_spawn(&child, program.c_str(), &files_, &attributes_, pointers.data(), environment);
        if (error != 0) return fail(cannot_start(error));
        return child;
    }

private:
    posix_spawn_file_actions_t files_;
    posix_spawnattr_t attributes_;
};

// A duplicate above the numbers that the child uses, so that one dup2 cannot overwrite the source of the other.
Result<Fd> out_of_the_way(int fd) {
    Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 16));
    if (!copy) return fail(cannot_start(errno));
    return copy;
}

}  // namespace

std::filesystem::path find_child(const std::string& name) {
    std::error_code error;
    const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (const char* folder : {".", "../lib/peyk", "../libexec/peyk", "..", "../..", "../../.."}) {
        auto path = beside / folder / name;
        if (std::filesystem::is_regular_file(path, error)) return path.lexically_normal();
    }
    return beside / name;
}

Result<MemoryFile> MemoryFile::create(const char* name) {
    Fd fd(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return fail(Errc::unavailable, fmt::format("no memory file: {}", std::strerror(errno)));
    return MemoryFile(std::move(fd));
}

Result<void> MemoryFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = write(fd_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return fail(Errc::unavailable, "no memory for the input of a child process");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> MemoryFile::seal() {
    if (fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return fail(Errc::unavailable, fmt::format("a memory file cannot be sealed: {}", std::strerror(errno)));
    return {};
}

Result<std::string> MemoryFile::read_all(std::size_t max) const {
    struct stat about{};
    if (fstat(fd_.get(), &about) != 0 || about.st_size < 0 || static_cast<std::size_t>(about.st_size) > max)
        return fail(Errc::too_large, "the answer of a child process is too long");
    std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t have = 0;
    while (have < bytes.size()) {
        const auto got = pread(fd_.get(), bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return fail(Errc::io, "the answer of a child process cannot be read");
        have += static_cast<std::size_t>(got);
    }
    return bytes;
}

Result<ChildEnd> run_child(const std::filesystem::path& program, std::vector<std::string> arguments, int input,
                           int output, Millis time) {
    PEYK_TRY(const Fd in, out_of_the_way(input));
    PEYK_TRY(const Fd out, out_of_the_way(output));
    const SpawnPlan plan(in.get(), out.get());
    PEYK_TRY(const pid_t child, plan.start(program, arguments));
    const Fd handle(pidfd_open(child, 0));
    const auto until = std::chrono::steady_clock::now() + time;
    ChildEnd end;
    for (;;) {
        const auto left = std::chrono::duration_cast<Millis>(until - std::chrono::steady_clock::now()).count();
        pollfd ended{handle.get(), POLLIN, 0};
        const int ready = handle && left > 0 ? poll(&ended, 1, static_cast<int>(left)) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) {
            end.timed_out = true;
            kill(child, SIGKILL);  // not reaped yet, so the number is still this child's
        }
        break;
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return fail(Errc::internal, "a child process was reaped by someone else");
    }
    end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    return end;
}

}  // namespace peyk::media
