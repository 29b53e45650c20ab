// POST /user_directory/search, where the directory is switched on. Spec: Client-Server API › User Directory.

#include "rooms/directory/people.h"

#include "client_api/rooms/endpoints.h"
#include "users/users.h"

namespace peyk::client_api {
namespace {

constexpr std::int64_t kMaxResults = 50;
constexpr std::size_t kBatch = 200;
constexpr std::size_t kMaxChecked = 5'000;  // people of a fitting name, looked at for one search

class SearchPeople {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/user_directory/search", Auth::user, Body::object,
                                  RateClass::general};
    SearchPeople(const RoomServices& services, users::Users& users) : services_(services), users_(users) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto term, call.need_string("search_term"));
        PEYK_CO_TRY(auto wanted, call.optional_integer("limit"));
        auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(wanted.value_or(10), 0, kMaxResults));
        PEYK_CO_TRY(auto found, find(call.who().user_number, term, limit + 1));
        bool limited = found.size() > limit;
        if (limited) found.pop_back();
        json::Array results;
        for (const auto& user : found) {
            PEYK_CO_TRY(auto entry, describe(user));
            results.emplace_back(std::move(entry));
        }
        co_return Reply::of({{"results", std::move(results)}, {"limited", limited}});
    }

private:
    Result<std::vector<UserId>> find(std::uint64_t searcher, const std::string& term, std::size_t limit) const {
        std::vector<UserId> out;
        // A complete user id is asked for by who knows it already.
        std::optional<UserId> exact;
        if (auto named = UserId::parse(term); named && users_.accounts.is_local(*named)) {
            PEYK_TRY(bool there, users_.accounts.exists(*named));
            if (there) out.push_back(*(exact = *named));
        }
        rooms::People people(services_.store, services_.memberships, searcher);
        auto words = users::folded_words(term.starts_with('@') ? term.substr(0, term.find(':')) : term);
        std::string after;
        std::size_t checked = 0;
        do {
            for (auto& candidate : users_.names.search(words, after, kBatch)) {
                if (out.size() == limit) return out;
                ++checked;
                if (candidate.user == exact) continue;
                PEYK_TRY(bool may, people.may_be_found(candidate.number));
                if (may) out.push_back(std::move(candidate.user));
            }
        } while (!after.empty() && checked < kMaxChecked);
        return out;
    }

    Result<json::Object> describe(const UserId& user) const {
        json::Object out{{"user_id", user.str()}};
        PEYK_TRY(auto name, users_.profiles.displayname(user));
        if (name) out.set("display_name", *name);
        PEYK_TRY(auto avatar, users_.profiles.avatar_url(user));
        if (avatar) out.set("avatar_url", *avatar);
        return out;
    }

    RoomServices services_;
    users::Users& users_;
};

}  // namespace

void add_people_endpoints(Api& api, const RoomServices& services, users::Users& users) {
    api.add<SearchPeople>(services, users);
}

}  // namespace peyk::client_api
