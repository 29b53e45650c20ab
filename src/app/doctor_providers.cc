// What the doctor says about sign-in providers: whether they answer as the server will need it.

#include "app/doctor.h"
#include "app/options.h"
#include "async/executor.h"
#include "async/task.h"
#include "http/client/client.h"
#include "oauth/providers/provider.h"

namespace peyk::app {
namespace {

std::string advice_for(const oauth::ProviderOptions& provider, oauth::Fault fault) {
    if (fault == oauth::Fault::unreachable)
        return "nobody can sign in through it now; see whether it runs, its name resolves, and its certificate is of "
               "an authority that is trusted here (network.extra_ca_files)";
    if (provider.kind == oauth::ProviderKind::cas)
        return "compare issuer and validation in [[auth.provider]] with the address of the CAS server: what stands "
               "before "
               "/login";
    return "compare issuer and client in [[auth.provider]] with what the provider says at its address "
           "/.well-known/openid-configuration";
}

}  // namespace

void examine_providers(const Config& config, Findings& out) {
    if (config.providers.empty()) return;
    auto client = http::Client::make(client_options(config));
    if (!client) {
        out.push_back({Severity::error, "sign-in", client.error().detail, "correct network.extra_ca_files"});
        return;
    }
    SystemClock clock;
    WorkerPool pool("doctor", 1);
    for (const auto& one : config.providers) {
        auto provider = oauth::make_provider(one.options, **client, clock);
        auto good = run_blocking(pool, provider->check());
        if (one.options.accounts_by_name && config.registration.mode != RegistrationMode::closed)
            out.push_back(
                {Severity::warning, "sign-in",
                 fmt::format("whoever registers a name has the account of the person whom the provider \"{}\" "
                             "calls so",
                             one.options.id),
                 "set registration.mode = \"closed\", or accounts_by_name = false"});
        if (good) {
            out.push_back({Severity::good, "sign-in", fmt::format("the provider \"{}\" answers", one.options.id)});
        } else {
            out.push_back({Severity::error, "sign-in",
                           fmt::format("the provider \"{}\": {}", one.options.id, good.error().why),
                           advice_for(one.options, good.error().fault)});
        }
    }
    pool.stop();
    (*client)->stop();
}

}  // namespace peyk::app
