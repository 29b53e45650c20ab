// Versions of the key backup: five routes on /room_keys/version.

#include "client_api/keys/parts.h"

namespace peyk::client_api {
namespace {

constexpr std::string_view kAll = "/_matrix/client/v3/room_keys/version";
constexpr std::string_view kOne = "/_matrix/client/v3/room_keys/version/{version}";

struct Described {
    std::string algorithm;
    json::Value auth_data;
};
Result<Described> describe(const Call& call) {
    PEYK_TRY(auto algorithm, call.need_string("algorithm"));
    if (!call.body.contains("auth_data")) return m::missing_param("'auth_data' is missing");
    auto auth_data = call.body_member("auth_data");
    if (auth_data.is_null()) return m::bad_json("'auth_data' must not be null");
    // Spec: the format depends on the algorithm. Of the specified one it is known; others are their clients' affair.
    if (algorithm == keys::kSpecifiedBackup && !auth_data.is_object())
        return m::bad_json("'auth_data' must be an object");
    return Described{std::move(algorithm), std::move(auth_data)};
}

Reply reply(const keys::BackupVersion& version) {
    json::Writer writer;
    writer.begin_object().key("algorithm").string(version.algorithm).key("auth_data").raw(version.auth_data);
    writer.key("count").integer(static_cast<std::int64_t>(version.count));
    writer.key("etag").string(std::to_string(version.etag));
    writer.key("version").string(std::to_string(version.number)).end_object();
    return Reply{200, writer.take()};
}

class CreateBackup {
public:
    static constexpr Route kRoute{.method = Method::post, .path = kAll, .body = Body::object, .rate = RateClass::keys};
    explicit CreateBackup(keys::Keys& keys) : keys_(keys) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto described, describe(call));
        auto creating = keys_.backup().create(call.who().user_number, std::move(described.algorithm),
                                              std::move(described.auth_data));
        PEYK_CO_TRY(auto version, co_await std::move(creating));
        co_return Reply::of({{"version", std::move(version)}});
    }

private:
    keys::Keys& keys_;
};

class GetLatestBackup {
public:
    static constexpr Route kRoute{.method = Method::get, .path = kAll};
    explicit GetLatestBackup(keys::Keys& keys) : keys_(keys) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto version, keys_.backup().latest(call.who().user_number));
        co_return reply(version);
    }

private:
    keys::Keys& keys_;
};

class GetBackup {
public:
    static constexpr Route kRoute{.method = Method::get, .path = kOne};
    explicit GetBackup(keys::Keys& keys) : keys_(keys) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto version, keys_.backup().version(call.who().user_number, call.text("version")));
        co_return reply(version);
    }

private:
    keys::Keys& keys_;
};

class UpdateBackup {
public:
    static constexpr Route kRoute{.method = Method::put, .path = kOne, .body = Body::object, .rate = RateClass::keys};
    explicit UpdateBackup(keys::Keys& keys) : keys_(keys) {}
    Task<Result<Reply>> run(Call call) {
        auto version = call.text("version");
        PEYK_CO_TRY(auto described, describe(call));
        PEYK_CO_TRY(auto repeated, call.optional_string("version"));
        if (repeated && *repeated != version)
            co_return m::invalid_param("The version in the body is not that of the path");
        auto updating = keys_.backup().update(call.who().user_number, std::move(version),
                                              std::move(described.algorithm), std::move(described.auth_data));
        PEYK_CO_CHECK(co_await std::move(updating));
        co_return Reply::empty();
    }

private:
    keys::Keys& keys_;
};

class DeleteBackup {
public:
    static constexpr Route kRoute{.method = Method::del, .path = kOne, .rate = RateClass::keys};
    explicit DeleteBackup(keys::Keys& keys) : keys_(keys) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(co_await keys_.backup().remove_version(call.who().user_number, call.text("version")));
        co_return Reply::empty();
    }

private:
    keys::Keys& keys_;
};

}  // namespace

void add_backup_version_endpoints(Api& api, keys::Keys& keys) {
    api.add<CreateBackup>(keys);
    api.add<GetLatestBackup>(keys);
    api.add<GetBackup>(keys);
    api.add<UpdateBackup>(keys);
    api.add<DeleteBackup>(keys);
}

}  // namespace peyk::client_api
