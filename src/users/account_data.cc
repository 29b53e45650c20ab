#include "users/account_data.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "core/errors.h"
#include "users/push_rules.h"
#include "users/tables.h"

namespace peyk::users {
namespace {

constexpr std::size_t kMaxContent = 60 * 1024;
constexpr std::size_t kMaxType = 255;
constexpr std::size_t kMaxTag = 255;
constexpr std::size_t kMaxTags = 200;  // of one room
constexpr std::size_t kPage = 1000;
constexpr std::string_view kTag = "m.tag";
constexpr std::string_view kCounter = "data";  // of kUserCounters: items varint, bytes varint

// What an item counts for: its body, and what the store needs for its rows.
std::uint64_t bytes_of(std::string_view body) { return body.size() + 128; }

std::string position_key(storage::Position position) {
    std::string key;
    put_u64be(key, position);
    return key;
}

std::string encode(const std::optional<RoomId>& room, std::string_view type, const json::Object& content,
                   bool removed = false) {
    json::Object row{{"type", type}, {"content", content}};
    if (removed) row.set("removed", true);
    if (room) row.set("room", room->str());
    return json::write(row);
}

bool is_removed(const storage::Entry& entry) {
    auto row = json::parse(entry.body);
    return row && row->get_bool("removed").value_or(false);
}

std::unexpected<Error> managed() {
    return fail(Error{Errc::method_not_allowed, "The server keeps this type itself", "M_BAD_JSON"});
}

}  // namespace

bool is_managed_type(std::string_view type) {
    return type == "m.fully_read" || type == kPushRulesType || type == kSecurityNotice || type == kServerNotices;
}

std::string AccountData::key(const std::optional<RoomId>& room, std::string_view type) const {
    std::string key;
    put_u64be(key, room ? context_.db.number(room->view()) : 0);
    return key + context_.db.digest("account data", type);
}

Result<std::string> AccountData::shown(std::uint64_t user, const std::optional<RoomId>& room, std::string_view type,
                                       const json::Object& content) const {
    if (room || type != kPushRulesType) return json::write(content);
    PEYK_TRY(auto account, accounts_.by_number(user));
    if (!account) return m::not_found("There is no such account");
    return json::write(json::Object{{"global", PushRuleset(account->id, content).to_json()}});
}

Result<json::Object> AccountData::stored(std::uint64_t user, const std::optional<RoomId>& room,
                                         std::string_view type) const {
    PEYK_TRY(auto entry, context_.db.get(kAccountData, user, key(room, type)));
    if (!entry || entry->gone) return json::Object{};
    PEYK_TRY(json::Value row, json::parse(entry->body));
    const auto* content = row.get_object("content");
    return content ? *content : json::Object{};
}

Result<std::optional<std::string>> AccountData::get(std::uint64_t user, const std::optional<RoomId>& room,
                                                    std::string_view type) const {
    PEYK_TRY(auto entry, context_.db.get(kAccountData, user, key(room, type)));
    if (!entry || entry->gone) {
        if (room || type != kPushRulesType) return std::nullopt;
        return shown(user, room, type, {});
    }
    PEYK_TRY(auto found, item(user, *entry));
    if (!found || found->removed) return std::nullopt;
    return std::move(found->content);
}

Task<Result<void>> AccountData::put(std::uint64_t user, std::optional<RoomId> room, std::string type,
                                    json::Object content) {
    if (is_managed_type(type)) co_return managed();
    co_return co_await put_managed(user, std::move(room), std::move(type), std::move(content));
}

// The row stays, without its content: syncs that go on find in it that there was a change.
Task<Result<void>> AccountData::remove(std::uint64_t user, std::optional<RoomId> room, std::string type) {
    if (is_managed_type(type)) co_return managed();
    auto lane = co_await context_.lanes.enter(user);
    auto row = key(room, type);
    PEYK_CO_TRY(auto entry, context_.db.get(kAccountData, user, row));
    if (!entry || entry->gone || is_removed(*entry)) co_return Result<void>{};
    auto change = context_.change_of(user);
    PEYK_CO_CHECK(put_row(change, user, row, encode(room, type, {}, true), *entry, Quota::always));
    PEYK_CO_TRY(auto position, co_await context_.db.commit(std::move(change)));
    lane.leave();
    context_.feed.publish({FeedEntry::Kind::user, user, position});
    co_return Result<void>{};
}

Task<Result<void>> AccountData::put_managed(std::uint64_t user, std::optional<RoomId> room, std::string type,
                                            json::Object content) {
    Edit replace = [content = std::move(content)](json::Object& now) -> Result<void> {
        now = content;
        return {};
    };
    return edit(user, std::move(room), std::move(type), std::move(replace));
}

Task<Result<void>> AccountData::edit(std::uint64_t user, std::optional<RoomId> room, std::string type, Edit edit) {
    auto lane = co_await context_.lanes.enter(user);
    PEYK_CO_TRY(auto entry, context_.db.get(kAccountData, user, key(room, type)));
    PEYK_CO_TRY(auto content, stored(user, room, type));
    auto before = content;
    PEYK_CO_CHECK(edit(content));
    // What was removed is there again when it is set, empty or not.
    bool there = entry && !entry->gone && !is_removed(*entry);
    if (there && content == before) co_return Result<void>{};
    auto change = context_.change_of(user);
    PEYK_CO_CHECK(put_in(change, user, room, type, content,
                         type == kSecurityNotice || type == kServerNotices ? Quota::always : Quota::counted));
    PEYK_CO_TRY(auto position, co_await context_.db.commit(std::move(change)));
    lane.leave();
    context_.feed.publish({FeedEntry::Kind::user, user, position});
    co_return Result<void>{};
}

Result<void> AccountData::put_in(storage::Change& change, std::uint64_t user, const std::optional<RoomId>& room,
                                 std::string_view type, const json::Object& content, Quota quota) const {
    if (type.empty() || type.size() > kMaxType) return m::invalid_param("A type has 1 to 255 bytes");
    auto body = encode(room, type, content);
    if (body.size() > kMaxContent)
        return m::too_large(fmt::format("Account data of one type has at most {} bytes", kMaxContent));
    auto row = key(room, type);
    PEYK_TRY(auto before, context_.db.get(kAccountData, user, row));
    return put_row(change, user, row, body, before, quota);
}

Result<void> AccountData::put_row(storage::Change& change, std::uint64_t user, const std::string& row,
                                  const std::string& body, const std::optional<storage::Entry>& before,
                                  Quota quota) const {
    PEYK_TRY(auto used, usage(user));
    auto after = used;
    if (before) {
        change.del(kAccountDataStream, user, position_key(before->position) + row);
        after.bytes -= std::min(after.bytes, bytes_of(before->body));
    } else {
        ++after.rows;
    }
    after.bytes += bytes_of(body);
    if (quota == Quota::counted) PEYK_CHECK(check_quota(used, after));
    if (after.rows != used.rows || after.bytes != used.bytes) {
        std::string counters;
        put_varint(counters, after.rows);
        put_varint(counters, after.bytes);
        change.put(kUserCounters, user, kCounter, counters);
    }
    change.put(kAccountData, user, row, body);
    change.put_at_position(kAccountDataStream, user, "", row, "");
    return {};
}

// The counters of an account of before bytes were counted have none: counted here, once.
Result<AccountData::Usage> AccountData::usage(std::uint64_t user) const {
    Usage out;
    PEYK_TRY(auto counters, context_.db.get(kUserCounters, user, kCounter));
    if (!counters || counters->gone) return out;
    ByteReader in(counters->body);
    out.rows = in.varint();
    if (!in.done()) {
        out.bytes = in.varint();
        return out;
    }
    std::string at;
    for (bool more = true; more;) {
        PEYK_TRY(auto rows, context_.db.scan(kAccountData, user, at, "", kPage));
        for (const auto& row : rows) {
            if (!row.gone) out.bytes += bytes_of(row.body);
        }
        more = rows.size() == kPage;
        if (more) at = rows.back().rest + '\0';
    }
    return out;
}

Result<void> AccountData::check_quota(const Usage& before, const Usage& after) const {
    auto full = [](std::string what) {
        return fail(Error{Errc::forbidden, std::move(what), "M_RESOURCE_LIMIT_EXCEEDED"});
    };
    const auto& options = context_.options;
    if (after.rows > before.rows && after.rows > options.max_data_rows) {
        return full(fmt::format("The account data is full: an account may keep {} items", options.max_data_rows));
    }
    if (after.bytes > before.bytes && after.bytes > options.max_data_bytes) {
        return full(fmt::format("The account data is full: an account may keep {} KiB", options.max_data_bytes >> 10));
    }
    return {};
}

Result<std::optional<DataItem>> AccountData::item(std::uint64_t user, const storage::Entry& entry) const {
    PEYK_TRY(json::Value row, json::parse(entry.body));
    auto type = row.get_string("type");
    const auto* content = row.get_object("content");
    if (!type || !content) return fail(Errc::corrupt, "an account data row has no type");
    DataItem found{.type = std::string(*type), .position = entry.position};
    if (auto room = row.get_string("room")) found.room = RoomId::trusted(std::string(*room));
    found.removed = row.get_bool("removed").value_or(false);
    PEYK_TRY(found.content, shown(user, found.room, found.type, *content));
    return found;
}

Result<std::vector<DataItem>> AccountData::changes(std::uint64_t user, storage::Position from,
                                                   storage::Position to) const {
    std::vector<DataItem> items;
    std::string at = position_key(from + 1);
    std::string end = position_key(to + 1);
    while (at < end) {
        PEYK_TRY(auto rows, context_.db.scan(kAccountDataStream, user, at, end, kPage));
        for (const auto& row : rows) {
            if (row.rest.size() < 8) return fail(Errc::corrupt, "an account data stream key is short");
            PEYK_TRY(auto entry, context_.db.get(kAccountData, user, std::string_view(row.rest).substr(8)));
            if (!entry || entry->gone || entry->position > to) continue;
            PEYK_TRY(auto found, item(user, *entry));
            if (found) items.push_back(*std::move(found));
        }
        if (rows.size() < kPage) break;
        at = rows.back().rest + '\0';
    }
    return items;
}

Result<std::vector<DataItem>> AccountData::snapshot(std::uint64_t user) const {
    std::vector<DataItem> items;
    bool rules = false;
    std::string at;
    while (true) {
        PEYK_TRY(auto rows, context_.db.scan(kAccountData, user, at, "", kPage));
        for (const auto& row : rows) {
            if (row.gone) continue;
            PEYK_TRY(auto found, item(user, row));
            if (!found || found->removed) continue;
            rules = rules || (!found->room && found->type == kPushRulesType);
            items.push_back(*std::move(found));
        }
        if (rows.size() < kPage) break;
        at = rows.back().rest + '\0';
    }
    if (!rules) {
        DataItem defaults{.type = std::string(kPushRulesType)};
        PEYK_TRY(defaults.content, shown(user, std::nullopt, kPushRulesType, {}));
        items.push_back(std::move(defaults));
    }
    return items;
}

Result<json::Object> AccountData::tags(std::uint64_t user, const RoomId& room) const {
    PEYK_TRY(auto content, stored(user, room, kTag));
    if (!content.contains("tags")) content.set("tags", json::Object{});
    return content;
}

Task<Result<void>> AccountData::put_tag(std::uint64_t user, RoomId room, std::string tag, json::Object content) {
    if (tag.empty() || tag.size() > kMaxTag) co_return m::invalid_param("A tag has 1 to 255 bytes");
    Edit add = [tag, content = std::move(content)](json::Object& now) -> Result<void> {
        if (!now.contains("tags")) now.set("tags", json::Object{});
        auto* tags = now.find("tags")->object();
        if (!tags) return m::bad_json("The tags of this room are not an object");
        if (tags->size() >= kMaxTags && !tags->contains(tag))
            return m::too_large(fmt::format("A room has at most {} tags", kMaxTags));
        tags->set(tag, content);
        return {};
    };
    co_return co_await edit(user, std::move(room), std::string(kTag), std::move(add));
}

Task<Result<void>> AccountData::delete_tag(std::uint64_t user, RoomId room, std::string tag) {
    PEYK_CO_TRY(auto now, tags(user, room));
    if (!now.find("tags")->get(tag)) co_return Result<void>{};
    Edit remove = [tag](json::Object& content) -> Result<void> {
        auto* found = content.find("tags");
        if (found && found->object()) found->object()->erase(tag);
        return {};
    };
    co_return co_await edit(user, std::move(room), std::string(kTag), std::move(remove));
}

Result<bool> AccountData::delete_some(storage::Change& change, std::uint64_t user) const {
    PEYK_TRY(auto rows, context_.db.scan(kAccountData, user, "", "", kPage));
    for (const auto& row : rows) change.del(kAccountData, user, row.rest);
    PEYK_TRY(auto stream, context_.db.scan(kAccountDataStream, user, "", "", kPage));
    for (const auto& row : stream) change.del(kAccountDataStream, user, row.rest);
    if (rows.size() < kPage && stream.size() < kPage) {
        change.del(kUserCounters, user, kCounter);
        return true;
    }
    return false;
}

}  // namespace peyk::users
