// GET /events: the stream of events that came before /sync, which old clients and test suites still read: a view of a
// sync, flattened; and the stream of one room for who is not in it.
// Spec: Client-Server API › Syncing › GET /events (deprecated); Room previews.

#include <algorithm>

#include "client_api/rooms/access.h"
#include "client_api/sync/endpoints.h"
#include "rooms/timeline/history.h"

namespace peyk::client_api {
namespace {

constexpr std::int64_t kMaxTimeout = 600'000;

constexpr std::string_view kEverything =
    R"({"room":{"timeline":{"limit":100},"state":{"types":[]},"account_data":{"types":[]}},)"
    R"("account_data":{"types":[]}})";

// The items of `of.name.events`, each with its room.
void take(json::Array& into, const json::Value& of, std::string_view name, std::string_view room) {
    const auto* part = of.get(name);
    const auto* events = part ? part->get_array("events") : nullptr;
    if (!events) return;
    for (const auto& item : *events) {
        if (!item.object()) continue;
        auto event = *item.object();
        if (!room.empty()) event.set("room_id", std::string(room));
        into.emplace_back(std::move(event));
    }
}

json::Array flatten(const json::Value& answer) {
    json::Array out;
    const auto* rooms = answer.get("rooms");
    for (auto kind : {"join", "leave"}) {
        const auto* sections = rooms ? rooms->get_object(kind) : nullptr;
        if (!sections) continue;
        for (const auto& [room, section] : *sections) {
            take(out, section, "timeline", room);
            take(out, section, "ephemeral", room);
        }
    }
    for (auto [kind, part] : {std::pair{"invite", "invite_state"}, {"knock", "knock_state"}}) {
        const auto* sections = rooms ? rooms->get_object(kind) : nullptr;
        if (!sections) continue;
        // The last of the stripped events is the membership itself, which is what happened.
        for (const auto& [room, section] : *sections) {
            json::Array stripped;
            take(stripped, section, part, room);
            if (!stripped.empty()) out.push_back(std::move(stripped.back()));
        }
    }
    take(out, answer, "presence", "");
    return out;
}

// One room as it goes on, for who may look into it without being in it.
class Peek {
public:
    Peek(const RoomServices& services, sync::SyncV3& sync) : services_(services), parts_(sync.parts()) {}

    // `start`: the token of what was told already. Errors: as open_room(), also when the room closes meanwhile.
    Task<Result<Reply>> run(Call call, RoomId room, std::string start, Millis timeout) const {
        const auto who = call.who();
        PEYK_CO_TRY(auto token, services_.tokens.decode(start, who.user_number, who.device));
        auto until = parts_.clock.monotonic() + std::min(timeout, kMaxWait);
        auto number = services_.store.number(room);
        for (;;) {
            Wakeup wakeup;
            std::vector<std::uint64_t> rooms(1, number);
            auto watch = parts_.notifier.watch(who.user_number, std::move(rooms), wakeup);
            PEYK_CO_TRY(auto chunk, look(who, room, token));
            auto left = until - parts_.clock.monotonic();
            if (chunk || left <= Millis{0} || !token || call.request.hangup.stop_requested()) {
                auto end = token ? services_.tokens.encode(*token, who.user_number, who.device) : start;
                json::Writer out;
                out.begin_object().key("chunk").raw(chunk.value_or("[]")).key("start").string(start);
                co_return Reply{200, out.key("end").string(end).end_object().take()};
            }
            auto reason = co_await wakeup.wait(parts_.timers, left, call.request.hangup, parts_.background);
            if (reason != Wakeup::Reason::notified) until = parts_.clock.monotonic();
        }
    }

private:
    static constexpr Millis kMaxWait{30'000};

    // The events behind the token, which is moved behind them; nothing when there are none.
    Result<std::optional<std::string>> look(const users::Caller& who, const RoomId& id,
                                            std::optional<sync::StreamToken>& token) const {
        PEYK_TRY(auto access, open_room(services_, who, id));
        if (!token) return std::nullopt;
        PEYK_TRY(auto last, services_.store.last(*access.room, token->position));
        PEYK_TRY(auto filter, rooms::EventFilter::parse(nullptr, kPage, kPage));
        PEYK_TRY(auto page, rooms::history_page(services_.store, *access.room, access.visibility, filter,
                                                last ? last->number + 1 : 1, access.end, rooms::Direction::forward));
        PEYK_TRY(auto read, services_.store.event(*access.room, page.end - 1));
        if (read) token->position = std::max(token->position, read->position);
        if (page.events.empty()) return std::nullopt;
        PEYK_TRY(auto chunk, events_json(services_, access, page.events));
        return chunk;
    }

    static constexpr std::size_t kPage = 100;
    const RoomServices& services_;
    const sync::SyncV3::Parts& parts_;
};

class Events {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/events", Auth::user, Body::none, RateClass::none, 0,
                                  true};
    Events(const RoomServices& services, sync::SyncV3& sync) : services_(services), sync_(sync) {}

    Task<Result<Reply>> run(Call call) {
        sync::SyncRequest request{call.who().user, call.who().device};
        request.to_device = false;
        request.since = call.request.parameter("from");
        if (request.since && request.since->empty()) request.since.reset();
        PEYK_CO_TRY(auto timeout, call.number("timeout", 0, 0, kMaxTimeout));
        request.timeout = Millis{timeout};
        auto only = call.request.parameter("room_id");
        bool peeks = false;
        if (only) {
            PEYK_CO_TRY(auto room, RoomId::parse(*only));
            PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
            peeks = !access.joined();
            if (peeks && request.since)
                co_return co_await peek(std::move(call), std::move(room), *std::move(request.since), request.timeout);
        }
        request.filter = std::string(request.since ? kEverything : kNoEvents);
        if (peeks) request.timeout = Millis{0};  // a stream that begins now: there is nothing to wait for
        auto start = request.since;
        auto hangup = call.request.hangup;
        PEYK_CO_TRY(auto text, co_await sync_.run(std::move(request), std::move(hangup)));
        PEYK_CO_TRY(json::Value answer, json::parse(text));
        auto chunk = flatten(answer);
        PEYK_CO_CHECK(complete(chunk, call.who().user_number));
        if (only) std::erase_if(chunk, [&](const auto& event) { return event.get_string("room_id") != *only; });
        std::string end(answer.get_string("next_batch").value_or(""));
        co_return Reply::of({{"chunk", std::move(chunk)}, {"start", start.value_or(end)}, {"end", end}});
    }

private:
    // An invitation or a knock is stripped in a sync; an event of the stream has its id and its time.
    Result<void> complete(json::Array& chunk, std::uint64_t user) const {
        bool lacking = std::ranges::any_of(chunk, [](const auto& event) { return lacks_id(event); });
        if (!lacking) return {};
        PEYK_TRY(auto rows, services_.memberships.of(user));
        for (auto& event : chunk) {
            if (!lacks_id(event)) continue;
            auto row =
                std::ranges::find(*rows, event.get_string("room_id"), [](const auto& one) { return one.room.view(); });
            if (row == rows->end()) continue;
            PEYK_TRY(auto info, services_.store.find(row->number));
            if (!info) continue;
            PEYK_TRY(auto stored, services_.store.event(*info, row->event));
            if (!stored) continue;
            event.object()->set("event_id", stored->event->id.str());
            event.object()->set("origin_server_ts", stored->event->origin_server_ts);
        }
        return {};
    }
    static bool lacks_id(const json::Value& event) {
        return event.get_string("room_id") && event.get_string("type") && !event.get("event_id") &&
               event.get("state_key");
    }

    Task<Result<Reply>> peek(Call call, RoomId room, std::string from, Millis timeout) const {
        Peek peek(services_, sync_);
        co_return co_await peek.run(std::move(call), std::move(room), std::move(from), timeout);
    }

    RoomServices services_;
    sync::SyncV3& sync_;
};

}  // namespace

void add_event_stream(Api& api, sync::SyncV3& sync, const RoomServices& services) { api.add<Events>(services, sync); }

}  // namespace peyk::client_api
