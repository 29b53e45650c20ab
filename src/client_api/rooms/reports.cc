// Reporting events, rooms and users, and how administrators work through the reports.
// Spec: Client-Server API › Reporting Content. The administrators' paths are those that existing tools know.

#include "rooms/reports/reports.h"

#include <charconv>

#include "client_api/rooms/access.h"

namespace peyk::client_api {
namespace {

using rooms::Report;
using rooms::ReportKind;

Result<std::string> reason_of(const Call& call) {
    PEYK_TRY(auto reason, call.optional_string("reason"));
    return reason.value_or("");
}

class ReportEvent {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/rooms/{roomId}/report/{eventId}", Auth::user,
                                  Body::object, RateClass::report};
    explicit ReportEvent(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto id, call.id<EventId>("eventId"));
        PEYK_CO_TRY(auto reason, reason_of(call));
        PEYK_CO_TRY(auto score, call.optional_integer("score"));
        if (score && (*score < -100 || *score > 0)) co_return m::bad_json("'score' must be between -100 and 0");
        PEYK_CO_TRY(auto event, visible(call, room, id));
        Report report{0, ReportKind::event, 0, call.who().user, std::move(room), std::move(id), event->event->sender};
        report.reason = std::move(reason);
        report.score = score;
        PEYK_CO_CHECK(co_await services_.reports.add(std::move(report)));
        co_return Reply::empty();
    }

private:
    // One answer for what is not there and for who is not in the room, so that nobody learns which it was.
    Result<rooms::StoredEventPtr> visible(const Call& call, const RoomId& room, const EventId& id) const {
        auto access = open_joined_room(services_, call.who(), room);
        if (access) {
            auto event = visible_event(services_, *access, id);
            if (event || event.error().code != Errc::not_found) return event;
        } else if (access.error().code != Errc::forbidden) {
            return std::unexpected(std::move(access.error()));
        }
        return m::not_found("There is no such event, or you are not in its room");
    }

    RoomServices services_;
};

class ReportRoom {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/rooms/{roomId}/report", Auth::user, Body::object,
                                  RateClass::report};
    explicit ReportRoom(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto reason, call.need_string("reason"));
        PEYK_CO_TRY(auto known, services_.store.find(room));
        // The same answer for rooms that do not exist: who guesses ids learns nothing.
        if (!known) co_return Reply::empty();
        Report report{0, ReportKind::room, 0, call.who().user, std::move(room)};
        report.reason = std::move(reason);
        PEYK_CO_CHECK(co_await services_.reports.add(std::move(report)));
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

class ReportUser {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/users/{userId}/report", Auth::user, Body::object,
                                  RateClass::report};
    explicit ReportUser(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto user, call.id<UserId>("userId"));
        PEYK_CO_TRY(auto reason, call.need_string("reason"));
        if (services_.rooms.is_local(user)) {
            PEYK_CO_TRY(bool exists, services_.profiles.exists(user));
            if (!exists) co_return Reply::empty();
        }
        Report report{0, ReportKind::user, 0, call.who().user};
        report.subject = std::move(user);
        report.reason = std::move(reason);
        PEYK_CO_CHECK(co_await services_.reports.add(std::move(report)));
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

constexpr std::string_view kEventReports = "/_synapse/admin/v1/event_reports";
constexpr std::string_view kRoomReports = "/_synapse/admin/v1/room_reports";
constexpr std::string_view kUserReports = "/_synapse/admin/v1/user_reports";
constexpr std::string_view kOneEventReport = "/_synapse/admin/v1/event_reports/{report}";
constexpr std::string_view kOneRoomReport = "/_synapse/admin/v1/room_reports/{report}";
constexpr std::string_view kOneUserReport = "/_synapse/admin/v1/user_reports/{report}";

constexpr std::string_view list_path(ReportKind kind) {
    return kind == ReportKind::event ? kEventReports : kind == ReportKind::room ? kRoomReports : kUserReports;
}
constexpr std::string_view one_path(ReportKind kind) {
    return kind == ReportKind::event ? kOneEventReport : kind == ReportKind::room ? kOneRoomReport : kOneUserReport;
}
constexpr std::string_view list_name(ReportKind kind) {
    return kind == ReportKind::event ? "event_reports" : kind == ReportKind::room ? "room_reports" : "user_reports";
}

// Name and alias of the room as the reporter may read them. Who is not in a room has none to hand over: otherwise an
// administrator could report a room by its id, and read what it is called.
Result<void> add_names(const RoomServices& services, const Report& report, json::Object& out) {
    users::Caller reporter{report.reporter, DeviceId::trusted(""), services.store.number(report.reporter), 0};
    auto access = open_room(services, reporter, *report.room);
    if (!access && access.error().code == Errc::forbidden) return {};
    if (!access) return std::unexpected(std::move(access.error()));
    for (auto [type, key, name] :
         {std::tuple{"m.room.name", "name", "name"}, {"m.room.canonical_alias", "alias", "canonical_alias"}}) {
        PEYK_TRY(auto event, services.store.state(*access->room, access->roots, type));
        const auto* value = event ? event->event->content.find(key) : nullptr;
        if (value && value->is_string()) out.set(name, json::Value(*value));
    }
    return {};
}

// What administrators see of any report.
Result<json::Object> rendered(const RoomServices& services, const Report& report) {
    json::Object out{{"id", report.id},
                     {"received_ts", report.received_ts},
                     {"reason", report.reason},
                     {"user_id", report.reporter.str()}};
    out.set("score", report.score ? json::Value(*report.score) : json::Value());
    if (report.event) out.set("event_id", report.event->str());
    if (report.subject) out.set(report.kind == ReportKind::user ? "target_user_id" : "sender", report.subject->str());
    if (!report.room) return out;
    out.set("room_id", report.room->str());
    out.set("name", json::Value());
    out.set("canonical_alias", json::Value());
    PEYK_CHECK(add_names(services, report, out));
    return out;
}

Result<std::uint64_t> report_number(const Call& call) {
    auto text = call.request.capture("report");
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return m::invalid_param("A report has a number");
    return number;
}

template <ReportKind kind>
class ListReports {
public:
    static constexpr Route kRoute{Method::get, list_path(kind), Auth::admin, Body::none, RateClass::general};
    explicit ListReports(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto from, call.number("from", 0, 0, json::kMaxInteger));
        PEYK_CO_TRY(auto limit, call.number("limit", 100, 1, 1000));
        auto direction = call.request.parameter("dir").value_or("b");
        if (direction != "b" && direction != "f") co_return m::invalid_param("'dir' must be b or f");
        auto order = direction == "b" ? rooms::Reports::Order::newest_first : rooms::Reports::Order::oldest_first;
        auto reporter = call.request.parameter("user_id").value_or("");
        auto room = call.request.parameter("room_id").value_or("");
        auto sender = call.request.parameter("event_sender_user_id").value_or("");
        auto match = [&](const Report& report) {
            auto has = [](const auto& id, const std::string& part) {
                return part.empty() || (id && id->str().find(part) != std::string::npos);
            };
            return report.reporter.str().find(reporter) != std::string::npos && has(report.room, room) &&
                   has(report.subject, sender);
        };
        PEYK_CO_TRY(auto page, services_.reports.list(kind, match, static_cast<std::size_t>(from),
                                                      static_cast<std::size_t>(limit), order));
        json::Array list;
        for (const auto& report : page.reports) {
            PEYK_CO_TRY(auto entry, rendered(services_, report));
            list.push_back(std::move(entry));
        }
        json::Object out{{"total", page.total}};
        auto next = static_cast<std::size_t>(from) + page.reports.size();
        if (next < page.total) out.set("next_token", next);
        out.set(std::string(list_name(kind)), std::move(list));
        co_return Reply::of(out);
    }

private:
    RoomServices services_;
};

template <ReportKind kind>
class OneReport {
public:
    static constexpr Route kRoutes[] = {{Method::get, one_path(kind), Auth::admin},
                                        {Method::del, one_path(kind), Auth::admin}};
    explicit OneReport(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto number, report_number(call));
        PEYK_CO_TRY(auto report, services_.reports.find(number));
        if (!report || report->kind != kind) co_return m::not_found("There is no such report");
        if (call.request.method == Method::del) {
            PEYK_CO_CHECK(co_await services_.reports.remove(number));
            co_return Reply::empty();
        }
        PEYK_CO_TRY(auto out, rendered(services_, *report));
        // The reporter could read it when reporting, and hands over this one event; redacted since, it is redacted
        // here.
        if (report->room && report->event) {
            PEYK_CO_TRY(auto room, services_.store.find(*report->room));
            if (room) {
                PEYK_CO_TRY(auto event, services_.store.event(*room, *report->event));
                if (event) {
                    PEYK_CO_TRY(auto whole, services_.store.with_pdu(*room, *event));
                    if (!whole) co_return m::not_found("The reported event has gone");
                    PEYK_CO_TRY(auto pdu, json::parse_object(whole->pdu->json));
                    out.set("event_json", std::move(pdu));
                }
            }
        }
        co_return Reply::of(out);
    }

private:
    RoomServices services_;
};

}  // namespace

void add_report_endpoints(Api& api, const RoomServices& services) {
    api.add<ReportEvent>(services);
    api.add<ReportRoom>(services);
    api.add<ReportUser>(services);
    api.add<ListReports<ReportKind::event>>(services);
    api.add<ListReports<ReportKind::room>>(services);
    api.add<ListReports<ReportKind::user>>(services);
    api.add<OneReport<ReportKind::event>>(services);
    api.add<OneReport<ReportKind::room>>(services);
    api.add<OneReport<ReportKind::user>>(services);
}

}  // namespace peyk::client_api
