// NOTSPEC: administrators only, and never contents.

#include "admin/endpoints.h"

#include <fmt/format.h>

#include <ctime>

#include "base/bytes.h"

namespace peyk::admin {
namespace {

using client_api::Auth;
using client_api::Body;
using client_api::Call;
using client_api::RateClass;
using client_api::Reply;
using client_api::Route;
using http::Method;

constexpr std::size_t kProof = 16;

std::string_view state_of(const users::Account& account) {
    if (account.deactivated) return "deactivated";
    if (account.locked) return "locked";
    return account.suspended ? "suspended" : "active";
}

std::string day_of(std::uint32_t day) {
    std::time_t seconds = static_cast<std::time_t>(day) * 86'400;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

class GetOverview {
public:
    static constexpr Route kRoute{Method::get, "/_peyk/admin/v1/overview", Auth::admin, Body::none, RateClass::general};
    explicit GetOverview(Overview& overview) : overview_(overview) {}
    Task<Result<Reply>> run(Call) {
        PEYK_CO_TRY(auto now, overview_.now());
        co_return Reply::of(now);
    }

private:
    Overview& overview_;
};

class ListUsers {
public:
    static constexpr Route kRoute{Method::get, "/_peyk/admin/v1/users", Auth::admin, Body::none, RateClass::general};
    explicit ListUsers(users::Users& users) : users_(users) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto limit, call.number("limit", 100, 1, 500));
        PEYK_CO_TRY(auto next, place_of(call.request.parameter("from").value_or("")));
        PEYK_CO_TRY(auto page, users_.accounts.page(next, static_cast<std::size_t>(limit)));
        json::Array list;
        for (const auto& account : page) {
            if (account->of_server) continue;
            list.push_back(json::Object{{"user_id", account->id.str()},
                                        {"state", state_of(*account)},
                                        {"admin", account->admin},
                                        {"created_day", day_of(account->created_day)}});
        }
        json::Object out{{"users", std::move(list)}};
        if (!next.empty()) out.set("next", base64_encode(proof_of(next) + next, Base64::url));
        co_return Reply::of(out);
    }

private:
    // A place in the store's own keys: only what was given out is taken back.
    std::string proof_of(std::string_view place) const { return users_.context().db.digest("page of accounts", place); }
    Result<std::string> place_of(std::string_view token) const {
        if (token.empty()) return std::string();
        auto bytes = base64_decode(token, Base64::url).value_or("");
        auto proof = bytes.substr(0, std::min(bytes.size(), kProof));
        auto place = bytes.substr(proof.size());
        if (!equal_constant_time(proof_of(place), proof))
            return m::invalid_param("'from' is not what an earlier answer said");
        return place;
    }

    users::Users& users_;
};

// Nothing of the room is told, not even whether it was large: who knows the id may end it, and that is all.
class RemoveRoom {
public:
    static constexpr Route kRoute{Method::del, "/_peyk/admin/v1/rooms/{roomId}", Auth::admin, Body::none,
                                  RateClass::general};
    explicit RemoveRoom(rooms::RoomRemoval& removals) : removals_(removals) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_CHECK(co_await removals_.remove(std::move(room)));
        co_return Reply::empty();
    }

private:
    rooms::RoomRemoval& removals_;
};

}  // namespace

void add_endpoints(client_api::Api& api, users::Users& users, rooms::RoomRemoval& removals, Overview& overview) {
    api.add<GetOverview>(overview);
    api.add<ListUsers>(users);
    api.add<RemoveRoom>(removals);
}

}  // namespace peyk::admin
