// `peyk notice …`: through the control socket of the server that runs, or on the store itself when none does.

#include <iostream>
#include <iterator>

#include "app/cli.h"
#include "app/commands/offline.h"
#include "app/control.h"
#include "app/notices.h"
#include "core/json_text.h"

namespace peyk::app {
namespace {

Result<json::Object> send(const Config& config, json::Object request) {
    PEYK_TRY(auto answer, ask_server(config, "/notice", request, "the server tells them"));
    if (answer) return *std::move(answer);
    auto offline = open_or_complain(config);
    if (!offline) return fail(Errc::io);  // the reason is printed already
    auto& services = (*offline)->services();
    return (*offline)->run(answer_notice(services.notices(), services.users().accounts, std::move(request)));
}

}  // namespace

int run_notice(const NoticeOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
    auto text = options.text;
    if (text == "-") {
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
        while (text.ends_with('\n')) text.pop_back();
    }
    json::Object request{{"text", std::move(text)}};
    if (options.all) {
        request.set("all", true);
    } else {
        request.set("name", options.name);
    }
    auto done = send(*config, std::move(request));
    if (!done) {
        if (!done.error().detail.empty()) complain_line(done.error().detail);
        return kExitFailed;
    }
    auto sent = count_in(*done, "sent"), failed = count_in(*done, "failed");
    print("{} account{} told", sent, sent == 1 ? " was" : "s were");
    if (failed == 0) return kExitOk;
    complain("{} could not be told; the server's log says why", failed);
    return kExitFailed;
}

}  // namespace peyk::app
