#include "app/token_admin.h"

#include "app/user_admin.h"
#include "core/json_text.h"

namespace peyk::app {
namespace {

constexpr std::int64_t kMostUses = 1'000'000, kMostDays = 36'500;
constexpr std::int64_t kDay = 86'400'000;

// Nothing: the member is missing.
Result<std::optional<std::int64_t>> number_in(const json::Object& request, std::string_view key, std::int64_t most) {
    const auto* value = request.find(key);
    if (!value) return std::optional<std::int64_t>{};
    auto number = value->integer();
    if (!number || *number < 1 || *number > most)
        return fail(Errc::bad_request, fmt::format("\"{}\" is a number from 1 to {}", key, most));
    return number;
}

}  // namespace

json::Object TokenAdmin::row_of(const users::RegistrationToken& token) const {
    json::Object out{{"token", token.token}, {"valid", users_.registration_tokens.is_valid(token)}};
    if (token.uses_allowed) {
        out.set("uses", *token.uses_allowed);
        out.set("left", std::max<std::int64_t>(0, *token.uses_allowed - token.completed));
    }
    if (token.expiry) out.set("ends", day_text(static_cast<std::uint32_t>(token.expiry->count() / kDay)));
    return out;
}

Task<Result<json::Object>> TokenAdmin::add(json::Object request) {
    users::RegistrationToken wanted{.token = text_in(request, "token")};
    PEYK_CO_TRY(wanted.uses_allowed, number_in(request, "uses", kMostUses));
    PEYK_CO_TRY(auto days, number_in(request, "days", kMostDays));
    if (days) wanted.expiry = users_.context().clock.now() + Millis{*days * kDay};
    PEYK_CO_TRY(auto made, co_await users_.registration_tokens.create(std::move(wanted)));
    co_return row_of(made);
}

Result<json::Object> TokenAdmin::list() const {
    PEYK_TRY(auto tokens, users_.registration_tokens.list());
    json::Array rows;
    for (const auto& token : tokens) rows.emplace_back(row_of(token));
    return json::Object{{"tokens", std::move(rows)}};
}

Task<Result<json::Object>> TokenAdmin::run(std::string action, json::Object request) {
    if (action == "add") co_return co_await add(std::move(request));
    if (action == "list") co_return list();
    if (action != "remove") co_return fail(Errc::bad_request, "no such action on registration tokens");
    PEYK_CO_CHECK(co_await users_.registration_tokens.remove(text_in(request, "token")));
    co_return json::Object{};
}

}  // namespace peyk::app
