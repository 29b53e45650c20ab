#include "appservices/lookups.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "async/one_shot.h"
#include "core/errors.h"

namespace peyk::appservices {
namespace {

constexpr int kTries = 3;
constexpr Millis kNameTime{5'000}, kNetworkTime{10'000}, kPingTime{10'000};
constexpr Millis kBetweenTries{500};
constexpr Millis kRefusedFor{10'000}, kProtocolFor{10 * 60'000};
constexpr std::size_t kMaxRefused = 10'000;
constexpr int kAtOnce = 4;                   // questions to one service; below the connections to one place
constexpr std::size_t kMaxProtocols = 100;   // asked for at once
constexpr std::size_t kMaxItems = 1'000;     // of one service's answer
constexpr std::size_t kMaxShown = 4 * 1024;  // of a bad answer to a ping

std::vector<const Registration*> with_traffic(std::vector<const Registration*> services) {
    std::erase_if(services, [](const auto* service) { return service->url.empty(); });
    return services;
}

// The parts that a client may rely on; what a service adds is passed on.
bool is_protocol(const json::Object& metadata) {
    const auto* users = metadata.find("user_fields");
    const auto* locations = metadata.find("location_fields");
    const auto* instances = metadata.find("instances");
    return users && users->is_array() && locations && locations->is_array() && instances && instances->is_array();
}

// Spec: Protocol Instance: clients name an instance by an id that this server makes unique.
json::Array instances_of(const Registration& service, const json::Object& metadata) {
    json::Array out;
    for (const auto& item : *metadata.find("instances")->array()) {
        if (!item.object() || out.size() >= kMaxItems) continue;
        auto instance = *item.object();
        if (auto network = item.get_string("network_id"))
            instance.set("instance_id", service.id + "|" + std::string(*network));
        out.emplace_back(std::move(instance));
    }
    return out;
}

std::unexpected<Error> ping_failure(Errc code, int status, std::string_view m_code, std::string detail,
                                    std::string extra = {}) {
    return fail(Error{code, std::move(detail), m_code, std::move(extra), {}, status});
}

}  // namespace

// Sets its OneShot whatever happens: a task that is dropped unstarted must not leave anybody waiting.
class Lookups::Promise {
public:
    explicit Promise(OneShot<Result<WireAnswer>> shot) : shot_(std::move(shot)) {}
    Promise(Promise&& other) noexcept : shot_(other.shot_), open_(std::exchange(other.open_, false)) {}
    Promise& operator=(Promise&&) = delete;
    ~Promise() {
        if (open_) shot_.set(fail(Errc::cancelled));
    }
    void keep(Result<WireAnswer> answer) {
        if (std::exchange(open_, false)) shot_.set(std::move(answer));
    }

private:
    OneShot<Result<WireAnswer>> shot_;
    bool open_ = true;
};

Task<Result<WireAnswer>> Lookups::ask(const Registration& service, WireRequest request) {
    {
        std::lock_guard lock(mutex_);
        if (active_[&service] >= kAtOnce)
            co_return fail(Errc::unavailable, "the application service is asked too much at once");
        ++active_[&service];
    }
    auto answer = co_await wire_.send(service, std::move(request), tasks_.stop_token());
    std::lock_guard lock(mutex_);
    --active_[&service];
    co_return answer;
}

Task<void> Lookups::ask_into(const Registration& service, WireRequest request, Promise promise) {
    auto answer = co_await ask(service, std::move(request));
    promise.keep(std::move(answer));
}

// In rounds: more at once would be refused. A service that does not answer is not asked for the rest, or whoever waits
// would wait for each of them.
Task<Lookups::Answers> Lookups::ask_all(std::vector<Asked> questions) {
    Answers answers;
    for (std::size_t i = 0; i < questions.size(); ++i)
        answers.push_back(fail(Errc::unavailable, "the application service does not answer"));
    std::vector<std::size_t> waiting(questions.size());
    std::iota(waiting.begin(), waiting.end(), std::size_t{0});
    std::set<const Registration*> silent;
    while (!waiting.empty()) {
        std::map<const Registration*, int> counts;
        std::vector<std::size_t> round, later;
        for (auto i : waiting) {
            const auto* service = questions[i].service;
            if (silent.contains(service)) continue;
            (++counts[service] <= kAtOnce ? round : later).push_back(i);
        }
        std::vector<OneShot<Result<WireAnswer>>> shots(round.size());
        for (std::size_t i = 0; i < round.size(); ++i) {
            auto& [service, request] = questions[round[i]];
            tasks_.spawn("appservices: question", ask_into(*service, std::move(request), Promise(shots[i])));
        }
        for (std::size_t i = 0; i < round.size(); ++i) {
            auto answer = co_await shots[i].get();
            if (!answer) silent.insert(questions[round[i]].service);
            answers[round[i]] = std::move(answer);
        }
        waiting = std::move(later);
    }
    co_return answers;
}

bool Lookups::was_refused(const std::string& name) {
    std::lock_guard lock(mutex_);
    auto found = refused_until_.find(name);
    return found != refused_until_.end() && found->second > clock_.monotonic();
}

void Lookups::remember_refused(const std::string& name) {
    std::lock_guard lock(mutex_);
    auto now = clock_.monotonic();
    if (refused_until_.size() >= kMaxRefused)
        std::erase_if(refused_until_, [&](const auto& entry) { return entry.second <= now; });
    if (refused_until_.size() >= kMaxRefused) refused_until_.clear();
    refused_until_[name] = now + kRefusedFor;
}

Task<Result<bool>> Lookups::ask_for_name(std::vector<const Registration*> services, std::string name,
                                         WireRequest request) {
    services = with_traffic(std::move(services));
    if (services.empty() || was_refused(name)) co_return false;
    bool unanswered = false;
    for (const auto* service : services) {
        bool answered = false;
        for (int attempt = 0; attempt < kTries && !answered; ++attempt) {
            if (attempt > 0 && !co_await sleep_for(timers_, kBetweenTries * attempt, tasks_.stop_token())) break;
            auto answer = co_await ask(*service, request);
            if (answer && answer->ok()) co_return true;
            // A clear no. Anything else may be a service that is just starting.
            answered = answer && answer->status >= 400 && answer->status < 500;
        }
        unanswered |= !answered;
    }
    if (unanswered) co_return fail(Errc::timeout, "The application service did not answer");
    remember_refused(name);
    co_return false;
}

Task<Result<bool>> Lookups::ask_for(RoomAlias alias) {
    std::vector<const Registration*> services;
    for (const auto& service : registry_.all()) {
        if (registry_.owns(service, alias)) services.push_back(&service);
    }
    WireRequest request{http::Method::get, "/_matrix/app/v1/rooms/" + http::percent_encode(alias.view()),
                        "/rooms/" + http::percent_encode(alias.view())};
    request.time = kNameTime;
    co_return co_await ask_for_name(std::move(services), alias.str(), std::move(request));
}

Task<Result<bool>> Lookups::ask_for(UserId user) {
    std::vector<const Registration*> services;
    for (const auto& service : registry_.all()) {
        if (registry_.owns(service, user)) services.push_back(&service);
    }
    WireRequest request{http::Method::get, "/_matrix/app/v1/users/" + http::percent_encode(user.view()),
                        "/users/" + http::percent_encode(user.view())};
    request.time = kNameTime;
    co_return co_await ask_for_name(std::move(services), user.str(), std::move(request));
}

std::optional<json::Object> Lookups::kept_protocol(const std::string& name) {
    std::lock_guard lock(mutex_);
    auto found = protocols_.find(name);
    if (found == protocols_.end() || found->second.until <= clock_.monotonic()) return std::nullopt;
    return found->second.metadata;
}

Task<std::optional<json::Object>> Lookups::protocol(std::string name) {
    std::vector<std::string> names{name};
    auto all = co_await protocols(std::move(names));
    const auto* found = all.find(name);
    if (!found) co_return std::nullopt;
    co_return *found->object();
}

Task<json::Object> Lookups::protocols() {
    std::set<std::string> names;
    for (const auto& service : registry_.all()) names.insert(service.protocols.begin(), service.protocols.end());
    std::vector<std::string> list(names.begin(), names.end());
    if (list.size() > kMaxProtocols) list.resize(kMaxProtocols);
    co_return co_await protocols(std::move(list));
}

Task<json::Object> Lookups::protocols(std::vector<std::string> names) {
    json::Object out;
    std::vector<Asked> questions;
    std::vector<std::string> asked_for;  // by question
    for (const auto& name : names) {
        if (auto kept = kept_protocol(name)) {
            out.set(name, *std::move(kept));
            continue;
        }
        WireRequest request{http::Method::get, "/_matrix/app/v1/thirdparty/protocol/" + http::percent_encode(name),
                            "/_matrix/app/unstable/thirdparty/protocol/" + http::percent_encode(name)};
        request.time = kNetworkTime;
        for (const auto* service : with_traffic(registry_.of_protocol(name))) {
            questions.push_back({service, request});
            asked_for.push_back(name);
        }
    }
    std::vector<const Registration*> services;
    for (const auto& question : questions) services.push_back(question.service);
    auto answers = co_await ask_all(std::move(questions));
    std::set<std::string> partly;  // a service was away: asked again the next time
    json::Object merged;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        auto metadata = answers[i] && answers[i]->ok() ? json::parse_object(answers[i]->body) : json::Object{};
        if (!metadata || !is_protocol(*metadata)) {
            partly.insert(asked_for[i]);
            continue;
        }
        auto instances = instances_of(*services[i], *metadata);
        if (const auto* earlier = merged.find(asked_for[i])) {
            const auto& before = *earlier->get_array("instances");
            instances.insert(instances.begin(), before.begin(), before.end());
            metadata = *earlier->object();
        }
        metadata->set("instances", std::move(instances));
        merged.set(asked_for[i], *std::move(metadata));
    }
    for (const auto& [name, metadata] : merged) {
        out.set(name, metadata);
        if (partly.contains(name)) continue;
        std::lock_guard lock(mutex_);
        protocols_[name] = {*metadata.object(), clock_.monotonic() + kProtocolFor};
    }
    co_return out;
}

Task<std::optional<json::Array>> Lookups::third_party(Question question) {
    std::vector<const Registration*> services;
    if (question.protocol) {
        services = registry_.of_protocol(*question.protocol);
        if (services.empty()) co_return std::nullopt;
    } else {
        for (const auto& service : registry_.all()) {
            if (!service.protocols.empty()) services.push_back(&service);
        }
    }
    std::string tail = question.kind == Kind::location ? "/thirdparty/location" : "/thirdparty/user";
    if (question.protocol) tail += "/" + http::percent_encode(*question.protocol);
    WireRequest request{http::Method::get, "/_matrix/app/v1" + tail, "/_matrix/app/unstable" + tail};
    for (const auto& [name, value] : question.query)
        request.query +=
            (request.query.empty() ? "" : "&") + http::percent_encode(name) + "=" + http::percent_encode(value);
    request.time = kNetworkTime;
    std::vector<Asked> questions;
    for (const auto* service : with_traffic(std::move(services))) questions.push_back({service, request});
    auto answers = co_await ask_all(std::move(questions));
    json::Array out;
    std::string_view needed = question.kind == Kind::location ? "alias" : "userid";
    for (const auto& answer : answers) {
        if (!answer || !answer->ok()) continue;
        auto list = json::parse(answer->body);
        if (!list || !list->array()) continue;
        std::size_t taken = 0;
        for (const auto& item : *list->array()) {
            if (!item.get_string(needed) || !item.get_string("protocol") || !item.get_object("fields")) continue;
            if (++taken > kMaxItems) break;
            out.push_back(item);
        }
    }
    co_return out;
}

Task<Result<Millis>> Lookups::ping(std::string service, std::optional<std::string> transaction) {
    const auto* asked = registry_.by_id(service);
    if (!asked) co_return m::forbidden("No application service has this id");
    if (asked->url.empty())
        co_return ping_failure(Errc::bad_request, 400, "M_URL_NOT_SET",
                               "The application service has no URL configured");
    json::Object body;
    if (transaction) body.set("transaction_id", *transaction);
    WireRequest request{http::Method::post, "/_matrix/app/v1/ping"};
    request.body = json::write(body);
    request.time = kPingTime;
    auto begun = clock_.monotonic();
    auto answer = co_await ask(*asked, std::move(request));
    if (answer && answer->ok()) co_return clock_.monotonic() - begun;
    if (answer) {
        auto shown = json::Value(answer->body.substr(0, kMaxShown));
        std::string extra = fmt::format("\"status\":{}", answer->status);
        // A body that is no text cannot be shown in JSON.
        if (auto text = json::write(shown); json::parse(text)) extra += ",\"body\":" + text;
        co_return ping_failure(Errc::unavailable, 502, "M_BAD_STATUS",
                               fmt::format("Ping returned status {}", answer->status), std::move(extra));
    }
    if (answer.error().code == Errc::timeout)
        co_return ping_failure(Errc::timeout, 504, "M_CONNECTION_TIMEOUT", "The application service did not answer");
    co_return ping_failure(Errc::unavailable, 502, "M_CONNECTION_FAILED", "The application service cannot be reached");
}

}  // namespace peyk::appservices
