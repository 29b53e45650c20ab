// GET /events: the stream of events that came before /sync. Old clients and test suites still read it; it is a view of
// a sync, flattened. Spec: Client-Server API › Syncing › GET /events (deprecated).

#include "client_api/sync/endpoints.h"

namespace peyk::client_api {
namespace {

constexpr std::int64_t kMaxTimeout = 600'000;

// Nothing but the token: for a stream that begins now.
constexpr std::string_view kNothing = R"({"room":{"rooms":[]},"account_data":{"types":[]},"presence":{"types":[]}})";
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

class Events {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/events", Auth::user, Body::none, RateClass::none, 0,
                                  true};
    explicit Events(sync::SyncV3& sync) : sync_(sync) {}

    Task<Result<Reply>> run(Call call) {
        sync::SyncRequest request{call.who().user, call.who().device};
        request.to_device = false;
        request.since = call.request.parameter("from");
        if (request.since && request.since->empty()) request.since.reset();
        request.filter = std::string(request.since ? kEverything : kNothing);
        PEYK_CO_TRY(auto timeout, call.number("timeout", 0, 0, kMaxTimeout));
        request.timeout = Millis{timeout};
        auto only = call.request.parameter("room_id");
        auto start = request.since;
        auto hangup = call.request.hangup;
        PEYK_CO_TRY(auto text, co_await sync_.run(std::move(request), std::move(hangup)));
        PEYK_CO_TRY(json::Value answer, json::parse(text));
        auto chunk = flatten(answer);
        if (only) std::erase_if(chunk, [&](const auto& event) { return event.get_string("room_id") != *only; });
        std::string end(answer.get_string("next_batch").value_or(""));
        co_return Reply::of({{"chunk", std::move(chunk)}, {"start", start.value_or(end)}, {"end", end}});
    }

private:
    sync::SyncV3& sync_;
};

}  // namespace

void add_event_stream(Api& api, sync::SyncV3& sync) { api.add<Events>(sync); }

}  // namespace peyk::client_api
