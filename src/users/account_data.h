#pragma once
// Account data, global and by room, with a stream of what changed. Tags and the user's changes to the push rules are
// account data too. Spec: Client-Server API › Client Config, › Room Tagging.

#include <optional>
#include <string>
#include <vector>

#include "users/accounts.h"

namespace peyk::users {

struct DataItem {
    std::optional<RoomId> room = {};  // none: global
    std::string type;
    std::string content;             // a JSON object
    storage::Position position = 0;  // of its last change
    bool removed = false;            // and so empty; snapshots have none of these
};

// Tells every device of a user about a change that none of them made: {"kind": "password_reset", "day": days since
// 1970, "dismissed": true once the user has said so on the account pages}.
inline constexpr std::string_view kSecurityNotice = "org.peyk.security_notice";

// Names the room in which the server speaks to the user (Server Notices): {"room_id"}.
inline constexpr std::string_view kServerNotices = "org.peyk.server_notices";

// Types that the server keeps itself; clients may read but not write them.
bool is_managed_type(std::string_view type);

// Purpose:  reads and writes account data; each write is a row of the user's stream and wakes the user's syncs.
// Owner:    Users.  Runs on: any worker; reads block.
class AccountData {
public:
    AccountData(const Context& context, const Accounts& accounts) : context_(context), accounts_(accounts) {}

    // JSON text; none: never set. m.push_rules (global) always exists.
    Result<std::optional<std::string>> get(std::uint64_t user, const std::optional<RoomId>& room,
                                           std::string_view type) const;
    // As a client asks. Errors: M_BAD_JSON with 405 (managed type), M_TOO_LARGE, M_RESOURCE_LIMIT_EXCEEDED (too many
    // items, or too many bytes in all of them; what makes an item smaller is always possible).
    Task<Result<void>> put(std::uint64_t user, std::optional<RoomId> room, std::string type, json::Object content);
    // As a client asks (MSC3391): as if it had never been set; syncs that go on are told that it is empty. Nothing when
    // there is none. Errors: M_BAD_JSON with 405.
    Task<Result<void>> remove(std::uint64_t user, std::optional<RoomId> room, std::string type);
    // As the server itself does (m.fully_read and the like).
    Task<Result<void>> put_managed(std::uint64_t user, std::optional<RoomId> room, std::string type,
                                   json::Object content);
    // Reads, edits and writes one item inside the lane of the user. `edit` gets {} when there was none; unchanged
    // content writes nothing.
    using Edit = std::function<Result<void>(json::Object&)>;
    Task<Result<void>> edit(std::uint64_t user, std::optional<RoomId> room, std::string type, Edit edit);
    // As edit(), but hands the stored form over: for m.push_rules, whose stored form is not what clients see.
    Result<json::Object> stored(std::uint64_t user, const std::optional<RoomId>& room, std::string_view type) const;

    // What changed at positions in (from, to], newest state of each, in order of position. Items that changed again
    // after `to` are left to the next call.
    Result<std::vector<DataItem>> changes(std::uint64_t user, storage::Position from, storage::Position to) const;
    // Everything there is, m.push_rules included.
    Result<std::vector<DataItem>> snapshot(std::uint64_t user) const;

    // Tags: {"tags": {name: {…}}}. Errors: M_INVALID_PARAM (name over 255 bytes), M_TOO_LARGE.
    Result<json::Object> tags(std::uint64_t user, const RoomId& room) const;
    Task<Result<void>> put_tag(std::uint64_t user, RoomId room, std::string tag, json::Object content);
    Task<Result<void>> delete_tag(std::uint64_t user, RoomId room, std::string tag);

    // Inside the lane of the user: all rows of the user, up to what fits one batch. True when nothing is left.
    Result<bool> delete_some(storage::Change& change, std::uint64_t user) const;
    // Inside the lane of the user: adds one item to a larger change (account events that every device must see), one
    // per change. `always`: a full account is no reason to refuse it.
    enum class Quota : unsigned char { counted, always };
    Result<void> put_in(storage::Change& change, std::uint64_t user, const std::optional<RoomId>& room,
                        std::string_view type, const json::Object& content, Quota quota) const;

private:
    struct Usage {
        std::uint64_t rows = 0, bytes = 0;
    };
    // One row, its place in the stream, and what is counted. `before`: the row as it stands.
    Result<void> put_row(storage::Change& change, std::uint64_t user, const std::string& row, const std::string& body,
                         const std::optional<storage::Entry>& before, Quota quota) const;
    Result<Usage> usage(std::uint64_t user) const;
    Result<void> check_quota(const Usage& before, const Usage& after) const;
    std::string key(const std::optional<RoomId>& room, std::string_view type) const;
    // The content as clients see it.
    Result<std::string> shown(std::uint64_t user, const std::optional<RoomId>& room, std::string_view type,
                              const json::Object& content) const;
    Result<std::optional<DataItem>> item(std::uint64_t user, const storage::Entry& entry) const;

    const Context& context_;
    const Accounts& accounts_;
};

}  // namespace peyk::users
