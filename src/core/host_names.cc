#include "core/host_names.h"

#include <unicode/bytestream.h>
#include <unicode/idna.h>

#include <memory>

namespace peyk {
namespace {

constexpr std::size_t kMaxWritten = 1024;  // bytes; a name of the DNS has 253
constexpr std::size_t kMaxName = 253;

std::unique_ptr<icu::IDNA> make_rules() {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::IDNA> rules(icu::IDNA::createUTS46Instance(
        UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_USE_STD3_RULES, status));
    return U_SUCCESS(status) ? std::move(rules) : nullptr;
}

}  // namespace

std::optional<std::string> ascii_host_name(std::string_view utf8) {
    static const auto rules = make_rules();
    if (!rules || utf8.empty() || utf8.size() > kMaxWritten) return std::nullopt;
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    icu::IDNAInfo info;
    UErrorCode status = U_ZERO_ERROR;
    rules->nameToASCII_UTF8({utf8.data(), static_cast<std::int32_t>(utf8.size())}, sink, info, status);
    if (U_FAILURE(status) || info.hasErrors() || out.empty() || out.size() > kMaxName) return std::nullopt;
    return out;
}

}  // namespace peyk
