// Typing, receipts, read markers. Spec: Client-Server API › Typing Notifications; Receipts; Fully read markers.

#include "client_api/rooms/access.h"
#include "rooms/relations/bundle.h"

namespace peyk::client_api {
namespace {

class SetTyping {
public:
    static constexpr Route kRoute{Method::put, "/_matrix/client/v3/rooms/{roomId}/typing/{userId}", Auth::user,
                                  Body::object, RateClass::message};
    explicit SetTyping(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto user, call.id<UserId>("userId"));
        if (user != call.who().user) co_return m::forbidden("You can only say that you are typing yourself");
        PEYK_CO_TRY(auto typing, call.optional_bool("typing"));
        if (!typing) co_return m::missing_param("'typing' is missing");
        PEYK_CO_TRY(auto timeout, call.optional_integer("timeout"));
        if (timeout && *timeout < 0) co_return m::invalid_param("'timeout' must not be negative");
        PEYK_CO_TRY(auto access, open_joined_room(services_, call.who(), room));
        services_.typing.set(access.room->number, user, *typing ? Millis{timeout.value_or(30'000)} : Millis{0});
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

// A receipt of an event of this room: of others there is nothing to count from, and no end. Errors: M_NOT_FOUND.
// Spec: Receipts › server behaviour.
Result<rooms::Receipt> make_receipt(const RoomServices& services, const users::Caller& caller,
                                    const rooms::RoomInfo& room, const std::string& type, const EventId& event,
                                    std::string thread) {
    PEYK_TRY(auto stored, services.store.event(room, event));
    if (!stored) return m::not_found("There is no such event in this room");
    rooms::Receipt receipt{caller.user, type, event, std::move(thread), services.clock.now().count()};
    receipt.number = stored->number;
    return receipt;
}

class PostReceipt {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/rooms/{roomId}/receipt/{receiptType}/{eventId}",
                                  Auth::user, Body::optional, RateClass::message};
    explicit PostReceipt(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto event, call.id<EventId>("eventId"));
        auto type = call.text("receiptType");
        PEYK_CO_TRY(auto thread, call.optional_string("thread_id"));
        if (thread && (thread->empty() || thread->size() > kMaxIdBytes))
            co_return m::invalid_param("'thread_id' is empty or too long");
        PEYK_CO_TRY(auto access, open_joined_room(services_, call.who(), room));
        if (type == "m.fully_read") {
            if (thread) co_return m::invalid_param("'thread_id' does not go with m.fully_read");
            PEYK_CO_CHECK(
                co_await services_.read_markers.set_fully_read(call.who(), std::move(room), std::move(event)));
            co_return Reply::empty();
        }
        if (type != "m.read" && type != "m.read.private")
            co_return m::invalid_param("Not a receipt type: " + type.substr(0, 40));
        PEYK_CO_TRY(auto receipt, make_receipt(services_, call.who(), *access.room, type, event, thread.value_or("")));
        if (thread) {
            PEYK_CO_TRY(bool fits, rooms::receipt_fits(services_.store, *access.room, event, *thread));
            if (!fits) co_return m::invalid_param("The event does not belong to the thread of 'thread_id'");
        }
        PEYK_CO_CHECK(co_await services_.stream.set_receipt(access.room->number, std::move(receipt)));
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

class PostReadMarkers {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/rooms/{roomId}/read_markers", Auth::user,
                                  Body::object, RateClass::message};
    explicit PostReadMarkers(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto fully, event_of(call, "m.fully_read"));
        PEYK_CO_TRY(auto read, event_of(call, "m.read"));
        PEYK_CO_TRY(auto hidden, event_of(call, "m.read.private"));
        PEYK_CO_TRY(auto access, open_joined_room(services_, call.who(), room));
        if (fully) PEYK_CO_CHECK(co_await services_.read_markers.set_fully_read(call.who(), room, *fully));
        if (read) {
            PEYK_CO_TRY(auto receipt, make_receipt(services_, call.who(), *access.room, "m.read", *read, ""));
            PEYK_CO_CHECK(co_await services_.stream.set_receipt(access.room->number, std::move(receipt)));
        }
        if (hidden) {
            PEYK_CO_TRY(auto receipt, make_receipt(services_, call.who(), *access.room, "m.read.private", *hidden, ""));
            PEYK_CO_CHECK(co_await services_.stream.set_receipt(access.room->number, std::move(receipt)));
        }
        co_return Reply::empty();
    }

private:
    static Result<std::optional<EventId>> event_of(const Call& call, std::string_view key) {
        PEYK_TRY(auto text, call.optional_string(key));
        if (!text) return std::nullopt;
        PEYK_TRY(auto id, EventId::parse(*text));
        return id;
    }
    RoomServices services_;
};

}  // namespace

void add_ephemeral_endpoints(Api& api, const RoomServices& services) {
    api.add<SetTyping>(services);
    api.add<PostReceipt>(services);
    api.add<PostReadMarkers>(services);
}

}  // namespace peyk::client_api
