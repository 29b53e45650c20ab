// Events that relate to an event, and the threads of a room. Spec: Client-Server API › Relationships API; Threading.

#include <algorithm>
#include <set>

#include "client_api/rooms/access.h"
#include "core/redacted_form.h"
#include "rooms/relations/bundle.h"

namespace peyk::client_api {
namespace {

constexpr std::int64_t kDefaultPage = 20, kMaxPage = 200;
constexpr int kMaxDepth = 3;
constexpr std::size_t kMaxFound = 20'000;    // relations looked at for one page
constexpr std::size_t kMaxParents = 500;     // events whose relations are looked up for one page
constexpr std::size_t kMaxLoaded = 1'000;    // events read for one page; it may end before it is full
constexpr std::size_t kMaxThreadRows = 200;  // threads looked at for one page

std::string token_of(const RoomServices& services, const RoomAccess& access, rooms::EventNumber boundary) {
    return services.tokens.encode(access.room->number, boundary, access.reader.number);
}

class GetRelations {
public:
    static constexpr Route kRoutes[] = {
        {Method::get, "/_matrix/client/v1/rooms/{roomId}/relations/{eventId}", Auth::user, Body::none,
         RateClass::general},
        {Method::get, "/_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}", Auth::user, Body::none,
         RateClass::general},
        {Method::get, "/_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}", Auth::user,
         Body::none, RateClass::general}};
    explicit GetRelations(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto id, call.id<EventId>("eventId"));
        PEYK_CO_TRY(auto limit, call.number("limit", kDefaultPage, 1, kMaxPage));
        PEYK_CO_TRY(bool recurse, call.flag("recurse", false));
        PEYK_CO_TRY(bool forward, is_forward(call));
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
        PEYK_CO_TRY(auto parent, visible_event(services_, access, id));
        PEYK_CO_TRY(auto range, range_of(call, access, forward));
        int depth = 0;
        PEYK_CO_TRY(auto found, find(call, access, id, recurse ? kMaxDepth : 1, depth));
        PEYK_CO_TRY(auto page, page_of(access, std::move(found), range, forward, static_cast<std::size_t>(limit)));
        PEYK_CO_TRY(auto chunk, events_json(services_, access, page.events));
        std::string out = "{\"chunk\":" + chunk;
        if (page.more) {
            out += ",\"next_batch\":";
            json::write_string(out, token_of(services_, access, page.end));
        }
        if (auto from = call.request.parameter("from"); from && !from->empty()) {
            out += ",\"prev_batch\":";
            json::write_string(out, token_of(services_, access, forward ? range.low : range.high));
        }
        if (call.request.parameter("recurse")) out += ",\"recursion_depth\":" + std::to_string(depth);
        co_return Reply{200, out + "}"};
    }

private:
    struct Range {
        rooms::EventNumber low, high;  // boundaries
    };
    struct Page {
        std::vector<rooms::StoredEventPtr> events;
        rooms::EventNumber end = 0;
        bool more = false;
    };

    static Result<bool> is_forward(const Call& call) {
        auto text = call.request.parameter("dir");
        if (!text || *text == "b") return false;
        if (*text == "f") return true;
        return m::invalid_param("'dir' must be b or f");
    }

    Result<Range> range_of(const Call& call, const RoomAccess& access, bool forward) const {
        Range out{1, access.end};
        auto from = call.request.parameter("from"), to = call.request.parameter("to");
        if (from && !from->empty()) {
            PEYK_TRY((forward ? out.low : out.high), boundary_of(services_, call, *access.room, *from));
        }
        if (to && !to->empty()) {
            PEYK_TRY((forward ? out.high : out.low), boundary_of(services_, call, *access.room, *to));
        }
        out.high = std::min(out.high, access.end);
        return out;
    }

    // Numbers of all events that relate to `id`, directly or over others. Spec: filters apply to all of them, and what
    // hangs on an event that they refuse is not found.
    Result<std::vector<rooms::EventNumber>> find(const Call& call, const RoomAccess& access, const EventId& id,
                                                 int max_depth, int& depth) const {
        auto rel_type = call.text("relType"), type = call.text("eventType");
        const auto& index = services_.store.relations();
        std::set<rooms::EventNumber> found;
        std::vector<std::string> level{index.digest(id)};
        std::size_t parents = 0;
        for (depth = 0; depth < max_depth && !level.empty(); ++depth) {
            std::vector<std::string> next;
            for (const auto& parent : level) {
                if (parents++ >= kMaxParents) break;
                PEYK_TRY(auto children, index.children(access.room->number, parent));
                for (const auto& child : *children) {
                    if (!rel_type.empty() && child.relation_type() != rel_type) continue;
                    if (!type.empty() && child.type != type) continue;
                    if (found.size() < kMaxFound && found.insert(child.number).second) next.push_back(child.digest);
                }
            }
            if (next.empty() && depth > 0) break;
            level = std::move(next);
        }
        return std::vector<rooms::EventNumber>(found.begin(), found.end());
    }

    Result<Page> page_of(RoomAccess& access, std::vector<rooms::EventNumber> found, Range range, bool forward,
                         std::size_t limit) const {
        std::erase_if(found, [&](auto number) { return number < range.low || number >= range.high; });
        if (!forward) std::reverse(found.begin(), found.end());
        Page page;
        std::size_t loaded = 0;
        for (auto number : found) {
            if (page.events.size() == limit || loaded++ == kMaxLoaded) {
                page.more = true;
                break;
            }
            page.end = forward ? number + 1 : number;
            PEYK_TRY(auto event, services_.store.event(*access.room, number));
            if (!event || event->redacted_by) continue;
            PEYK_TRY(bool seen, access.visibility.may_see(*event));
            if (seen) page.events.push_back(std::move(event));
        }
        return page;
    }

    RoomServices services_;
};

class GetThreads {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v1/rooms/{roomId}/threads", Auth::user, Body::none,
                                  RateClass::general};
    explicit GetThreads(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto limit, call.number("limit", kDefaultPage, 1, kMaxPage));
        auto include = call.request.parameter("include").value_or("all");
        if (include != "all" && include != "participated")
            co_return m::invalid_param("'include' must be all or participated");
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
        // Not access.end: a thread may have gone on after the reader's last event, and is summed up to there.
        auto before = ~rooms::EventNumber{0};
        if (auto from = call.request.parameter("from"); from && !from->empty()) {
            PEYK_CO_TRY(before, boundary_of(services_, call, *access.room, *from));
        }
        PEYK_CO_TRY(auto rows, services_.store.relations().threads(access.room->number, before, kMaxThreadRows));
        std::string chunk;
        std::int64_t count = 0;
        bool more = rows.size() == kMaxThreadRows;
        for (const auto& row : rows) {
            if (count == limit) {
                more = true;
                break;
            }
            before = row.newest;
            PEYK_CO_TRY(bool added, add(access, row, include == "participated", chunk));
            count += added;
        }
        std::string out = "{\"chunk\":[" + chunk + "]";
        if (more) {
            out += ",\"next_batch\":";
            json::write_string(out, token_of(services_, access, before));
        }
        co_return Reply{200, out + "}"};
    }

private:
    // False when the thread is not for this reader, or the row is not its newest.
    Result<bool> add(RoomAccess& access, const rooms::RelationIndex::Thread& row, bool participated,
                     std::string& chunk) const {
        PEYK_TRY(auto children, services_.store.relations().children(access.room->number, row.root));
        rooms::EventNumber newest = 0;
        for (const auto& child : *children) {
            if (child.kind == rooms::RelationKind::thread) newest = child.number;
        }
        if (newest != row.newest) return false;
        PEYK_TRY(auto root, services_.store.event(*access.room, row.root));
        if (!root) return false;
        bool ignored = access.visibility.ignores(root->event->sender);
        if (ignored) {
            PEYK_TRY(root, redacted(*access.room, *root));
        }
        PEYK_TRY(bool seen, ignored ? shown_despite(access, *root) : access.visibility.may_see(*root));
        if (!seen) return false;
        PEYK_TRY(auto thread, rooms::summarise_thread(services_.store, *access.room, *root, *children, access.reader,
                                                      access.visibility));
        if (!thread.latest || (participated && !thread.participated)) return false;
        PEYK_TRY(auto text, event_json(services_, access, *root));
        chunk += chunk.empty() ? "" : ",";
        chunk += text;
        return true;
    }

    // Spec: GET /threads: a root by an ignored user is shown redacted.
    static Result<rooms::StoredEventPtr> redacted(const rooms::RoomInfo& room, const rooms::StoredEvent& root) {
        auto form = std::make_shared<rooms::StoredEvent>();
        form->number = root.number;
        form->position = root.position;
        form->before = root.before;
        form->after = root.after;
        PEYK_TRY(form->event, redacted_for_clients(*root.event, *room.rules));
        return form;
    }

    // The history visibility alone, for an event that is hidden because of its sender.
    Result<bool> shown_despite(const RoomAccess& access, const rooms::StoredEvent& root) const {
        rooms::Visibility visibility(services_.store, *access.room, access.reader.number, access.row);
        return visibility.may_see(root);
    }

    RoomServices services_;
};

}  // namespace

void add_relation_endpoints(Api& api, const RoomServices& services) {
    api.add<GetRelations>(services);
    api.add<GetThreads>(services);
}

}  // namespace peyk::client_api
