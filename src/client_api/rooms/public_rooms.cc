// The list of published rooms, paged and searched. Spec: Client-Server API › Listing rooms.

#include "client_api/rooms/access.h"
#include "core/text_fold.h"
#include "rooms/directory/room_summary.h"

namespace peyk::client_api {
namespace {

constexpr std::size_t kMaxListed = 500;
constexpr std::size_t kPage = 100;           // rooms read at once
constexpr std::size_t kScanned = 2'000;      // rooms looked at for one page; the token goes on behind them
constexpr std::size_t kMaxTerm = 512;        // bytes
constexpr std::size_t kMaxTypes = 100;       // of a filter
constexpr std::size_t kSearchedText = 1000;  // bytes of a name or topic: nobody looks for a room by more

using Published = rooms::Directory::Published;

struct Query {
    std::size_t limit = 100;
    rooms::RoomNumber since = 0;  // behind this room, or before it
    bool back = false;
    std::string term = {};                                              // as it was given; empty: all rooms
    std::u32string folded = {};                                         // of the term; empty: it has no letters
    std::optional<std::vector<std::optional<std::string>>> types = {};  // nothing in it: rooms without a type
    std::optional<std::string> instance = {};                           // the directory of one network
    bool all_networks = false;

    bool own_list() const { return !instance && !all_networks; }
};

struct Page {
    json::Array rooms;
    // Where the pages before and behind this one begin: at these rooms, which are the outermost that were looked at.
    rooms::RoomNumber first = 0, last = 0;
    bool more_before = false, more_after = false;
};

Result<std::vector<std::optional<std::string>>> room_types(const json::Array& list) {
    if (list.size() > kMaxTypes) return m::invalid_param("'room_types' is too long");
    std::vector<std::optional<std::string>> out;
    for (const auto& type : list) {
        if (!type.is_null() && !type.string()) return m::bad_json("'room_types' must hold strings and null");
        out.push_back(type.is_null() ? std::nullopt : std::optional(*type.string()));
    }
    return out;
}

Result<void> read_filter(const json::Object& filter, Query& out) {
    const auto* term = filter.find("generic_search_term");
    if (term) {
        if (!term->string()) return m::bad_json("'generic_search_term' must be a string");
        out.term = *term->string();
        if (out.term.size() > kMaxTerm)
            return m::invalid_param(fmt::format("A search term has at most {} bytes", kMaxTerm));
        out.folded = fold_text(out.term);
    }
    const auto* types = filter.find("room_types");
    if (types) {
        if (!types->array()) return m::bad_json("'room_types' must be an array");
        PEYK_TRY(out.types, room_types(*types->array()));
    }
    return {};
}

Result<void> read_since(const Call& call, Query& out) {
    std::optional<std::string> since;
    if (!call.body_member("since").is_null()) {
        PEYK_TRY(since, call.optional_string("since"));
    }
    if (!since) since = call.request.parameter("since");
    if (!since || since->empty()) return {};
    bool known = since->size() <= 21 && (since->front() == 'n' || since->front() == 'p') &&
                 since->find_first_not_of("0123456789", 1) == std::string::npos;
    if (!known) return m::invalid_param("'since' is not a token of this list");
    out.back = since->front() == 'p';
    out.since = std::strtoull(since->c_str() + 1, nullptr, 10);
    return {};
}

Result<Query> read_query(const Call& call) {
    Query out;
    PEYK_TRY(auto from_query, call.number("limit", 100, 0, kMaxListed));
    PEYK_TRY(auto from_body, call.optional_integer("limit"));
    if (from_body && *from_body < 0) return m::invalid_param("'limit' must not be negative");
    out.limit = static_cast<std::size_t>(std::min<std::int64_t>(from_body.value_or(from_query), kMaxListed));
    PEYK_CHECK(read_since(call, out));
    PEYK_TRY(out.instance, call.optional_string("third_party_instance_id"));
    PEYK_TRY(auto all, call.optional_bool("include_all_networks"));
    out.all_networks = all.value_or(false);
    if (out.instance && out.instance->empty()) out.instance.reset();
    if (out.instance && out.all_networks)
        return m::invalid_param("'third_party_instance_id' cannot be given with 'include_all_networks'");
    PEYK_TRY(const auto* filter, call.optional_object("filter"));
    if (filter) PEYK_CHECK(read_filter(*filter, out));
    return out;
}

bool mentions(std::string_view text, const Query& query) {
    text = text.substr(0, kSearchedText);
    // Of signs and pictures alone nothing is left after folding: they are compared as they are.
    if (query.folded.empty()) return text.find(query.term) != std::string_view::npos;
    return fold_text(text).find(query.folded) != std::u32string::npos;
}

bool matches(const rooms::RoomSummary& room, const Query& query) {
    if (query.types) {
        auto type = room.type.empty() ? std::nullopt : std::optional(room.type);
        if (std::ranges::find(*query.types, type) == query.types->end()) return false;
    }
    if (query.term.empty()) return true;
    for (auto key : {"name", "topic", "canonical_alias"}) {
        const auto* text = room.json.find(key);
        if (text && text->string() && mentions(*text->string(), query)) return true;
    }
    return false;
}

class PublicRooms {
public:
    static constexpr Route kRoutes[] = {
        {Method::get, "/_matrix/client/v3/publicRooms", Auth::optional},
        {Method::post, "/_matrix/client/v3/publicRooms", Auth::user, Body::optional, RateClass::general}};
    explicit PublicRooms(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        auto server = call.request.parameter("server");
        if (server) PEYK_CO_CHECK(ServerName::parse(*server));
        if (server && *server != services_.rooms.server().view())
            co_return fail(Error{Errc::unsupported,
                                 "Directories of other servers cannot be read: federation is not built yet",
                                 "M_FORBIDDEN"});
        PEYK_CO_TRY(auto query, read_query(call));
        PEYK_CO_TRY(auto page, query.back ? collect_backward(query) : collect_forward(query));
        json::Object out;
        // Of the directories of networks nobody knows the size.
        if (query.own_list()) {
            PEYK_CO_TRY(auto count, services_.directory.count());
            out.set("total_room_count_estimate", count);
        }
        if (page.more_after) out.set("next_batch", "n" + std::to_string(page.last));
        if (page.more_before) out.set("prev_batch", "p" + std::to_string(page.first));
        out.set("chunk", std::move(page.rooms));
        co_return Reply::of(out);
    }

private:
    Result<Page> collect_forward(const Query& query) const {
        // Back only in the server's own list; those of other networks are walked forward.
        Page page{.first = query.since + 1, .last = query.since, .more_before = query.since != 0 && query.own_list()};
        for (std::size_t scanned = 0; scanned < kScanned; scanned += kPage) {
            PEYK_TRY(auto batch, listed(query, page.last));
            for (auto& item : batch) {
                PEYK_TRY(auto entry, entry_of(item.room, query));
                if (entry) {
                    page.more_after = page.rooms.size() == query.limit;
                    if (page.more_after) return page;
                    page.rooms.push_back(*std::move(entry));
                    if (page.rooms.size() == 1) page.first = item.number;
                }
                page.last = item.number;
            }
            if (batch.size() < kPage) return page;
        }
        page.more_after = true;
        return page;
    }

    // The page before a room, in the same order as the others.
    Result<Page> collect_backward(const Query& query) const {
        Page page{.first = query.since, .last = query.since == 0 ? 0 : query.since - 1, .more_after = true};
        page.more_before = true;
        for (std::size_t scanned = 0; scanned < kScanned; scanned += kPage) {
            PEYK_TRY(auto batch, services_.directory.list_before(page.first, kPage));
            for (auto& item : batch) {
                PEYK_TRY(auto entry, entry_of(item.room, query));
                if (entry) {
                    if (page.rooms.size() == query.limit) {
                        std::ranges::reverse(page.rooms);
                        return page;
                    }
                    page.rooms.push_back(*std::move(entry));
                    if (page.rooms.size() == 1) page.last = item.number;
                }
                page.first = item.number;
            }
            page.more_before = batch.size() == kPage;
            if (!page.more_before) break;
        }
        std::ranges::reverse(page.rooms);
        return page;
    }

    // The next rooms of the directory that is asked for, or of all together.
    Result<std::vector<Published>> listed(const Query& query, rooms::RoomNumber after) const {
        using List = std::vector<Published>;
        if (query.instance)
            return services_.bridged ? services_.bridged->published(*query.instance, after, kPage) : List{};
        PEYK_TRY(auto page, services_.directory.list(after, kPage));
        if (!query.all_networks || !services_.bridged) return page;
        PEYK_TRY(auto more, services_.bridged->published(std::nullopt, after, kPage));
        page.insert(page.end(), more.begin(), more.end());
        std::ranges::sort(page, {}, &Published::number);
        auto twice = std::ranges::unique(page, {}, &Published::number);
        page.erase(twice.begin(), twice.end());
        if (page.size() > kPage) page.erase(page.begin() + kPage, page.end());
        return page;
    }

    // Spec: PublishedRoomsChunk. Nothing: the query does not want it.
    Result<std::optional<json::Value>> entry_of(const RoomId& id, const Query& query) const {
        PEYK_TRY(auto room, services_.store.find(id));
        if (!room) return std::nullopt;
        PEYK_TRY(auto last, services_.store.last(*room));
        if (!last) return std::nullopt;
        PEYK_TRY(auto summary, rooms::summarise_room(services_.store, *room, last->after));
        if (!matches(summary, query)) return std::nullopt;
        return json::Value(std::move(summary.json));
    }

    RoomServices services_;
};

}  // namespace

void add_public_rooms_endpoints(Api& api, const RoomServices& services) {
    if (services.public_directory) {
        api.add<PublicRooms>(services);
        return;
    }
    for (auto method : {Method::get, Method::post}) {
        Route route{method, "/_matrix/client/v3/publicRooms", Auth::optional};
        auto refuse = [](Call) -> Task<Result<http::Response>> {
            co_return fail(Error{Errc::unsupported, "This feature is switched off on this server", "M_FORBIDDEN"});
        };
        api.add(route, refuse);
    }
}

}  // namespace peyk::client_api
