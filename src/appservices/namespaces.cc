#include "appservices/namespaces.h"

#include <re2/re2.h>

#include <algorithm>

namespace peyk::appservices {
namespace {

constexpr std::size_t kMaxExpression = 1024;
constexpr std::int64_t kMaxMemory = 1024 * 1024;  // of one compiled expression

}  // namespace

Result<Pattern> Pattern::compile(const std::string& expression) {
    if (expression.empty()) return fail(Errc::bad_request, "is empty; to cover everything write \".*\"");
    if (expression.size() > kMaxExpression) return fail(Errc::bad_request, "is longer than 1024 characters");
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxMemory);
    options.set_never_capture(true);
    auto compiled = std::make_shared<const RE2>(expression, options);
    if (compiled->ok()) return Pattern(std::move(compiled));
    if (compiled->error_code() == RE2::ErrorBadPerlOp)
        return fail(Errc::bad_request,
                    "looks ahead or behind, or refers back, which is not supported; write what it covers instead");
    return fail(Errc::bad_request, "is not a regular expression: " + compiled->error());
}

bool Pattern::matches(std::string_view text) const {
    return compiled_->Match(text, 0, text.size(), RE2::ANCHOR_START, nullptr, 0);
}

bool Namespaces::covers(std::string_view text) const {
    return std::ranges::any_of(entries_, [&](const auto& entry) { return entry.pattern.matches(text); });
}

bool Namespaces::covers_exclusively(std::string_view text) const {
    return std::ranges::any_of(entries_,
                               [&](const auto& entry) { return entry.exclusive && entry.pattern.matches(text); });
}

}  // namespace peyk::appservices
