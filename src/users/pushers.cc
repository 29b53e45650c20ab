#include "users/pushers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "core/errors.h"
#include "users/tables.h"
#include "users/third_party/third_party.h"

namespace peyk::users {
namespace {

constexpr std::uint64_t kServer = 0;
constexpr std::size_t kMaxPusher = 8 * 1024;
constexpr std::size_t kMaxOwners = 1000;  // of one app id and push key

Result<std::string> need_text(const json::Object& body, std::string_view key, std::size_t max) {
    const auto* value = body.find(key);
    if (!value) return m::missing_param(fmt::format("'{}' is missing", key));
    if (!value->string()) return m::bad_json(fmt::format("'{}' must be a string", key));
    if (value->string()->size() > max) return m::invalid_param(fmt::format("'{}' has at most {} bytes", key, max));
    return *value->string();
}

// Spec: Push Gateway API: https, and this path and no other.
bool is_gateway(std::string_view url) {
    constexpr std::string_view path = "/_matrix/push/v1/notify";
    auto scheme = url.find("://");
    if (scheme == std::string_view::npos || (!url.starts_with("https://") && !url.starts_with("http://"))) return false;
    auto slash = url.find('/', scheme + 3);
    return slash != std::string_view::npos && slash > scheme + 3 && url.substr(slash) == path;
}

// MSC3881: a pusher that is off stays, and tells nothing.
Result<bool> is_enabled(const json::Object& body) {
    const auto* value = body.find(kPusherEnabled);
    if (!value || value->is_null()) return true;
    if (!value->boolean()) return m::bad_json(fmt::format("'{}' must be true or false", kPusherEnabled));
    return *value->boolean();
}

// Read as false when it is something else, it would take the pushers of others away.
Result<bool> appends(const json::Object& body) {
    const auto* value = body.find("append");
    if (!value) return false;
    if (!value->boolean()) return m::bad_json("'append' must be true or false");
    return *value->boolean();
}

// What is left out or taken away with its pusher must have its type all the same.
Result<void> check_types(const json::Object& body) {
    for (std::string_view key : {"app_display_name", "device_display_name", "lang", "profile_tag"}) {
        const auto* value = body.find(key);
        if (value && !value->string()) return m::bad_json(fmt::format("'{}' must be a string", key));
    }
    const auto* data = body.find("data");
    if (!data) return {};
    if (!data->object()) return m::bad_json("'data' must be an object");
    for (std::string_view key : {"format", "url"}) {
        const auto* value = data->get(key);
        if (value && !value->string()) return m::bad_json(fmt::format("'data.{}' must be a string", key));
    }
    return {};
}

// Whoever switches the pusher of another device on or off does not make it their own.
void keep_device(json::Object& pusher, std::string_view row) {
    auto before = json::parse_object(row);
    if (!before) return;
    auto without = [](json::Object from) {
        for (auto key : {std::string_view("device"), std::string_view("day"), kPusherEnabled}) from.erase(key);
        return from;
    };
    const auto* device = before->find("device");
    if (device && without(*before) == without(pusher)) pusher.set("device", *device);
}

}  // namespace

// Spec: POST /pushers/set: of kind "email" the push key is the address. Kept as it is compared.
Result<void> Pushers::check_email(const Caller& caller, json::Object& pusher) const {
    if (!context_.options.email_notices || !third_party_.can_mail())
        return m::invalid_param("This server sends no notices by e-mail");
    PEYK_TRY(auto address, canonical_email(*pusher.find("pushkey")->string()));
    PEYK_TRY(auto ids, third_party_.of(caller.user_number));
    bool own = std::ranges::any_of(ids, [&](const auto& id) { return id.medium == "email" && id.address == address; });
    if (own) return {};
    return fail(Error{Errc::bad_request, "The address is none of this account", "M_THREEPID_NOT_FOUND"});
}

Result<json::Object> Pushers::parse(const Caller& caller, const json::Object& body) const {
    json::Object pusher;
    constexpr std::array<std::string_view, 4> required{"kind", "app_display_name", "device_display_name", "lang"};
    for (auto key : required) {
        PEYK_TRY(auto text, need_text(body, key, 255));
        pusher.set(std::string(key), std::move(text));
    }
    PEYK_TRY(auto app, need_text(body, "app_id", 64));
    PEYK_TRY(auto pushkey, need_text(body, "pushkey", 512));
    pusher.set("app_id", std::move(app));
    pusher.set("pushkey", std::move(pushkey));
    if (body.contains("profile_tag")) {
        PEYK_TRY(auto tag, need_text(body, "profile_tag", 32));
        pusher.set("profile_tag", std::move(tag));
    }
    PEYK_TRY(bool enabled, is_enabled(body));
    pusher.set(std::string(kPusherEnabled), enabled);
    const auto* data = body.find("data");
    if (!data) return m::missing_param("'data' is missing");
    const auto& kind = *pusher.find("kind")->string();
    if (kind == "email") {
        PEYK_CHECK(check_email(caller, pusher));
        pusher.set("data", *data);
        return pusher;
    }
    if (kind != "http") return m::invalid_param("Unknown kind of pusher");
    auto url = data->get_string("url");
    if (!url) return m::missing_param("'data.url' is missing");
    if (!is_gateway(*url)) return m::invalid_param("'data.url' must end in /_matrix/push/v1/notify");
    pusher.set("data", *data);
    return pusher;
}

Result<std::vector<Pushers::Stored>> Pushers::stored(std::uint64_t user) const {
    PEYK_TRY(auto rows, context_.db.scan(kPushers, user, "", "", 10'000));
    std::vector<Stored> out;
    for (auto& row : rows) {
        if (row.gone) continue;
        PEYK_TRY(auto pusher, json::parse_object(row.body));
        const auto* owner = pusher.find("user");
        const auto* day = pusher.find("day");
        if (!owner || !owner->string()) return fail(Errc::corrupt, "a pusher has no owner");
        Stored one{UserId::trusted(*owner->string()), std::move(row.rest), {}};
        one.set_at = day ? day->integer().value_or(0) * 86'400 : 0;
        const auto* device = pusher.find("device");
        if (device && device->string()) pusher.set(std::string(kPusherDevice), std::string(*device->string()));
        if (!pusher.contains(kPusherEnabled)) pusher.set(std::string(kPusherEnabled), true);
        for (std::string_view own : {"device", "user", "day"}) pusher.erase(own);
        one.pusher = std::move(pusher);
        out.push_back(std::move(one));
    }
    return out;
}

Result<std::vector<json::Object>> Pushers::list(std::uint64_t user) const {
    PEYK_TRY(auto all, stored(user));
    std::vector<json::Object> pushers;
    for (auto& one : all) pushers.push_back(std::move(one.pusher));
    return pushers;
}

Result<std::vector<std::uint64_t>> Pushers::owners() const {
    constexpr std::size_t kPage = 1000;
    std::set<std::uint64_t> found;
    for (std::string start;;) {
        PEYK_TRY(auto rows, context_.db.scan(kPusherIndex, kServer, start, "", kPage));
        for (const auto& row : rows) {
            if (row.rest.size() == 24) found.insert(get_u64be(row.rest.data() + 16));
        }
        if (rows.size() < kPage) return std::vector<std::uint64_t>(found.begin(), found.end());
        start = rows.back().rest + '\0';
    }
}

Task<Result<void>> Pushers::set(Caller caller, json::Object body) {
    PEYK_CO_TRY(auto app, need_text(body, "app_id", 64));
    PEYK_CO_TRY(auto pushkey, need_text(body, "pushkey", 512));
    auto key = context_.db.digest("pusher", app + '\0' + pushkey);
    const auto* kind = body.find("kind");
    if (!kind) co_return m::missing_param("'kind' is missing");
    PEYK_CO_CHECK(check_types(body));
    PEYK_CO_TRY(bool append, appends(body));
    if (kind->is_null()) co_return co_await remove(caller.user_number, std::move(key));
    PEYK_CO_TRY(auto pusher, parse(caller, body));
    pusher.set("device", caller.device.str());
    pusher.set("user", caller.user.str());
    pusher.set("day", std::int64_t{context_.today()});
    if (json::write(pusher).size() > kMaxPusher) co_return m::too_large("The pusher is too large");
    if (!append) PEYK_CO_CHECK(co_await remove_of_others(caller.user_number, key));
    // The index first: an entry too many does no harm, one too few would leave a pusher nobody can replace.
    PEYK_CO_CHECK(co_await index(caller.user_number, key));
    auto lane = co_await context_.lanes.enter(caller.user_number);
    PEYK_CO_TRY(auto all, context_.db.scan(kPushers, caller.user_number, "", "", context_.options.max_pushers));
    auto known = std::ranges::find_if(all, [&](const auto& row) { return row.rest == key; });
    if (known != all.end()) keep_device(pusher, known->body);
    auto text = json::write(pusher);
    if (text.size() > kMaxPusher) co_return m::too_large("The pusher is too large");
    if (known == all.end() && all.size() >= context_.options.max_pushers)
        co_return m::forbidden("This account has too many pushers");
    auto change = context_.change_of(caller.user_number);
    change.put(kPushers, caller.user_number, key, text);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    lane.leave();
    if (observer_) observer_->pushers_changed(caller.user_number);
    co_return Result<void>{};
}

Task<Result<void>> Pushers::index(std::uint64_t user, std::string key) {
    put_u64be(key, user);
    PEYK_CO_TRY(auto known, context_.db.get(kPusherIndex, kServer, key));
    if (known) co_return Result<void>{};
    auto change = context_.server_change();
    change.put(kPusherIndex, kServer, key, "");
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<void>> Pushers::remove(std::uint64_t user, std::string key) {
    auto lane = co_await context_.lanes.enter(user);
    auto change = context_.change_of(user);
    change.del(kPushers, user, key);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    lane.leave();
    put_u64be(key, user);
    auto unlist = context_.server_change();
    unlist.del(kPusherIndex, kServer, key);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(unlist)));
    co_return Result<void>{};
}

// Spec: `append`: without it, the same app id and push key of other users go.
Task<Result<void>> Pushers::remove_of_others(std::uint64_t user, std::string key) {
    PEYK_CO_TRY(auto rows, context_.db.scan_prefix(kPusherIndex, kServer, key, kMaxOwners));
    for (const auto& row : rows) {
        if (row.rest.size() != key.size() + 8) continue;
        auto other = get_u64be(row.rest.data() + key.size());
        if (other != user) PEYK_CO_CHECK(co_await remove(other, key));
    }
    co_return Result<void>{};
}

}  // namespace peyk::users
