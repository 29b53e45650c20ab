// peyk-pagereader: one page in, what a preview is made of out, one process each, behind a sandbox. See protocol.h.

#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "media/pagereader/charset.h"
#include "media/pagereader/page.h"
#include "media/pagereader/protocol.h"
#include "media/sandbox/channel.h"
#include "media/sandbox/child.h"
#include "media/sandbox/sandbox.h"
#include "media/sandbox/self_test.h"

namespace peyk::media::pagereader {
namespace {

// The page as text, and what the parser needs beside it.
constexpr sandbox::Limits kLimits{.memory = 128ULL << 20, .output = kMaxOutput, .cpu_seconds = 2};

int run(int count, char** arguments) {
    if (!sandbox::prepare_process()) return sandbox::kNoSandbox;
    start_reader();
    if (count == 3 && std::string_view(arguments[1]) == "--self-test") return sandbox::self_test(arguments[2], kLimits);
    if (count != 2) {
        std::fputs("peyk-pagereader is started by peyk and is of no use by hand\n", stderr);
        return sandbox::kUsage;
    }
    const auto page = sandbox::map_input();
    if (!page) return sandbox::kUsage;
    if (!sandbox::enter(kLimits)) return sandbox::kNoSandbox;
    const auto text = to_utf8(*page, encoding_of(*page, arguments[1]), kMaxText);
    const auto findings = read_page(text);
    if (!sandbox::write_answer(findings.data(), findings.size())) return sandbox::kUsage;
    return kDone;
}

}  // namespace
}  // namespace peyk::media::pagereader

int main(int count, char** arguments) {
    // _exit: no destructors of libraries, which would run into the sandbox.
    _exit(peyk::media::pagereader::run(count, arguments));
}
