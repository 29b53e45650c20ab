// Spec: Client-Server API › Push Rules: API, › Pushers.

#include "users/push_rules.h"

#include <array>
#include <functional>
#include <string_view>

#include "client_api/account/common.h"

namespace peyk::client_api::account {
namespace {

using users::PushRuleset;

constexpr std::string_view kRule = "/_matrix/client/v3/pushrules/global/{kind}/{rule}";
constexpr std::string_view kEnabled = "/_matrix/client/v3/pushrules/global/{kind}/{rule}/enabled";
constexpr std::string_view kActions = "/_matrix/client/v3/pushrules/global/{kind}/{rule}/actions";

// Reads and edits the caller's rules, which are stored as account data.
class Rules {
public:
    explicit Rules(users::Users& users) : data_(users.account_data), max_rules_(users.options().max_push_rules) {}

protected:
    Result<PushRuleset> read(const Call& call) const {
        PEYK_TRY(auto stored, data_.stored(call.who().user_number, std::nullopt, users::kPushRulesType));
        return PushRuleset(call.who().user, std::move(stored));
    }
    using Edit = std::function<Result<void>(PushRuleset&)>;
    Task<Result<Reply>> edit(users::Caller caller, Edit edit) {
        users::AccountData::Edit on_stored = [user = caller.user, edit = std::move(edit)](json::Object& stored) {
            PushRuleset rules(user, stored);
            auto done = edit(rules);
            stored = rules.stored();
            return done;
        };
        std::string type(users::kPushRulesType);
        PEYK_CO_CHECK(co_await data_.edit(caller.user_number, std::nullopt, std::move(type), std::move(on_stored)));
        co_return Reply::empty();
    }
    std::size_t max_rules() const { return max_rules_; }

private:
    users::AccountData& data_;
    const std::size_t max_rules_;
};

class GetAll : Rules {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/pushrules/"};
    using Rules::Rules;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto rules, read(call));
        co_return Reply::of({{"global", rules.to_json()}});
    }
};

class GetGlobal : Rules {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/pushrules/global/"};
    using Rules::Rules;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto rules, read(call));
        co_return Reply::of(rules.to_json());
    }
};

// Of one kind; not in the specification any more, but in use.
class GetKind : Rules {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/pushrules/global/{kind}/"};
    using Rules::Rules;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto ruleset, read(call));
        PEYK_CO_TRY(auto rules, ruleset.rules(call.request.capture("kind")));
        co_return Reply{200, json::write(json::Value(std::move(rules)))};
    }
};

// Everything else below /pushrules/: another scope than global, a part that is missing, an attribute that no rule has.
// The endpoint is known, so that this is no M_UNRECOGNIZED; other servers say 400 too.
class Malformed {
public:
    static constexpr std::string_view kPath = "/_matrix/client/v3/pushrules/{rest...}";
    static constexpr std::array kRoutes{Route{Method::get, kPath}, Route{Method::put, kPath},
                                        Route{Method::del, kPath}};
    Task<Result<Reply>> run(Call) {
        co_return m::invalid_param("Push rules are at global/, a rule at global/{kind}/{ruleId}, /enabled or /actions");
    }
};

class GetRule : Rules {
public:
    static constexpr Route kRoute{Method::get, kRule};
    using Rules::Rules;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto rules, read(call));
        PEYK_CO_TRY(auto rule, rules.rule(call.request.capture("kind"), call.request.capture("rule")));
        co_return Reply::of(rule);
    }
};

class PutRule : Rules {
public:
    static constexpr Route kRoute{Method::put, kRule, Auth::user, Body::object, RateClass::general};
    using Rules::Rules;
    Task<Result<Reply>> run(Call call) {
        auto caller = call.who();
        PushRuleset::Place place{call.request.parameter("before"), call.request.parameter("after")};
        Edit put = [kind = call.text("kind"), id = call.text("rule"), body = std::move(call.body), place,
                    max = max_rules()](PushRuleset& rules) { return rules.put(kind, id, body, place, max); };
        co_return co_await edit(std::move(caller), std::move(put));
    }
};

class DeleteRule : Rules {
public:
    static constexpr Route kRoute{Method::del, kRule, Auth::user, Body::none, RateClass::general};
    using Rules::Rules;
    Task<Result<Reply>> run(Call call) {
        Edit remove = [kind = call.text("kind"), id = call.text("rule")](PushRuleset& rules) {
            return rules.remove(kind, id);
        };
        co_return co_await edit(call.who(), std::move(remove));
    }
};

class GetEnabled : Rules {
public:
    static constexpr Route kRoute{Method::get, kEnabled};
    using Rules::Rules;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto rules, read(call));
        PEYK_CO_TRY(auto rule, rules.rule(call.request.capture("kind"), call.request.capture("rule")));
        co_return Reply::of({{"enabled", *rule.find("enabled")}});
    }
};

class PutEnabled : Rules {
public:
    static constexpr Route kRoute{Method::put, kEnabled, Auth::user, Body::object, RateClass::general};
    using Rules::Rules;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto enabled, call.optional_bool("enabled"));
        if (!enabled) co_return m::missing_param("'enabled' is missing");
        Edit set = [kind = call.text("kind"), id = call.text("rule"), on = *enabled](PushRuleset& rules) {
            return rules.set_enabled(kind, id, on);
        };
        co_return co_await edit(call.who(), std::move(set));
    }
};

class GetActions : Rules {
public:
    static constexpr Route kRoute{Method::get, kActions};
    using Rules::Rules;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto rules, read(call));
        PEYK_CO_TRY(auto rule, rules.rule(call.request.capture("kind"), call.request.capture("rule")));
        co_return Reply::of({{"actions", *rule.find("actions")}});
    }
};

class PutActions : Rules {
public:
    static constexpr Route kRoute{Method::put, kActions, Auth::user, Body::object, RateClass::general};
    using Rules::Rules;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(const auto* actions, call.optional_array("actions"));
        if (!actions) co_return m::missing_param("'actions' is missing");
        Edit set = [kind = call.text("kind"), id = call.text("rule"), wanted = *actions](PushRuleset& rules) {
            return rules.set_actions(kind, id, wanted);
        };
        co_return co_await edit(call.who(), std::move(set));
    }
};

class GetPushers {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/pushers"};
    explicit GetPushers(users::Pushers& pushers) : pushers_(pushers) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto pushers, pushers_.list(call.who().user_number));
        json::Array list;
        for (auto& pusher : pushers) list.emplace_back(std::move(pusher));
        co_return Reply::of({{"pushers", std::move(list)}});
    }

private:
    users::Pushers& pushers_;
};

class SetPusher {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/pushers/set", Auth::user, Body::object,
                                  RateClass::general};
    explicit SetPusher(users::Pushers& pushers) : pushers_(pushers) {}
    Task<Result<Reply>> run(Call call) {
        auto caller = call.who();
        PEYK_CO_CHECK(co_await pushers_.set(std::move(caller), std::move(call.body)));
        co_return Reply::empty();
    }

private:
    users::Pushers& pushers_;
};

}  // namespace

void add_push_rules(Api& api, users::Users& users) {
    api.add<GetAll>(users);
    api.add<GetGlobal>(users);
    api.add<GetKind>(users);
    api.add<Malformed>();
    api.add<GetRule>(users);
    api.add<PutRule>(users);
    api.add<DeleteRule>(users);
    api.add<GetEnabled>(users);
    api.add<PutEnabled>(users);
    api.add<GetActions>(users);
    api.add<PutActions>(users);
    api.add<GetPushers>(users.pushers);
    api.add<SetPusher>(users.pushers);
}

}  // namespace peyk::client_api::account
