// Identity and one-time keys: what devices publish and ask of each other.

#include "client_api/keys/parts.h"

namespace peyk::client_api {
namespace {

constexpr std::int64_t kDefaultTimeout = 10'000;
constexpr std::int64_t kLongestTimeout = 60'000;

Result<Millis> timeout_of(const Call& call) {
    PEYK_TRY(auto given, call.optional_integer("timeout"));
    return Millis(std::clamp<std::int64_t>(given.value_or(kDefaultTimeout), 0, kLongestTimeout));
}

// Spec: POST /_matrix/client/v3/keys/upload
class UploadKeys {
public:
    static constexpr Route kRoute{.method = Method::post,
                                  .path = "/_matrix/client/v3/keys/upload",
                                  .body = Body::object,
                                  .rate = RateClass::keys,
                                  .max_body = 512 * 1024};
    explicit UploadKeys(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(users::check_device(call.who()));
        PEYK_CO_TRY(auto upload, parse(call));
        const auto& who = call.who();
        auto uploading = keys_.device_keys().upload(who.user, who.user_number, who.device, std::move(upload));
        PEYK_CO_TRY(auto counts, co_await std::move(uploading));
        // Clients look for this algorithm's count even when it is zero.
        json::Object by_algorithm{{"signed_curve25519", 0}};
        for (const auto& [algorithm, count] : counts->one_time) by_algorithm.set(algorithm, count);
        co_return Reply::of({{"one_time_key_counts", std::move(by_algorithm)}});
    }

private:
    static Result<keys::KeyUpload> parse(const Call& call) {
        keys::KeyUpload upload;
        PEYK_TRY(const auto* device_keys, call.optional_object("device_keys"));
        PEYK_TRY(const auto* one_time, call.optional_object("one_time_keys"));
        PEYK_TRY(const auto* fallback, call.optional_object("fallback_keys"));
        if (device_keys) upload.device_keys = *device_keys;
        if (one_time) upload.one_time_keys = *one_time;
        if (fallback) upload.fallback_keys = *fallback;
        return upload;
    }

    keys::Keys& keys_;
};

// Spec: POST /_matrix/client/v3/keys/query
class QueryKeys {
public:
    static constexpr Route kRoute{
        .method = Method::post, .path = "/_matrix/client/v3/keys/query", .body = Body::object, .max_body = 512 * 1024};
    explicit QueryKeys(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto request, parse(call));
        PEYK_CO_TRY(auto timeout, timeout_of(call));
        auto querying = keys_.query().query(call.who().user, std::move(request), timeout);
        PEYK_CO_TRY(auto answer, co_await std::move(querying));
        co_return Reply{200, answer.to_json()};
    }

private:
    static Result<keys::QueryRequest> parse(const Call& call) {
        PEYK_TRY(const auto* asked, call.optional_object("device_keys"));
        if (!asked) return m::missing_param("'device_keys' is missing");
        keys::QueryRequest request;
        for (const auto& [user_text, devices] : *asked) {
            PEYK_TRY(auto user, UserId::parse(user_text));
            if (!devices.is_array()) return m::bad_json("'device_keys' must map users to arrays of devices");
            auto& wanted = request[std::move(user)];
            for (const auto& device : *devices.array()) {
                if (!device.is_string()) return m::bad_json("a device id must be a string");
                PEYK_TRY(auto id, DeviceId::parse(*device.string()));
                wanted.push_back(std::move(id));
            }
        }
        return request;
    }

    keys::Keys& keys_;
};

// Spec: POST /_matrix/client/v3/keys/claim
class ClaimKeys {
public:
    static constexpr Route kRoute{
        .method = Method::post, .path = "/_matrix/client/v3/keys/claim", .body = Body::object, .rate = RateClass::keys};
    explicit ClaimKeys(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto request, parse(call));
        PEYK_CO_TRY(auto timeout, timeout_of(call));
        PEYK_CO_TRY(auto claimed, co_await keys_.one_time_keys().claim(std::move(request), timeout));
        co_return Reply{200, claimed.to_json()};
    }

private:
    static Result<keys::ClaimRequest> parse(const Call& call) {
        PEYK_TRY(const auto* asked, call.optional_object("one_time_keys"));
        if (!asked) return m::missing_param("'one_time_keys' is missing");
        keys::ClaimRequest request;
        for (const auto& [user_text, devices] : *asked) {
            PEYK_TRY(auto user, UserId::parse(user_text));
            if (!devices.is_object()) return m::bad_json("'one_time_keys' must map users to devices");
            auto& wanted = request[std::move(user)];
            for (const auto& [device_text, algorithm] : *devices.object()) {
                if (!algorithm.is_string()) return m::bad_json("an algorithm must be a string");
                PEYK_TRY(auto device, DeviceId::parse(device_text));
                wanted.emplace(std::move(device), *algorithm.string());
            }
        }
        return request;
    }

    keys::Keys& keys_;
};

// Spec: GET /_matrix/client/v3/keys/changes
class KeyChanges {
public:
    static constexpr Route kRoute{.method = Method::get, .path = "/_matrix/client/v3/keys/changes"};
    explicit KeyChanges(DeviceListHistory& history) : history_(history) {}

    Task<Result<Reply>> run(Call call) {
        auto from = call.request.parameter("from");
        auto to = call.request.parameter("to");
        if (!from || !to) co_return m::missing_param("'from' and 'to' are required");
        PEYK_CO_TRY(auto delta, co_await history_.between(call.who(), std::move(*from), std::move(*to)));
        co_return Reply::of({{"changed", names(delta.changed)}, {"left", names(delta.left)}});
    }

private:
    static json::Array names(const std::vector<UserId>& users) {
        json::Array array;
        for (const auto& user : users) array.emplace_back(user.str());
        return array;
    }

    DeviceListHistory& history_;
};

}  // namespace

void add_key_exchange_endpoints(Api& api, keys::Keys& keys, DeviceListHistory& history) {
    api.add<UploadKeys>(keys);
    api.add<QueryKeys>(keys);
    api.add<ClaimKeys>(keys);
    api.add<KeyChanges>(history);
}

}  // namespace peyk::client_api
