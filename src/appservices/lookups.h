#pragma once
// What is asked of services while somebody waits: names that nobody has yet, other networks, pings.
// Spec: Application Service API › Querying, › Third-party networks, › Pinging.

#include <unordered_map>

#include "appservices/registry.h"
#include "appservices/wire.h"
#include "async/task_group.h"
#include "async/timers.h"
#include "core/json.h"

namespace peyk::appservices {

// Purpose:  asks, with limits of time; all services that may know at the same time. Each is asked a few things at once
// and
//           no more, so that whatever clients ask for, its transactions find a connection, and those of others too.
// Owner:    Services of this folder.  Runs on: workers.
// Stops by: stop().
class Lookups {
public:
    Lookups(const Registry& registry, Wire& wire, Executor& executor, Timers& timers, const Clock& clock)
        : registry_(registry), wire_(wire), timers_(timers), clock_(clock), tasks_(executor) {}
    void stop() { tasks_.stop(); }

    // The service whose name it would be is asked, and has made it by the time that this says true. Names that were
    // asked for a moment ago are not asked for again. Error: timeout (no answer after several tries).
    Task<Result<bool>> ask_for(RoomAlias alias);
    Task<Result<bool>> ask_for(UserId user);

    // Metadata of one network, merged over its services; answers are kept for a while. Null: no service knows it.
    Task<std::optional<json::Object>> protocol(std::string name);
    Task<json::Object> protocols();
    Task<json::Object> protocols(std::vector<std::string> names);
    // Locations or users. `query` is passed on as it is given.
    enum class Kind : unsigned char { location, user };
    struct Question {
        Kind kind;
        std::optional<std::string> protocol;  // none: reverse, by alias or user id
        std::vector<std::pair<std::string, std::string>> query;
    };
    // Nullopt: no service has such a network.
    Task<std::optional<json::Array>> third_party(Question question);

    // How long the service took. Errors: M_URL_NOT_SET, M_BAD_STATUS, M_CONNECTION_FAILED, M_CONNECTION_TIMEOUT.
    Task<Result<Millis>> ping(std::string service, std::optional<std::string> transaction);

private:
    using Answers = std::vector<Result<WireAnswer>>;
    class Promise;
    struct Asked {
        const Registration* service;
        WireRequest request;
    };
    // One answer for each, in their order.
    Task<Answers> ask_all(std::vector<Asked> questions);
    std::optional<json::Object> kept_protocol(const std::string& name);
    Task<Result<WireAnswer>> ask(const Registration& service, WireRequest request);
    Task<void> ask_into(const Registration& service, WireRequest request, Promise promise);
    Task<Result<bool>> ask_for_name(std::vector<const Registration*> services, std::string name, WireRequest request);
    bool was_refused(const std::string& name);
    void remember_refused(const std::string& name);

    const Registry& registry_;
    Wire& wire_;
    Timers& timers_;
    const Clock& clock_;
    TaskGroup tasks_;
    std::mutex mutex_;
    std::unordered_map<std::string, Millis> refused_until_;
    std::unordered_map<const Registration*, int> active_;
    struct Kept {
        json::Object metadata;
        Millis until;
    };
    std::unordered_map<std::string, Kept> protocols_;
};

}  // namespace peyk::appservices
