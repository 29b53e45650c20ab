#pragma once
// Identifiers as types of their own. Text from outside becomes one by parse() and only so; there is no empty id.
// Spec: Appendices › Identifier Grammar.

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace peyk {

inline constexpr std::size_t kMaxIdBytes = 255;

template <class Tag>
class Id {
public:
    // Errors: bad_request with M_INVALID_PARAM.
    static Result<Id> parse(std::string_view text);
    // For text that was parsed before it was stored.
    static Id trusted(std::string text) { return Id(std::move(text)); }

    const std::string& str() const { return text_; }
    std::string_view view() const { return text_; }
    // What follows the first colon: the server name of user ids, aliases and room ids before version 12. Empty if none.
    std::string_view server() const {
        auto colon = text_.find(':');
        return colon == std::string::npos ? std::string_view{} : std::string_view(text_).substr(colon + 1);
    }
    // Between the sigil and the first colon (or the end).
    std::string_view localpart() const {
        auto colon = text_.find(':');
        return std::string_view(text_).substr(1, colon == std::string::npos ? colon : colon - 1);
    }
    auto operator<=>(const Id&) const = default;
    bool operator==(const Id&) const = default;

private:
    explicit Id(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

using UserId = Id<struct UserTag>;        // @localpart:server; historical localparts (any but NUL and ':') are accepted
using RoomId = Id<struct RoomTag>;        // !opaque[:server]
using EventId = Id<struct EventTag>;      // $opaque[:server]
using RoomAlias = Id<struct AliasTag>;    // #localpart:server
using ServerName = Id<struct ServerTag>;  // host[:port]
using DeviceId = Id<struct DeviceTag>;    // opaque, printable
using RoomVersion = Id<struct VersionTag>;  // 1 to 32 of [a-z0-9.-]

// A localpart that a new account may have: one or more of a-z 0-9 . _ = - / +
bool is_new_localpart(std::string_view text);

extern template class Id<UserTag>;
extern template class Id<RoomTag>;
extern template class Id<EventTag>;
extern template class Id<AliasTag>;
extern template class Id<ServerTag>;
extern template class Id<DeviceTag>;
extern template class Id<VersionTag>;

}  // namespace peyk

template <class Tag>
struct std::hash<peyk::Id<Tag>> {
    std::size_t operator()(const peyk::Id<Tag>& id) const { return std::hash<std::string_view>{}(id.view()); }
};
