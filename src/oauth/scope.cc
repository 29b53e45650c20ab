#include "oauth/scope.h"

#include <algorithm>
#include <optional>

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxScope = 2048;
constexpr std::string_view kAccess[] = {"urn:matrix:client:api:*", "urn:matrix:org.matrix.msc2967.client:api:*"};
constexpr std::string_view kDevice[] = {"urn:matrix:client:device:", "urn:matrix:org.matrix.msc2967.client:device:"};

// RFC 6749 section 3.3.
bool is_token(std::string_view token) {
    return std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

}  // namespace

Result<Scope> parse_scope(std::string_view text) {
    if (text.size() > kMaxScope) return fail(Errc::bad_request, "The scope is too long");
    bool access = false;
    std::optional<DeviceId> device;
    std::string granted;
    while (!text.empty()) {
        auto end = std::min(text.find(' '), text.size());
        auto token = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (token.empty()) continue;
        if (!is_token(token)) return fail(Errc::bad_request, "The scope has characters that no scope has");
        bool known = false;
        for (auto name : kAccess) known |= token == name;
        access |= known;
        for (auto prefix : kDevice) {
            if (!token.starts_with(prefix)) continue;
            auto id = DeviceId::parse(token.substr(prefix.size()));
            if (!id || (device && *device != *id)) return fail(Errc::bad_request, "The scope must name one device");
            device = *std::move(id);
            known = true;
        }
        if (!known) continue;
        if (!granted.empty()) granted += ' ';
        granted += token;
    }
    if (!access) return fail(Errc::bad_request, "The scope must ask for urn:matrix:client:api:*");
    if (!device) return fail(Errc::bad_request, "The scope must name a device");
    return Scope{std::move(granted), *std::move(device)};
}

}  // namespace peyk::oauth
