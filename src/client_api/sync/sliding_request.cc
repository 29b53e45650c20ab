#include "client_api/sync/sliding_request.h"

#include <algorithm>

namespace peyk::client_api {
namespace {

using sync::RequiredState;
using sync::SlidingShape;

constexpr std::size_t kMaxRules = 100;  // lists, and subscriptions. Spec: Max lists, Max subscriptions.
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxMatches = 400, kMaxAllMatches = 4'000;  // of one rule; of a request
constexpr std::size_t kMaxFilterItems = 200, kMaxRanges = 50;
constexpr std::int64_t kMaxTimeline = 100;  // "The server may cap this number."
constexpr std::int64_t kMaxTimeout = 600'000;

using Texts = std::optional<std::vector<std::string>>;

// Members of one object, by type; null is none of them.
class Members {
public:
    Members(const json::Object& object, std::string where) : object_(object), where_(std::move(where)) {}

    Result<std::optional<std::int64_t>> integer(std::string_view key) const {
        const auto* value = get(key);
        if (!value) return std::nullopt;
        auto number = value->integer();
        if (!number) return bad(key, "must be an integer");
        return number;
    }
    Result<std::optional<bool>> flag(std::string_view key) const {
        const auto* value = get(key);
        if (!value) return std::nullopt;
        auto flag = value->boolean();
        if (!flag) return bad(key, "must be true or false");
        return flag;
    }
    Result<std::optional<std::string>> text(std::string_view key) const {
        const auto* value = get(key);
        if (!value) return std::nullopt;
        if (!value->string()) return bad(key, "must be a string");
        return *value->string();
    }
    Result<const json::Object*> object(std::string_view key) const {
        const auto* value = get(key);
        if (!value) return nullptr;
        if (!value->object()) return bad(key, "must be an object");
        return value->object();
    }
    Result<const json::Array*> array(std::string_view key, std::size_t limit) const {
        const auto* value = get(key);
        if (!value) return nullptr;
        if (!value->array()) return bad(key, "must be an array");
        if (value->array()->size() > limit) return m::invalid_param("'" + std::string(key) + "' is too long");
        return value->array();
    }
    Result<Texts> texts(std::string_view key) const {
        PEYK_TRY(const auto* list, array(key, kMaxFilterItems));
        if (!list) return std::nullopt;
        std::vector<std::string> out;
        for (const auto& item : *list) {
            if (!item.string()) return bad(key, "must hold strings");
            out.push_back(*item.string());
        }
        return out;
    }
    // Strings, or null for a room without a type.
    Result<std::optional<std::vector<std::optional<std::string>>>> types(std::string_view key) const {
        PEYK_TRY(const auto* list, array(key, kMaxFilterItems));
        if (!list) return std::nullopt;
        std::vector<std::optional<std::string>> out;
        for (const auto& item : *list) {
            if (!item.string() && !item.is_null()) return bad(key, "must hold strings or null");
            out.push_back(item.string() ? std::optional(*item.string()) : std::nullopt);
        }
        return out;
    }
    std::unexpected<Error> bad(std::string_view key, std::string_view what) const {
        return m::bad_json("'" + where_ + std::string(key) + "' " + std::string(what));
    }

private:
    const json::Value* get(std::string_view key) const { return object_.find(key); }
    const json::Object& object_;
    std::string where_;
};

Result<std::vector<sync::StateMatch>> parse_matches(const Members& members, std::string_view key) {
    std::vector<sync::StateMatch> out;
    PEYK_TRY(const auto* list, members.array(key, kMaxMatches));
    if (!list) return out;
    for (const auto& item : *list) {
        if (!item.object()) return members.bad(key, "must hold objects");
        Members match(*item.object(), "required_state.");
        PEYK_TRY(auto type, match.text("type"));
        PEYK_TRY(auto state_key, match.text("state_key"));
        out.push_back({std::move(type), std::move(state_key)});
    }
    return out;
}

Result<RequiredState> merged_state(const Members& config) {
    RequiredState out;
    PEYK_TRY(const auto* object, config.object("required_state"));
    if (!object) return m::missing_param("'required_state' is missing");
    Members members(*object, "required_state.");
    PEYK_TRY(out.include, parse_matches(members, "include"));
    PEYK_TRY(out.exclude, parse_matches(members, "exclude"));
    PEYK_TRY(auto lazy, members.flag("lazy_members"));
    out.lazy_members = lazy.value_or(false);
    return out;
}

// Pairs of type and key; "*" is any, $ME the user, $LAZY the lazy members.
Result<RequiredState> deployed_state(const Members& config, const UserId& user) {
    RequiredState out;
    PEYK_TRY(const auto* list, config.array("required_state", kMaxMatches));
    if (!list) return out;
    bool all_members = false;
    for (const auto& item : *list) {
        const auto* pair = item.array();
        if (!pair || pair->size() != 2 || !(*pair)[0].string() || !(*pair)[1].string())
            return config.bad("required_state", "must hold pairs of strings");
        const auto& type = *(*pair)[0].string();
        const auto& key = *(*pair)[1].string();
        if (type == "m.room.member" && key == "$LAZY") {
            out.lazy_members = true;
            continue;
        }
        all_members = all_members || (type == "m.room.member" && key == "*");
        sync::StateMatch match;
        if (type != "*") match.type = type;
        if (key == "$ME") {
            match.key = user.str();
        } else if (key != "*") {
            match.key = key;
        }
        out.include.push_back(std::move(match));
    }
    if (all_members) out.lazy_members = false;
    return out;
}

Result<sync::RoomConfig> parse_config(const Members& members, SlidingShape shape, const UserId& user) {
    sync::RoomConfig out;
    PEYK_TRY(auto limit, members.integer("timeline_limit"));
    if (!limit && shape == SlidingShape::merged) return m::missing_param("'timeline_limit' is missing");
    if (limit && *limit < 0) return m::invalid_param("'timeline_limit' must not be negative");
    out.timeline_limit = static_cast<std::size_t>(std::min(limit.value_or(0), kMaxTimeline));
    if (shape == SlidingShape::merged) {
        PEYK_TRY(out.required_state, merged_state(members));
        return out;
    }
    PEYK_TRY(out.required_state, deployed_state(members, user));
    PEYK_TRY(auto heroes, members.flag("include_heroes"));
    out.heroes = heroes.value_or(true);
    return out;
}

Result<std::pair<std::size_t, std::size_t>> parse_range(const json::Value& value) {
    const auto* pair = value.array();
    auto low = pair && pair->size() == 2 ? (*pair)[0].integer() : std::nullopt;
    auto high = pair && pair->size() == 2 ? (*pair)[1].integer() : std::nullopt;
    if (!low || !high) return m::bad_json("A range must be a pair of integers");
    if (*low < 0 || *high < *low) return m::invalid_param("A range must not be negative or end before it begins");
    return std::pair{static_cast<std::size_t>(*low), static_cast<std::size_t>(*high)};
}

Result<sync::RoomFilters> parse_filters(const Members& list, SlidingShape shape) {
    sync::RoomFilters out;
    PEYK_TRY(const auto* object, list.object("filters"));
    if (!object) return out;
    Members members(*object, "filters.");
    PEYK_TRY(out.is_dm, members.flag("is_dm"));
    PEYK_TRY(out.is_encrypted, members.flag("is_encrypted"));
    PEYK_TRY(out.is_invited, members.flag(shape == SlidingShape::merged ? "is_invited" : "is_invite"));
    PEYK_TRY(out.spaces, members.texts("spaces"));
    PEYK_TRY(out.tags, members.texts("tags"));
    PEYK_TRY(auto not_tags, members.texts("not_tags"));
    out.not_tags = std::move(not_tags).value_or(std::vector<std::string>{});
    PEYK_TRY(out.room_types, members.types("room_types"));
    PEYK_TRY(auto not_types, members.types("not_room_types"));
    if (not_types) out.not_room_types = *std::move(not_types);
    if (shape == SlidingShape::deployed) {
        PEYK_TRY(out.name_like, members.text("room_name_like"));
    }
    return out;
}

Result<void> parse_lists(const Members& body, sync::SlidingRequest& out) {
    PEYK_TRY(const auto* lists, body.object("lists"));
    if (!lists) return {};
    if (lists->size() > kMaxRules) return m::invalid_param("More than 100 lists");
    for (const auto& [name, value] : *lists) {
        if (name.empty() || name.size() > kMaxName) return m::invalid_param("The name of a list is empty or too long");
        if (!value.object()) return m::bad_json("A list must be an object");
        Members members(*value.object(), "lists.");
        sync::ListRequest list{name, {}, {}, {}};
        PEYK_TRY(list.config, parse_config(members, out.shape, out.user));
        PEYK_TRY(list.filters, parse_filters(members, out.shape));
        if (out.shape == SlidingShape::merged) {
            if (const auto* range = value.get("range"); range) {
                PEYK_TRY(auto parsed, parse_range(*range));
                list.ranges.emplace({parsed});
            }
        } else {
            PEYK_TRY(const auto* ranges, members.array("ranges", kMaxRanges));
            if (ranges) list.ranges.emplace();
            for (std::size_t i = 0; ranges && i < ranges->size(); ++i) {
                PEYK_TRY(auto parsed, parse_range((*ranges)[i]));
                list.ranges->push_back(parsed);
            }
        }
        out.lists.push_back(std::move(list));
    }
    return {};
}

Result<void> parse_subscriptions(const Members& body, sync::SlidingRequest& out) {
    PEYK_TRY(const auto* subscriptions, body.object("room_subscriptions"));
    if (!subscriptions) return {};
    if (subscriptions->size() > kMaxRules) return m::invalid_param("More than 100 room subscriptions");
    for (const auto& [id, value] : *subscriptions) {
        if (!value.object()) return m::bad_json("A room subscription must be an object");
        Members members(*value.object(), "room_subscriptions.");
        PEYK_TRY(auto config, parse_config(members, out.shape, out.user));
        // Spec: rooms that do not exist are ignored; what is no room id cannot exist.
        if (auto room = RoomId::parse(id)) out.subscriptions.emplace(*std::move(room), std::move(config));
    }
    return {};
}

Result<void> parse_extensions(const Members& body, sync::SlidingRequest& out) {
    PEYK_TRY(const auto* extensions, body.object("extensions"));
    if (!extensions) return {};
    Members all(*extensions, "extensions.");
    for (auto [name, into] : {std::pair{"to_device", &out.to_device},
                              {"e2ee", &out.e2ee},
                              {"account_data", &out.account_data},
                              {"receipts", &out.receipts},
                              {"typing", &out.typing}}) {
        PEYK_TRY(const auto* object, all.object(name));
        if (!object) continue;
        Members members(*object, std::string("extensions.") + name + '.');
        PEYK_TRY(auto enabled, members.flag("enabled"));
        into->enabled = enabled.value_or(false);
        PEYK_TRY(into->lists, members.texts("lists"));
        PEYK_TRY(into->rooms, members.texts("rooms"));
        if (into != &out.to_device) continue;
        PEYK_TRY(auto since, members.text("since"));
        if (since && !since->empty()) out.to_device_since = std::move(since);
        PEYK_TRY(auto limit, members.integer("limit"));
        if (limit && *limit < 1) return m::invalid_param("'extensions.to_device.limit' must be positive");
        out.to_device_limit = static_cast<std::size_t>(std::min<std::int64_t>(limit.value_or(100), 100));
    }
    return {};
}

// Rooms that many rules match are asked for all of it.
Result<void> check_matches(const sync::SlidingRequest& request) {
    std::size_t count = 0;
    auto add = [&](const sync::RoomConfig& config) {
        count += config.required_state.include.size() + config.required_state.exclude.size();
    };
    for (const auto& list : request.lists) add(list.config);
    for (const auto& [room, config] : request.subscriptions) add(config);
    if (count > kMaxAllMatches) return m::invalid_param("The 'required_state' of all rules together is too long");
    return {};
}

Result<sync::SlidingRequest> parse_common(const Call& call, SlidingShape shape) {
    sync::SlidingRequest out{call.who().user, call.who().device, shape};
    Members body(call.body, "");
    PEYK_TRY(auto connection, body.text("conn_id"));
    if (connection) out.connection = *std::move(connection);
    if (out.connection.size() > kMaxName) return m::invalid_param("'conn_id' is too long");
    PEYK_TRY(out.transaction, body.text("txn_id"));
    if (out.transaction && out.transaction->size() > kMaxName) return m::invalid_param("'txn_id' is too long");
    PEYK_CHECK(parse_lists(body, out));
    PEYK_CHECK(parse_subscriptions(body, out));
    PEYK_CHECK(check_matches(out));
    PEYK_CHECK(parse_extensions(body, out));
    return out;
}

}  // namespace

Result<std::optional<sync::PresenceState>> parse_set_presence(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    auto state = sync::presence_state_of(*text);
    if (!state) return m::invalid_param("'set_presence' must be online, offline or unavailable");
    return state;
}

Result<sync::SlidingRequest> parse_merged(const Call& call) {
    PEYK_TRY(auto out, parse_common(call, SlidingShape::merged));
    Members body(call.body, "");
    PEYK_TRY(out.pos, body.text("pos"));
    PEYK_TRY(auto timeout, body.integer("timeout"));
    if (timeout && *timeout < 0) return m::invalid_param("'timeout' must not be negative");
    out.timeout = Millis{std::min(timeout.value_or(0), kMaxTimeout)};
    PEYK_TRY(auto presence, body.text("set_presence"));
    PEYK_TRY(out.set_presence, parse_set_presence(presence));
    return out;
}

Result<sync::SlidingRequest> parse_deployed(const Call& call) {
    PEYK_TRY(auto out, parse_common(call, SlidingShape::deployed));
    out.pos = call.request.parameter("pos");
    if (out.pos && out.pos->empty()) out.pos.reset();
    PEYK_TRY(auto timeout, call.number("timeout", 0, 0, kMaxTimeout));
    out.timeout = Millis{timeout};
    PEYK_TRY(out.set_presence, parse_set_presence(call.request.parameter("set_presence")));
    return out;
}

}  // namespace peyk::client_api
