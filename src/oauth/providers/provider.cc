#include "oauth/providers/provider.h"

#include <fmt/format.h>

#include "oauth/providers/cas.h"
#include "oauth/providers/metadata.h"
#include "oauth/providers/openid.h"

namespace peyk::oauth {
namespace {

constexpr Millis kTime{10'000};  // of one call
constexpr std::size_t kMaxAnswer = 128 * 1024;
constexpr int kMaxAtOnce = 32;  // calls to one provider; push and services need places too

// A place among the calls that are under way, as long as it lives.
class Place {
public:
    explicit Place(std::atomic<int>& taken) : taken_(taken), got_(taken.fetch_add(1) < kMaxAtOnce) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { taken_.fetch_sub(1); }
    bool got() const { return got_; }

private:
    std::atomic<int>& taken_;
    const bool got_;
};

Trouble trouble_of(const Error& error) {
    switch (error.code) {
        case Errc::forbidden:
            return {Fault::mismatch,
                    "it is at an address that may not be called: only that of the issuer may be in a "
                    "private network"};
        case Errc::too_large: return {Fault::untrusted, "it answers more than it may"};
        default: return {Fault::unreachable, fmt::format("it cannot be reached ({})", errc_name(error.code))};
    }
}

}  // namespace

Provider::Provider(ProviderOptions options, http::Outbound& outbound)
    : options_(std::move(options)),
      name_(NameTemplate::parse(options_.localpart).value_or(*NameTemplate::parse("{preferred_username}"))),
      outbound_(outbound) {}

Task<Outcome<http::ClientResponse>> Provider::send(http::ClientRequest request, std::string_view accept) {
    Place place(under_way_);
    if (!place.got()) co_return stopped(Fault::unreachable, "too many calls to it are under way");
    request.headers.add("Accept", std::string(accept));
    request.reach = reach_of(request.url, options_.issuer);
    request.time = kTime;
    request.max_body = kMaxAnswer;
    auto answer = co_await outbound_.send(std::move(request));
    if (!answer) co_return std::unexpected(trouble_of(answer.error()));
    co_return *std::move(answer);
}

std::optional<Trouble> trouble_of_status(int status) {
    if (status / 100 == 3) return Trouble{Fault::mismatch, "it answers with a redirect, which is not followed"};
    if (status / 100 == 5 || status == 429) return Trouble{Fault::unreachable, fmt::format("it answers {}", status)};
    return std::nullopt;
}

std::unique_ptr<Provider> make_provider(ProviderOptions options, http::Outbound& outbound, const Clock& clock) {
    if (options.kind == ProviderKind::cas) return std::make_unique<CasProvider>(std::move(options), outbound);
    return std::make_unique<OpenIdProvider>(std::move(options), outbound, clock);
}

}  // namespace peyk::oauth
