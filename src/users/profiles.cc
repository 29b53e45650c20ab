#include "users/profiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/errors.h"
#include "users/tables.h"

namespace peyk::users {
namespace {

constexpr std::size_t kMaxProfile = 64 * 1024 - 1;  // "under 64 KiB", as canonical JSON
constexpr std::size_t kMaxKey = 255;
constexpr std::size_t kMaxDisplayName = 256;  // bytes: it travels in every member event
constexpr std::size_t kMaxAvatarUrl = 1000;
constexpr std::string_view kDisplayName = "displayname";
constexpr std::string_view kAvatarUrl = "avatar_url";

// Spec: Appendices › Matrix Content (mxc://) URIs. Empty stands for "no avatar", as clients send it.
bool is_mxc(std::string_view text) {
    constexpr std::string_view scheme = "mxc://";
    if (!text.starts_with(scheme)) return false;
    auto rest = text.substr(scheme.size());
    auto slash = rest.find('/');
    if (slash == std::string_view::npos || !ServerName::parse(rest.substr(0, slash))) return false;
    auto media = rest.substr(slash + 1);
    auto fits = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; };
    return !media.empty() && std::ranges::all_of(media, fits);
}

Result<void> check_key(std::string_view key) {
    if (key.size() > kMaxKey)
        return fail(Error{Errc::bad_request, "A profile key has at most 255 bytes", "M_KEY_TOO_LARGE", {}, {}, 400});
    // Common Namespaced Identifier Grammar.
    auto fits = [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '-' || c == '_' || c == '.'; };
    if (key.empty() || !std::islower(static_cast<unsigned char>(key[0])) || !std::ranges::all_of(key, fits))
        return m::invalid_param("A profile key begins with a-z and is made of a-z 0-9 . _ -");
    return {};
}

Result<void> check_value(std::string_view key, const json::Value& value) {
    if (!json::is_canonical(value)) return m::bad_json("Numbers must be whole");
    if (key == kDisplayName) {
        if (!value.string()) return m::bad_json("'displayname' must be a string");
        if (value.string()->size() > kMaxDisplayName)
            return m::invalid_param(fmt::format("A display name has at most {} bytes", kMaxDisplayName));
    } else if (key == kAvatarUrl) {
        if (!value.string()) return m::bad_json("'avatar_url' must be a string");
        if (value.string()->size() > kMaxAvatarUrl) return m::invalid_param("The avatar's address is too long");
        if (!value.string()->empty() && !is_mxc(*value.string()))
            return m::invalid_param("'avatar_url' must be an mxc:// address");
    } else if (key == "m.tz") {
        if (!value.string()) return m::bad_json("'m.tz' must be a string");
    }
    return {};
}

Result<json::Object> read(const storage::Db& db, std::uint64_t user) {
    PEYK_TRY(auto row, db.get(kProfiles, user, ""));
    if (!row || row->gone) return json::Object{};
    return json::parse_object(row->body);
}

std::optional<std::string> text_of(const json::Object& profile, std::string_view key) {
    const auto* value = profile.find(key);
    if (!value || !value->string() || value->string()->empty()) return std::nullopt;
    return *value->string();
}

}  // namespace

Result<json::Object> Profiles::get(const UserId& user) const {
    PEYK_TRY(bool there, accounts_.exists(user));
    if (!there) return m::not_found("There is no such user here");
    return read(context_.db, accounts_.number(user));
}

Result<std::optional<std::string>> Profiles::displayname(const UserId& user) const {
    PEYK_TRY(auto profile, read(context_.db, accounts_.number(user)));
    return text_of(profile, kDisplayName);
}

Result<std::optional<std::string>> Profiles::avatar_url(const UserId& user) const {
    PEYK_TRY(auto profile, read(context_.db, accounts_.number(user)));
    return text_of(profile, kAvatarUrl);
}

Task<Result<void>> Profiles::set(Caller caller, std::string key, json::Value value) {
    PEYK_CO_CHECK(check_key(key));
    PEYK_CO_CHECK(check_value(key, value));
    // An empty name or avatar is none.
    bool is_text = key == kDisplayName || key == kAvatarUrl;
    std::optional<json::Value> wanted = std::move(value);
    if (is_text && wanted->string()->empty()) wanted.reset();
    co_return co_await change(std::move(caller), std::move(key), std::move(wanted));
}

Task<Result<void>> Profiles::erase(Caller caller, std::string key) {
    PEYK_CO_CHECK(check_key(key));
    co_return co_await change(std::move(caller), std::move(key), std::nullopt);
}

Task<Result<void>> Profiles::change(Caller caller, std::string key, std::optional<json::Value> value) {
    PEYK_CO_CHECK(check_active(caller));
    if (caller.guest && key != kDisplayName) co_return m::guest_forbidden("Guests have no more than a display name");
    auto lane = co_await context_.lanes.enter(caller.user_number);
    PEYK_CO_TRY(auto profile, read(context_.db, caller.user_number));
    auto before = profile;
    if (value)
        profile.set(key, *std::move(value));
    else
        profile.erase(key);
    if (profile == before) co_return Result<void>{};
    auto text = json::write(profile);
    if (text.size() > kMaxProfile)
        co_return fail(Error{Errc::bad_request, "A profile has at most 64 KiB", "M_PROFILE_TOO_LARGE", {}, {}, 400});
    auto batch = context_.change_of(caller.user_number);
    batch.put(kProfiles, caller.user_number, "", text);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(batch)));
    if (key == kDisplayName) names_.put(caller.user, caller.user_number, text_of(profile, kDisplayName));
    lane.leave();
    if (observer_ && (key == kDisplayName || key == kAvatarUrl)) {
        auto name = text_of(profile, kDisplayName);
        auto avatar = text_of(profile, kAvatarUrl);
        co_await observer_->profile_changed(std::move(caller), std::move(name), std::move(avatar));
    }
    co_return Result<void>{};
}

void Profiles::delete_in(storage::Change& change, std::uint64_t user) const { change.del(kProfiles, user, ""); }

}  // namespace peyk::users
