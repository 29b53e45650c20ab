// Aliases and the list of published rooms. Spec: Client-Server API › Room aliases; Listing rooms.

#include "client_api/rooms/access.h"
#include "rooms/auth/power_levels.h"
#include "rooms/directory/room_summary.h"

namespace peyk::client_api {
namespace {

constexpr std::size_t kMaxListed = 500;
constexpr std::size_t kPage = 100;       // rooms read at once
constexpr std::size_t kScanned = 2'000;  // rooms looked at for one page

Result<rooms::PowerLevels> power_of(const RoomServices& services, const RoomAccess& access) {
    PEYK_TRY(auto power, services.store.state(*access.room, access.roots, "m.room.power_levels"));
    PEYK_TRY(auto create, services.store.state(*access.room, access.roots, "m.room.create"));
    return rooms::PowerLevels(power ? power->event : nullptr, create ? create->event : nullptr, *access.room->rules);
}

bool may_alias(const rooms::PowerLevels& power, const UserId& user) {
    return power.user_level(user.view()) >=
           power.event_level("m.room.canonical_alias", rooms::PowerLevels::EventKind::state);
}

class GetAlias {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/directory/room/{roomAlias}", Auth::none};
    explicit GetAlias(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto alias, call.id<RoomAlias>("roomAlias"));
        PEYK_CO_TRY(auto row, services_.directory.resolve(alias));
        if (!row && services_.bridged) {
            PEYK_CO_CHECK(co_await services_.bridged->ask_for(alias));
            PEYK_CO_TRY(row, services_.directory.resolve(alias));
        }
        if (!row) co_return m::not_found("There is no such alias");
        json::Array servers;
        servers.push_back(services_.rooms.server().str());
        co_return Reply::of({{"room_id", row->room.str()}, {"servers", std::move(servers)}});
    }

private:
    RoomServices services_;
};

class PutAlias {
public:
    static constexpr Route kRoute{Method::put, "/_matrix/client/v3/directory/room/{roomAlias}", Auth::user,
                                  Body::object, RateClass::general};
    explicit PutAlias(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto alias, call.id<RoomAlias>("roomAlias"));
        if (alias.server() != services_.rooms.server().view())
            co_return m::invalid_param("The alias belongs to another server");
        PEYK_CO_TRY(auto text, call.need_string("room_id"));
        PEYK_CO_TRY(auto room, RoomId::parse(text));
        PEYK_CO_CHECK(may_make_alias(services_, call.who(), alias));
        // A service has full control over its own aliases, in whatever room.
        if (!call.who().is_service()) PEYK_CO_CHECK(open_joined_room(services_, call.who(), room));
        PEYK_CO_TRY(auto known, services_.store.find(room));
        if (!known) co_return m::not_found("This server does not know the room");
        PEYK_CO_CHECK(co_await services_.directory.add_alias(std::move(alias), std::move(room), call.who().user));
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

class DeleteAlias {
public:
    static constexpr Route kRoute{Method::del, "/_matrix/client/v3/directory/room/{roomAlias}", Auth::user, Body::none,
                                  RateClass::general};
    explicit DeleteAlias(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto alias, call.id<RoomAlias>("roomAlias"));
        PEYK_CO_TRY(auto row, services_.directory.resolve(alias));
        if (!row) co_return m::not_found("There is no such alias");
        if (services_.bridged && services_.bridged->is_taken(alias, call.who().service))
            co_return m::exclusive("This alias belongs to an application service");
        bool own = call.who().is_service() && services_.bridged && services_.bridged->owns(call.who().service, alias);
        if (row->creator != call.who().user && !call.who().admin && !own) {
            auto access = open_joined_room(services_, call.who(), row->room);
            if (!access)
                co_return m::forbidden("Only who made the alias, or who may set the room's aliases, can remove it");
            PEYK_CO_TRY(auto power, power_of(services_, *access));
            if (!may_alias(power, call.who().user))
                co_return m::forbidden("Only who made the alias, or who may set the room's aliases, can remove it");
        }
        PEYK_CO_CHECK(co_await services_.directory.remove_alias(alias));
        PEYK_CO_CHECK(co_await drop_canonical(call.who().user, row->room, alias));
        co_return Reply::empty();
    }

private:
    // A canonical alias that exists no more is taken out of the room's state, if the user may.
    Task<Result<void>> drop_canonical(UserId user, RoomId room, RoomAlias alias) {
        PEYK_CO_TRY(auto write, co_await services_.rooms.enter(std::move(room)));
        PEYK_CO_TRY(auto current, write.state("m.room.canonical_alias"));
        if (!current) co_return Result<void>{};
        auto content = current->content;
        if (const auto* main = content.find("alias"); main && main->string() && *main->string() == alias.str())
            content.erase("alias");
        if (auto* more = content.find("alt_aliases"); more && more->array())
            std::erase_if(*more->array(), [&](const auto& item) { return item == json::Value(alias.str()); });
        if (content == current->content) co_return Result<void>{};
        rooms::Draft draft{"m.room.canonical_alias", "", std::move(content)};
        if (write.add(user, std::move(draft))) co_return co_await std::move(write).commit();
        co_return Result<void>{};
    }

    RoomServices services_;
};

class RoomAliases {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/rooms/{roomId}/aliases"};
    explicit RoomAliases(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
        PEYK_CO_TRY(auto aliases, services_.directory.aliases_of(room));
        json::Array list;
        for (const auto& alias : aliases) list.push_back(alias.str());
        co_return Reply::of({{"aliases", std::move(list)}});
    }

private:
    RoomServices services_;
};

class GetVisibility {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/directory/list/room/{roomId}", Auth::none};
    explicit GetVisibility(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto info, services_.store.find(room));
        if (!info) co_return m::not_found("This server does not know the room");
        PEYK_CO_TRY(bool published, services_.directory.published(room));
        co_return Reply::of({{"visibility", published ? "public" : "private"}});
    }

private:
    RoomServices services_;
};

class PutVisibility {
public:
    static constexpr Route kRoute{Method::put, "/_matrix/client/v3/directory/list/room/{roomId}", Auth::user,
                                  Body::optional, RateClass::general};
    explicit PutVisibility(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto visibility, call.optional_string("visibility"));
        auto wanted = visibility.value_or("public");
        if (wanted != "public" && wanted != "private")
            co_return m::invalid_param("'visibility' must be public or private");
        PEYK_CO_TRY(auto info, services_.store.find(room));
        if (!info) co_return m::not_found("This server does not know the room");
        PEYK_CO_TRY(auto access, open_joined_room(services_, call.who(), room));
        PEYK_CO_TRY(auto power, power_of(services_, access));
        if (!may_alias(power, call.who().user)) co_return m::forbidden("You may not publish this room");
        PEYK_CO_CHECK(co_await services_.directory.set_published(std::move(room), wanted == "public"));
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

class PublicRooms {
public:
    static constexpr Route kRoutes[] = {{Method::get, "/_matrix/client/v3/publicRooms", Auth::optional},
                                        {Method::post, "/_matrix/client/v3/publicRooms", Auth::user, Body::optional}};
    explicit PublicRooms(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto query, parse(call));
        PEYK_CO_TRY(auto page, query.back ? collect_backward(query) : collect_forward(query));
        json::Object out{{"total_room_count_estimate", page.rooms.size()}};
        if (page.more_after) out.set("next_batch", "n" + std::to_string(page.last));
        if (page.more_before) out.set("prev_batch", "p" + std::to_string(page.first));
        out.set("chunk", std::move(page.rooms));
        co_return Reply::of(out);
    }

private:
    struct Query {
        std::size_t limit = 100;
        rooms::RoomNumber since = 0;  // behind this room, or before it
        bool back = false;
        std::string term;
        std::optional<std::string> instance = {};  // the directory of one network
        bool all_networks = false;
    };
    struct Page {
        json::Array rooms;
        rooms::RoomNumber first = 0, last = 0;
        bool more_before = false, more_after = false;
    };

    Result<Page> collect_forward(const Query& query) const {
        // Back only in the server's own list; those of other networks are walked forward.
        Page page{.more_before = query.since != 0 && !query.instance && !query.all_networks};
        std::size_t scanned = 0;
        for (auto after = query.since; scanned < kScanned;) {
            PEYK_TRY(auto batch, listed(query, after));
            for (auto& item : batch) {
                ++scanned;
                PEYK_TRY(auto entry, entry_of(item.room));
                if (entry && matches(*entry, query)) {
                    page.more_after = page.rooms.size() == query.limit;
                    if (page.more_after) return page;
                    page.rooms.push_back(*std::move(entry));
                    if (page.rooms.size() == 1) page.first = item.number;
                    page.last = item.number;
                }
                after = item.number;
            }
            if (batch.size() < kPage) break;
        }
        return page;
    }

    // The page before a room, in the same order as the others.
    Result<Page> collect_backward(const Query& query) const {
        Page page{.more_after = true};
        std::size_t scanned = 0;
        for (auto before = query.since; scanned < kScanned && before > 0;) {
            PEYK_TRY(auto batch, services_.directory.list_before(before, kPage));
            for (auto& item : batch) {
                ++scanned;
                PEYK_TRY(auto entry, entry_of(item.room));
                if (entry && matches(*entry, query)) {
                    page.more_before = page.rooms.size() == query.limit;
                    if (page.more_before) break;
                    page.rooms.push_back(*std::move(entry));
                    if (page.rooms.size() == 1) page.last = item.number;
                    page.first = item.number;
                }
                before = item.number;
            }
            if (page.more_before || batch.size() < kPage) break;
        }
        std::ranges::reverse(page.rooms);
        return page;
    }

    // The next rooms of the directory that is asked for, or of all together.
    Result<std::vector<rooms::Directory::Published>> listed(const Query& query, rooms::RoomNumber after) const {
        using List = std::vector<rooms::Directory::Published>;
        if (query.instance)
            return services_.bridged ? services_.bridged->published(*query.instance, after, kPage) : List{};
        PEYK_TRY(auto page, services_.directory.list(after, kPage));
        if (!query.all_networks || !services_.bridged) return page;
        PEYK_TRY(auto more, services_.bridged->published(std::nullopt, after, kPage));
        page.insert(page.end(), more.begin(), more.end());
        std::ranges::sort(page, {}, &rooms::Directory::Published::number);
        auto twice = std::ranges::unique(page, {}, &rooms::Directory::Published::number);
        page.erase(twice.begin(), twice.end());
        if (page.size() > kPage) page.erase(page.begin() + kPage, page.end());
        return page;
    }

    Result<Query> parse(const Call& call) const {
        Query out;
        if (auto server = call.request.parameter("server"); server && *server != services_.rooms.server().view())
            return fail(Error{Errc::unsupported,
                              "Directories of other servers cannot be read: federation is not built yet",
                              "M_FORBIDDEN"});
        PEYK_TRY(auto from_query, call.number("limit", 100, 0, kMaxListed));
        PEYK_TRY(auto from_body, call.optional_integer("limit"));
        if (from_body && *from_body < 0) return m::invalid_param("'limit' must not be negative");
        out.limit = static_cast<std::size_t>(std::min<std::int64_t>(from_body.value_or(from_query), kMaxListed));
        std::optional<std::string> since;
        if (!call.body_member("since").is_null()) {
            PEYK_TRY(since, call.optional_string("since"));
        }
        if (!since) since = call.request.parameter("since");
        if (since && !since->empty()) {
            bool known = since->size() <= 21 && (since->front() == 'n' || since->front() == 'p') &&
                         since->find_first_not_of("0123456789", 1) == std::string::npos;
            if (!known) return m::invalid_param("'since' is not a token of this list");
            out.back = since->front() == 'p';
            out.since = std::strtoull(since->c_str() + 1, nullptr, 10);
        }
        PEYK_TRY(out.instance, call.optional_string("third_party_instance_id"));
        PEYK_TRY(auto all, call.optional_bool("include_all_networks"));
        out.all_networks = all.value_or(false);
        if (out.instance && out.instance->empty()) out.instance.reset();
        if (out.instance && out.all_networks)
            return m::invalid_param("'third_party_instance_id' cannot be given with 'include_all_networks'");
        PEYK_TRY(const auto* filter, call.optional_object("filter"));
        if (filter) {
            const auto* term = filter->find("generic_search_term");
            if (term && !term->is_null() && !term->string())
                return m::bad_json("'generic_search_term' must be a string");
            if (term && term->string()) out.term = lower(*term->string());
        }
        return out;
    }

    // ASCII only; other scripts are compared as they are.
    static std::string lower(std::string text) {
        for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        return text;
    }

    static bool matches(const json::Value& entry, const Query& query) {
        if (query.term.empty()) return true;
        for (auto key : {"name", "topic", "canonical_alias"}) {
            auto text = entry.get_string(key);
            if (text && lower(std::string(*text)).find(query.term) != std::string::npos) return true;
        }
        return false;
    }

    // Spec: PublishedRoomsChunk.
    Result<std::optional<json::Value>> entry_of(const RoomId& id) const {
        PEYK_TRY(auto room, services_.store.find(id));
        if (!room) return std::nullopt;
        PEYK_TRY(auto last, services_.store.last(*room));
        if (!last) return std::nullopt;
        PEYK_TRY(auto summary, rooms::summarise_room(services_.store, *room, last->after));
        return json::Value(std::move(summary.json));
    }

    RoomServices services_;
};

}  // namespace

void add_directory_endpoints(Api& api, const RoomServices& services) {
    api.add<GetAlias>(services);
    api.add<PutAlias>(services);
    api.add<DeleteAlias>(services);
    api.add<RoomAliases>(services);
    api.add<GetVisibility>(services);
    api.add<PutVisibility>(services);
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
