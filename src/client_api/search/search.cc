// POST /search: reads what is asked for, has it found, and puts the page together.

#include <algorithm>

#include "base/bytes.h"
#include "client_api/rooms/access.h"
#include "client_api/search/endpoints.h"
#include "rooms/timeline/history.h"

namespace peyk::client_api {
namespace {

using rooms::Direction;
using search::Hit;

constexpr std::size_t kDefaultPage = 10, kMaxPage = 100;
constexpr std::int64_t kDefaultContext = 5, kMaxContext = 50;

struct Context {
    std::size_t before, after;
    bool profiles;
};

// Where a page begins, and of which group it is. Sealed as `next_batch`.
struct Place {
    std::uint64_t offset = 0;
    storage::Position until = ~storage::Position{0};
    std::string group;  // "room_id", "sender", or empty: all results
    std::string value;

    bool has(const Hit& hit) const {
        if (group.empty()) return true;
        return (group == "sender" ? std::string_view(hit.sender) : hit.room->id.view()) == value;
    }
    std::string encode() const {
        std::string out;
        put_varint(out, offset);
        put_varint(out, until);
        put_bytes(out, group);
        put_bytes(out, value);
        return out;
    }
    static Result<Place> decode(std::string_view bytes) {
        ByteReader reader(bytes);
        Place out;
        out.offset = reader.varint();
        out.until = reader.varint();
        out.group = reader.bytes();
        out.value = reader.bytes();
        if (!reader.done()) return m::invalid_param("'next_batch' is not a token of a search");
        return out;
    }
};

struct Wanted {
    search::Request request;
    std::size_t limit = kDefaultPage;
    std::optional<Context> context;
    bool state = false;
    bool by_room = false, by_sender = false;
};

// Typed members of an object: absent reads as nothing.
Result<std::optional<bool>> flag_of(const json::Value& from, std::string_view key) {
    const auto* value = from.get(key);
    if (!value) return std::nullopt;
    if (!value->boolean()) return m::bad_json(fmt::format("'{}' must be true or false", key));
    return value->boolean();
}

Result<std::size_t> count_of(const json::Value& from, std::string_view key) {
    const auto* value = from.get(key);
    if (!value) return static_cast<std::size_t>(kDefaultContext);
    if (!value->integer() || *value->integer() < 0) return m::bad_json(fmt::format("'{}' must be a whole number", key));
    return static_cast<std::size_t>(std::min(*value->integer(), kMaxContext));
}

Result<const json::Value*> object_of(const json::Value& from, std::string_view key) {
    const auto* value = from.get(key);
    if (!value) return nullptr;
    if (!value->is_object()) return m::bad_json(fmt::format("'{}' must be an object", key));
    return value;
}

Result<search::Keys> keys_of(const json::Value& criteria) {
    const auto* value = criteria.get("keys");
    if (!value) return search::Keys{};
    if (!value->array()) return m::bad_json("'keys' must be a list");
    search::Keys keys{false, false, false};
    for (const auto& item : *value->array()) {
        if (item == json::Value("content.body"))
            keys.body = true;
        else if (item == json::Value("content.name"))
            keys.name = true;
        else if (item == json::Value("content.topic"))
            keys.topic = true;
        else
            return m::bad_json("'keys' has a member that is none of content.body, content.name and content.topic");
    }
    return keys;
}

Result<void> read_groups(const json::Value& criteria, Wanted& out) {
    PEYK_TRY(const auto* groupings, object_of(criteria, "groupings"));
    const auto* list = groupings ? groupings->get("group_by") : nullptr;
    if (!list) return {};
    if (!list->array()) return m::bad_json("'group_by' must be a list");
    for (const auto& item : *list->array()) {
        if (!item.is_object()) return m::bad_json("'group_by' must hold objects");
        const auto* named = item.get("key");
        if (named && !named->string()) return m::bad_json("'key' of a group must be a string");
        auto key = item.get_string("key");
        if (key == "room_id")
            out.by_room = true;
        else if (key == "sender")
            out.by_sender = true;
        else
            return m::invalid_param("Results can be grouped by room_id and sender");
    }
    return {};
}

Result<Wanted> read_criteria(const json::Value& criteria, rooms::UserNumber user) {
    const auto* term = criteria.get("search_term");
    if (!term) return m::missing_param("'search_term' is missing");
    if (!term->string()) return m::bad_json("'search_term' must be a string");
    PEYK_TRY(auto query, search::Query::parse(*term->string()));
    PEYK_TRY(auto keys, keys_of(criteria));
    PEYK_TRY(const auto* filter, object_of(criteria, "filter"));
    PEYK_TRY(auto parsed, rooms::EventFilter::parse(filter, kDefaultPage, kMaxPage));
    Wanted out{.request = {user, std::move(query), keys, std::move(parsed)}};
    out.limit = std::max<std::size_t>(1, out.request.filter.limit);
    if (const auto* order = criteria.get("order_by"); order) {
        if (*order == json::Value("recent"))
            out.request.order = search::OrderBy::recent;
        else if (*order != json::Value("rank"))
            return m::bad_json("'order_by' must be recent or rank");
    }
    PEYK_TRY(const auto* context, object_of(criteria, "event_context"));
    if (context) {
        PEYK_TRY(auto before, count_of(*context, "before_limit"));
        PEYK_TRY(auto after, count_of(*context, "after_limit"));
        PEYK_TRY(auto profiles, flag_of(*context, "include_profile"));
        out.context = Context{before, after, profiles.value_or(false)};
    }
    PEYK_TRY(auto state, flag_of(criteria, "include_state"));
    out.state = state.value_or(false);
    PEYK_CHECK(read_groups(criteria, out));
    return out;
}

// The answer to one request.
class Page {
public:
    Page(const RoomServices& services, const users::Caller& caller, const Wanted& wanted, const search::Found& found,
         Place place)
        : services_(services), caller_(caller), wanted_(wanted), found_(found), place_(std::move(place)) {
        place_.until = found.until;
    }

    Result<std::string> write() {
        choose();
        json::Writer out;
        out.begin_object().key("search_categories").begin_object().key("room_events").begin_object();
        out.key("count").integer(static_cast<std::int64_t>(of_group_.size()));
        out.key("highlights").begin_array();
        for (const auto& word : wanted_.request.query.words) out.string(word);
        out.end_array().key("results").begin_array();
        for (const auto* hit : page_) PEYK_CHECK(write_result(out, *hit));
        out.end_array();
        if (wanted_.state) PEYK_CHECK(write_state(out));
        if (wanted_.by_room || wanted_.by_sender) write_groups(out);
        auto next = place_.offset + page_.size();
        if (next < of_group_.size()) out.key("next_batch").string(token(place_, next));
        out.end_object().end_object().end_object();
        return out.take();
    }

private:
    void choose() {
        for (const auto& hit : found_.hits)
            if (place_.has(hit)) of_group_.push_back(&hit);
        auto from = std::min<std::size_t>(place_.offset, of_group_.size());
        auto to = std::min(from + wanted_.limit, of_group_.size());
        page_.assign(of_group_.begin() + static_cast<std::ptrdiff_t>(from),
                     of_group_.begin() + static_cast<std::ptrdiff_t>(to));
    }

    std::string token(Place place, std::uint64_t offset) const {
        place.offset = offset;
        return services_.tokens.encode_place(place.encode(), caller_.user_number);
    }

    Result<RoomAccess*> access(const rooms::RoomInfo& room) {
        auto found = rooms_.find(room.number);
        if (found == rooms_.end()) {
            PEYK_TRY(auto opened, open_room(services_, caller_, room.id));
            found = rooms_.emplace(room.number, std::make_unique<RoomAccess>(std::move(opened))).first;
        }
        return found->second.get();
    }

    Result<void> write_result(json::Writer& out, const Hit& hit) {
        auto room = access(*hit.room);
        PEYK_TRY(auto event, services_.store.event(*hit.room, hit.number));
        // The room was forgotten, or the event redacted, since it was found: the page is shorter by one.
        if (!room || !event || event->redacted_by) return {};
        ids_.emplace(&hit, event->event->id.str());
        PEYK_TRY(auto text, event_json(services_, **room, *event));
        out.begin_object().key("rank").raw(fmt::format("{:.6f}", hit.rank)).key("result").raw(text);
        if (wanted_.context) PEYK_CHECK(write_context(out, **room, event));
        out.end_object();
        return {};
    }

    Result<void> write_context(json::Writer& out, RoomAccess& room, const rooms::StoredEventPtr& event) {
        PEYK_TRY(auto everything, rooms::EventFilter::parse(nullptr, 0, kMaxContext));
        everything.limit = wanted_.context->before;
        PEYK_TRY(auto before, rooms::history_page(services_.store, *room.room, room.visibility, everything,
                                                  event->number, 0, Direction::backward));
        everything.limit = wanted_.context->after;
        PEYK_TRY(auto after, rooms::history_page(services_.store, *room.room, room.visibility, everything,
                                                 event->number + 1, room.end, Direction::forward));
        PEYK_TRY(auto before_text, events_json(services_, room, before.events));
        PEYK_TRY(auto after_text, events_json(services_, room, after.events));
        const auto& tokens = services_.tokens;
        out.key("context").begin_object();
        out.key("start").string(tokens.encode(room.room->number, before.end, room.reader.number));
        out.key("end").string(tokens.encode(room.room->number, after.end, room.reader.number));
        out.key("events_before").raw(before_text).key("events_after").raw(after_text);
        if (wanted_.context->profiles) PEYK_CHECK(write_profiles(out, room, event, before.events, after.events));
        out.end_object();
        return {};
    }

    // Names and pictures as they were at the event.
    Result<void> write_profiles(json::Writer& out, RoomAccess& room, const rooms::StoredEventPtr& event,
                                std::vector<rooms::StoredEventPtr> before,
                                const std::vector<rooms::StoredEventPtr>& after) {
        before.push_back(event);
        before.insert(before.end(), after.begin(), after.end());
        std::set<std::string> senders;
        for (const auto& each : before) senders.emplace(each->event->sender.view());
        out.key("profile_info").begin_object();
        for (const auto& sender : senders) {
            PEYK_TRY(auto member, services_.store.state(*room.room, event->after, "m.room.member", sender));
            out.key(sender).begin_object();
            for (std::string_view key : {"avatar_url", "displayname"}) {
                const auto* value = member ? member->event->content.find(key) : nullptr;
                if (value && value->string()) out.key(key).string(*value->string());
            }
            out.end_object();
        }
        out.end_object();
        return {};
    }

    Result<void> write_state(json::Writer& out) {
        out.key("state").begin_object();
        std::set<std::string> done;
        for (const auto* hit : page_) {
            if (!done.insert(hit->room->id.str()).second) continue;
            auto room = access(*hit->room);
            if (!room) continue;
            PEYK_TRY(auto state, services_.store.all_state(*hit->room, (*room)->roots));
            PEYK_TRY(auto text, events_json(services_, **room, state));
            out.key(hit->room->id.view()).raw(text);
        }
        out.end_object();
        return {};
    }

    void write_groups(json::Writer& out) {
        out.key("groups").begin_object();
        if (wanted_.by_room) write_grouping(out, "room_id");
        if (wanted_.by_sender) write_grouping(out, "sender");
        out.end_object();
    }

    // The groups that this page has results of; a token of a group leads to the results of it that follow.
    void write_grouping(json::Writer& out, const std::string& key) {
        std::map<std::string, std::vector<const Hit*>> groups;
        std::vector<std::string> order;
        for (const auto* hit : page_) {
            auto value = key == "sender" ? hit->sender : hit->room->id.str();
            auto& group = groups[value];
            if (group.empty()) order.push_back(value);
            group.push_back(hit);
        }
        out.key(key).begin_object();
        for (const auto& [value, hits] : groups) {
            Place place{0, place_.until, key, value};
            auto total = static_cast<std::size_t>(
                std::count_if(found_.hits.begin(), found_.hits.end(), [&](const Hit& hit) { return place.has(hit); }));
            auto shown = position_of(hits.back(), place) + 1;
            auto rank = std::find(order.begin(), order.end(), value) - order.begin();
            out.key(value).begin_object().key("order").integer(rank + 1).key("results").begin_array();
            for (const auto* hit : hits)
                if (auto id = ids_.find(hit); id != ids_.end()) out.string(id->second);
            out.end_array();
            if (shown < total) out.key("next_batch").string(token(place, shown));
            out.end_object();
        }
        out.end_object();
    }

    std::size_t position_of(const Hit* wanted, const Place& place) const {
        std::size_t at = 0;
        for (const auto& hit : found_.hits) {
            if (&hit == wanted) break;
            if (place.has(hit)) ++at;
        }
        return at;
    }

    const RoomServices& services_;
    const users::Caller& caller_;
    const Wanted& wanted_;
    const search::Found& found_;
    Place place_;
    std::vector<const Hit*> of_group_, page_;
    std::map<rooms::RoomNumber, std::unique_ptr<RoomAccess>> rooms_;
    std::map<const Hit*, std::string> ids_;
};

class Search {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/search", Auth::user, Body::object,
                                  RateClass::general};
    Search(const RoomServices& services, search::Searcher* searcher) : services_(services), searcher_(searcher) {}

    Task<Result<Reply>> run(Call call) {
        if (!searcher_) co_return m::forbidden("Searching is switched off on this server");
        auto categories = call.body_member("search_categories");
        if (!categories.is_object()) co_return m::bad_json("'search_categories' must be an object");
        PEYK_CO_TRY(const auto* criteria, object_of(categories, "room_events"));
        if (!criteria) co_return Reply{200, R"({"search_categories":{}})"};
        PEYK_CO_TRY(auto wanted, read_criteria(*criteria, call.who().user_number));
        PEYK_CO_TRY(wanted.request.ignored, services_.account_data.ignored_by(call.who().user_number));
        Place place;
        if (auto token = call.request.parameter("next_batch")) {
            PEYK_CO_TRY(auto bytes, services_.tokens.decode_place(*token, call.who().user_number));
            PEYK_CO_TRY(place, Place::decode(bytes));
            wanted.request.until = place.until;
        }
        auto request = wanted.request;
        PEYK_CO_TRY(auto found, co_await searcher_->search(std::move(request)));
        PEYK_CO_TRY(auto text, Page(services_, call.who(), wanted, found, std::move(place)).write());
        co_return Reply{200, std::move(text)};
    }

private:
    RoomServices services_;
    search::Searcher* searcher_;
};

}  // namespace

void add_search_endpoints(Api& api, const RoomServices& services, search::Searcher* searcher) {
    api.add<Search>(services, searcher);
}

}  // namespace peyk::client_api
