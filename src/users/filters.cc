#include "users/filters.h"

#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"
#include "core/errors.h"
#include "core/ids.h"
#include "users/tables.h"

namespace peyk::users {
namespace {

constexpr std::size_t kMaxFilter = 48 * 1024;
constexpr std::size_t kPage = 500;

Result<void> wrong(std::string_view key, std::string_view what) {
    return m::bad_json(fmt::format("'{}' of the filter must be {}", key, what));
}

Result<void> check_strings(const json::Object& filter, std::string_view key) {
    const auto* value = filter.find(key);
    if (!value) return {};
    if (!value->array()) return wrong(key, "an array of strings");
    for (const auto& item : *value->array()) {
        if (!item.string()) return wrong(key, "an array of strings");
    }
    return {};
}

template <class T>
Result<void> check_ids(const json::Object& filter, std::string_view key) {
    PEYK_CHECK(check_strings(filter, key));
    const auto* value = filter.find(key);
    if (!value) return {};
    for (const auto& item : *value->array()) {
        if (!T::parse(*item.string())) return wrong(key, "an array of Matrix ids");
    }
    return {};
}

Result<void> check_bool(const json::Object& filter, std::string_view key) {
    const auto* value = filter.find(key);
    if (value && !value->boolean()) return wrong(key, "true or false");
    return {};
}

// EventFilter and RoomEventFilter of the specification.
Result<void> check_event_filter(const json::Object& filter) {
    if (const auto* limit = filter.find("limit")) {
        if (!limit->integer() || *limit->integer() < 0) return wrong("limit", "a whole number above 0");
    }
    for (std::string_view key :
         {"types", "not_types", "rel_types", "not_rel_types", "related_by_rel_types", "related_by_senders"})
        PEYK_CHECK(check_strings(filter, key));
    for (std::string_view key : {"senders", "not_senders"}) PEYK_CHECK(check_ids<UserId>(filter, key));
    for (std::string_view key : {"rooms", "not_rooms"}) PEYK_CHECK(check_ids<RoomId>(filter, key));
    for (std::string_view key :
         {"lazy_load_members", "include_redundant_members", "contains_url", "unread_thread_notifications"})
        PEYK_CHECK(check_bool(filter, key));
    return {};
}

Result<void> check_part(const json::Object& filter, std::string_view key) {
    const auto* part = filter.find(key);
    if (!part) return {};
    if (!part->object()) return wrong(key, "an object");
    return check_event_filter(*part->object());
}

std::string number_key(std::uint32_t number) {
    std::string key;
    put_u32be(key, number);
    return key;
}

}  // namespace

Result<void> check_filter(const json::Object& filter) {
    PEYK_CHECK(check_strings(filter, "event_fields"));
    if (const auto* format = filter.find("event_format")) {
        if (!format->string() || (*format->string() != "client" && *format->string() != "federation"))
            return wrong("event_format", "'client' or 'federation'");
    }
    for (std::string_view key : {"presence", "account_data"}) PEYK_CHECK(check_part(filter, key));
    const auto* room = filter.find("room");
    if (!room) return {};
    if (!room->object()) return wrong("room", "an object");
    const auto& rooms = *room->object();
    for (std::string_view key : {"rooms", "not_rooms"}) PEYK_CHECK(check_ids<RoomId>(rooms, key));
    for (std::string_view key : {"ephemeral", "state", "timeline", "account_data"}) PEYK_CHECK(check_part(rooms, key));
    return check_bool(rooms, "include_leave");
}

Task<Result<std::string>> Filters::add(std::uint64_t user, json::Object filter) {
    PEYK_CO_CHECK(check_filter(filter));
    auto text = json::write(filter);
    if (text.size() > kMaxFilter) co_return m::too_large(fmt::format("A filter has at most {} bytes", kMaxFilter));
    auto digest = context_.db.digest("filter", text);
    auto lane = co_await context_.lanes.enter(user);
    PEYK_CO_TRY(auto known, context_.db.get(kFilterIndex, user, digest));
    if (known) co_return std::to_string(ByteReader(known->body).varint());
    PEYK_CO_TRY(auto used, usage(user));
    auto next = used.count;
    used.bytes += text.size();
    if (next >= context_.options.max_filters || used.bytes > context_.options.max_filter_bytes) {
        co_return fail(
            Error{Errc::forbidden,
                  fmt::format("The filters of this account are full: it may keep {} of them, of {} KiB together",
                              context_.options.max_filters, context_.options.max_filter_bytes >> 10),
                  "M_RESOURCE_LIMIT_EXCEEDED"});
    }
    std::string number, after;
    put_varint(number, next);
    put_varint(after, next + 1);
    put_varint(after, used.bytes);
    auto change = context_.change_of(user);
    change.put(kFilters, user, number_key(static_cast<std::uint32_t>(next)), text);
    change.put(kFilterIndex, user, digest, number);
    change.put(kUserCounters, user, "filters", after);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return std::to_string(next);
}

// Counters of before bytes were counted have none: counted here, once.
Result<Filters::Usage> Filters::usage(std::uint64_t user) const {
    Usage out;
    PEYK_TRY(auto counters, context_.db.get(kUserCounters, user, "filters"));
    if (!counters || counters->gone) return out;
    ByteReader in(counters->body);
    out.count = in.varint();
    if (!in.done()) {
        out.bytes = in.varint();
        return out;
    }
    PEYK_TRY(auto rows, context_.db.scan(kFilters, user, "", "", context_.options.max_filters));
    for (const auto& row : rows) out.bytes += row.body.size();
    return out;
}

Result<std::string> Filters::get(std::uint64_t user, std::string_view id) const {
    std::uint32_t number = 0;
    auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (id.empty() || error != std::errc{} || end != id.data() + id.size()) return m::not_found("Unknown filter");
    PEYK_TRY(auto row, context_.db.get(kFilters, user, number_key(number)));
    if (!row || row->gone) return m::not_found("Unknown filter");
    return std::move(row->body);
}

Result<bool> Filters::delete_some(storage::Change& change, std::uint64_t user) const {
    PEYK_TRY(auto rows, context_.db.scan(kFilters, user, "", "", kPage));
    for (const auto& row : rows) change.del(kFilters, user, row.rest);
    PEYK_TRY(auto index, context_.db.scan(kFilterIndex, user, "", "", kPage));
    for (const auto& row : index) change.del(kFilterIndex, user, row.rest);
    if (rows.size() < kPage && index.size() < kPage) {
        change.del(kUserCounters, user, "filters");
        return true;
    }
    return false;
}

}  // namespace peyk::users
