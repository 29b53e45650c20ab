#include "oauth/providers/providers.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/logging.h"

namespace peyk::oauth {
namespace {

constexpr Tray<Attempt>::Limits kAttempts{20'000, 32 * 1024 * 1024, Millis{10 * 60 * 1000}};
constexpr Tray<Newcomer>::Limits kNewcomers{10'000, 16 * 1024 * 1024, Millis{15 * 60 * 1000}};

}  // namespace

Providers::Providers(std::vector<ProviderOptions> options, std::string base_url, http::Outbound& outbound,
                     const Clock& clock, Random& random)
    : newcomers(clock, random, kNewcomers),
      base_url_(std::move(base_url)),
      clock_(clock),
      random_(random),
      attempts_(clock, random, kAttempts) {
    for (auto& one : options) all_.push_back(make_provider(std::move(one), outbound, clock));
}

Provider* Providers::find(std::string_view id) const {
    auto found = std::ranges::find_if(all_, [id](const auto& one) { return one->options().id == id; });
    return found == all_.end() ? nullptr : found->get();
}

Provider* Providers::of_issuer(std::string_view issuer) const {
    auto found = std::ranges::find_if(all_, [issuer](const auto& one) { return one->options().issuer == issuer; });
    return found == all_.end() ? nullptr : found->get();
}

// An address of its own for each provider, so that an answer of one cannot be taken for one of another: RFC 9700
// section 4.4.2.2.
std::string Providers::redirect_uri(std::string_view provider) const {
    const auto* one = find(provider);
    if (one && one->options().synapse_addresses) return base_url_ + std::string(kCasTicketPath);
    return base_url_ + std::string(kProviderPath) + std::string(provider) + "/callback";
}

CasProvider* Providers::with_synapse_addresses() const {
    auto found = std::ranges::find_if(all_, [](const auto& one) { return one->options().synapse_addresses; });
    return found == all_.end() ? nullptr : dynamic_cast<CasProvider*>(found->get());
}

Task<Outcome<std::string>> Providers::begin(Attempt attempt, std::string language) {
    auto* provider = find(attempt.provider);
    if (!provider) co_return stopped(Fault::mismatch, "it is not configured");
    attempt.nonce = random_.alphanumeric(43);
    attempt.verifier = random_.alphanumeric(64);
    attempt.begun = clock_.now();
    Provider::Question question{.nonce = attempt.nonce,
                                .verifier = attempt.verifier,
                                .redirect_uri = redirect_uri(attempt.provider),
                                .anew = attempt.asks_anew(),
                                .language = std::move(language)};
    question.state = attempts_.put(std::move(attempt));
    co_return co_await provider->address_for(std::move(question));
}

void note(const Provider& provider, const Trouble& trouble) {
    if (trouble.fault == Fault::over || trouble.fault == Fault::not_allowed) return;
    log::warning("oauth", "the sign-in provider {}: {}", provider.options().id, trouble.why);
}

std::optional<Attempt> Providers::take(const std::string& state, std::string_view provider, std::string_view browser) {
    auto attempt = attempts_.take(state);
    bool good = attempt && attempt->provider == provider && equal_constant_time(attempt->browser, browser);
    return good ? std::move(attempt) : std::nullopt;
}

Provider::Answer Providers::answer_of(const Attempt& attempt, std::string state, std::string code,
                                      std::optional<std::string> issuer) const {
    Provider::Answer answer{.code = std::move(code),
                            .issuer = std::move(issuer),
                            .state = std::move(state),
                            .nonce = attempt.nonce,
                            .verifier = attempt.verifier,
                            .redirect_uri = redirect_uri(attempt.provider)};
    if (attempt.asks_anew()) answer.asked_anew = attempt.begun.count() / 1000;
    return answer;
}

}  // namespace peyk::oauth
