// Spec: Client-Server API › Client Config, › Room Tagging, › Filtering.

#include "client_api/account/common.h"

#include <array>

namespace peyk::client_api::account {
namespace {

constexpr std::string_view kGlobal = "/_matrix/client/v3/user/{user}/account_data/{type}";
constexpr std::string_view kOfRoom = "/_matrix/client/v3/user/{user}/rooms/{room}/account_data/{type}";
constexpr std::string_view kTags = "/_matrix/client/v3/user/{user}/rooms/{room}/tags";
constexpr std::string_view kOneTag = "/_matrix/client/v3/user/{user}/rooms/{room}/tags/{tag}";

Result<std::optional<RoomId>> room_of(const Call& call) {
    if (call.request.capture("room").empty()) return std::nullopt;
    PEYK_TRY(auto room, call.id<RoomId>("room"));
    return room;
}

class GetData {
public:
    static constexpr std::array kRoutes{Route{Method::get, kGlobal}, Route{Method::get, kOfRoom}};
    explicit GetData(users::AccountData& data) : data_(data) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        PEYK_CO_TRY(auto room, room_of(call));
        PEYK_CO_TRY(auto content, data_.get(call.who().user_number, room, call.request.capture("type")));
        if (!content) co_return m::not_found("There is no account data of this type");
        co_return Reply{200, *std::move(content)};
    }

private:
    users::AccountData& data_;
};

class PutData {
public:
    static constexpr std::array kRoutes{Route{Method::put, kGlobal, Auth::user, Body::object, RateClass::general},
                                        Route{Method::put, kOfRoom, Auth::user, Body::object, RateClass::general}};
    explicit PutData(users::AccountData& data) : data_(data) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        PEYK_CO_TRY(auto room, room_of(call));
        auto user = call.who().user_number;
        PEYK_CO_CHECK(co_await data_.put(user, std::move(room), call.text("type"), std::move(call.body)));
        co_return Reply::empty();
    }

private:
    users::AccountData& data_;
};

// MSC3391.
class DeleteData {
public:
    static constexpr std::array kRoutes{
        Route{Method::del, "/_matrix/client/unstable/org.matrix.msc3391/user/{user}/account_data/{type}", Auth::user,
              Body::none, RateClass::general},
        Route{Method::del, "/_matrix/client/unstable/org.matrix.msc3391/user/{user}/rooms/{room}/account_data/{type}",
              Auth::user, Body::none, RateClass::general}};
    explicit DeleteData(users::AccountData& data) : data_(data) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        PEYK_CO_TRY(auto room, room_of(call));
        PEYK_CO_CHECK(co_await data_.remove(call.who().user_number, std::move(room), call.text("type")));
        co_return Reply::empty();
    }

private:
    users::AccountData& data_;
};

class GetTags {
public:
    static constexpr Route kRoute{Method::get, kTags};
    explicit GetTags(users::AccountData& data) : data_(data) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        PEYK_CO_TRY(auto room, call.id<RoomId>("room"));
        PEYK_CO_TRY(auto tags, data_.tags(call.who().user_number, room));
        co_return Reply::of(tags);
    }

private:
    users::AccountData& data_;
};

class PutTag {
public:
    static constexpr Route kRoute{Method::put, kOneTag, Auth::user, Body::object, RateClass::general};
    explicit PutTag(users::AccountData& data) : data_(data) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        PEYK_CO_TRY(auto room, call.id<RoomId>("room"));
        auto user = call.who().user_number;
        // Spec: Room Tagging: a number between 0 and 1 that places the room among those with the tag.
        const auto* order = call.body.find("order");
        if (order && !order->integer() && !order->raw_number()) co_return m::bad_json("'order' must be a number");
        PEYK_CO_CHECK(co_await data_.put_tag(user, std::move(room), call.text("tag"), std::move(call.body)));
        co_return Reply::empty();
    }

private:
    users::AccountData& data_;
};

class DeleteTag {
public:
    static constexpr Route kRoute{Method::del, kOneTag, Auth::user, Body::none, RateClass::general};
    explicit DeleteTag(users::AccountData& data) : data_(data) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        PEYK_CO_TRY(auto room, call.id<RoomId>("room"));
        PEYK_CO_CHECK(co_await data_.delete_tag(call.who().user_number, std::move(room), call.text("tag")));
        co_return Reply::empty();
    }

private:
    users::AccountData& data_;
};

class PostFilter {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/user/{user}/filter", Auth::user, Body::object,
                                  RateClass::general};
    explicit PostFilter(users::Filters& filters) : filters_(filters) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        PEYK_CO_TRY(auto id, co_await filters_.add(call.who().user_number, std::move(call.body)));
        co_return Reply::of({{"filter_id", id}});
    }

private:
    users::Filters& filters_;
};

class GetFilter {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/user/{user}/filter/{filter}"};
    explicit GetFilter(users::Filters& filters) : filters_(filters) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        PEYK_CO_TRY(auto filter, filters_.get(call.who().user_number, call.request.capture("filter")));
        co_return Reply{200, std::move(filter)};
    }

private:
    users::Filters& filters_;
};

}  // namespace

void add_account_data(Api& api, users::Users& users) {
    api.add<GetData>(users.account_data);
    api.add<PutData>(users.account_data);
    api.add<DeleteData>(users.account_data);
    api.add<GetTags>(users.account_data);
    api.add<PutTag>(users.account_data);
    api.add<DeleteTag>(users.account_data);
    api.add<PostFilter>(users.filters);
    api.add<GetFilter>(users.filters);
}

}  // namespace peyk::client_api::account
