// `peyk ca …`: the certificate authority of the server's own.

#include <ctime>

#include "app/authority.h"
#include "app/cli.h"
#include "app/console.h"
#include "app/control.h"
#include "core/json_text.h"

namespace peyk::app {
namespace {

std::string day_of(const json::Object& facts, std::string_view key) {
    const auto* value = facts.find(key);
    auto seconds = static_cast<std::time_t>((value ? value->integer().value_or(0) : 0) / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

std::string names_in(const json::Object& facts, std::string_view key) {
    std::string out;
    const auto* value = facts.find(key);
    if (!value || !value->array()) return out;
    for (const auto& name : *value->array()) {
        if (name.string()) out += (out.empty() ? "" : ", ") + *name.string();
    }
    return out;
}

void print_facts(const json::Object& facts, const Config& config, Output output) {
    if (output == Output::json) {
        print_line(json::write(facts));
        return;
    }
    print("authority    until {}, may sign for {}", day_of(facts, "authority_ends"), names_in(facts, "permitted"));
    print("certificate  until {}, for {}", day_of(facts, "certificate_ends"), names_in(facts, "names"));
    print("fingerprint  {}", text_in(facts, "fingerprint"));
    if (auto missing = names_in(facts, "missing"); !missing.empty()) {
        print("missing      {}", missing);
        note(
            "The certificate should also be for what is missing, but the authority may not sign for all of it. `peyk "
            "ca");
        note("renew --new-authority` makes one that may, which everybody installs from {}/_peyk/ca.",
             config.base_url());
    }
}

// Through the server that runs, so that it takes the files up at once and they stay its own; else here.
Result<json::Object> renew(const Config& config, const CaOptions& options) {
    json::Array names;
    for (const auto& name : options.names) names.emplace_back(name);
    json::Object request{{"names", std::move(names)}, {"new_ca", options.new_authority}};
    PEYK_TRY(auto answer, ask_server(config, "/ca/renew", request, "the server renews its certificate"));
    if (answer) return *std::move(answer);
    SystemClock clock;
    Authority authority(config, clock);
    return authority.renew({options.names, options.new_authority});
}

bool flag_in(const json::Object& facts, std::string_view key) {
    const auto* value = facts.find(key);
    return value && value->boolean().value_or(false);
}

}  // namespace

int run_ca_show(const CaOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
    auto facts = describe_authority(*config);
    if (!facts) {
        complain_line(facts.error().detail);
        return kExitFailed;
    }
    print_facts(*facts, *config, options.output);
    return kExitOk;
}

int run_ca_renew(const CaOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
    auto done = renew(*config, options);
    if (!done) {
        complain("the certificate was not renewed: {}", done.error().detail);
        return kExitFailed;
    }
    print_facts(*done, *config, options.output);
    if (options.output == Output::json) return kExitOk;
    if (flag_in(*done, "new_authority")) {
        note("The authority is new. Everybody who installed the former one installs this one from {}/_peyk/ca.",
             config->base_url());
    } else if (!flag_in(*done, "new_certificate")) {
        note("Nothing was due: the certificate lasts, and is for all that the authority may sign for.");
    }
    return kExitOk;
}

}  // namespace peyk::app
