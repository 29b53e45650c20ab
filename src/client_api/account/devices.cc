// Spec: Client-Server API › Device Management.

#include "client_api/account/common.h"

namespace peyk::client_api::account {
namespace {

constexpr std::string_view kPath = "/_matrix/client/v3/devices/{device}";
constexpr std::size_t kMaxAtOnce = 500;

json::Object render(const users::Device& device) {
    json::Object out{{"device_id", device.id.str()}};
    if (!device.name.empty()) out.set("display_name", device.name);
    if (device.last_seen_day) out.set("last_seen_ts", static_cast<std::int64_t>(device.last_seen_day) * 86'400'000);
    return out;
}

class ListDevices {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/devices", Auth::user};
    explicit ListDevices(users::Sessions& sessions) : sessions_(sessions) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto devices, sessions_.devices(call.who().user_number));
        json::Array list;
        for (const auto& device : devices) list.emplace_back(render(device));
        co_return Reply::of({{"devices", std::move(list)}});
    }

private:
    users::Sessions& sessions_;
};

class GetDevice {
public:
    static constexpr Route kRoute{Method::get, kPath, Auth::user};
    explicit GetDevice(users::Sessions& sessions) : sessions_(sessions) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto id, call.id<DeviceId>("device"));
        PEYK_CO_TRY(auto device, sessions_.device(call.who().user_number, id));
        if (!device) co_return m::not_found("You have no such device");
        co_return Reply::of(render(*device));
    }

private:
    users::Sessions& sessions_;
};

class PutDevice {
public:
    static constexpr Route kRoute{Method::put, kPath, Auth::user, Body::object, RateClass::general};
    PutDevice(users::Accounts& accounts, users::Sessions& sessions) : accounts_(accounts), sessions_(sessions) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto id, call.id<DeviceId>("device"));
        PEYK_CO_TRY(auto given, call.optional_string("display_name"));
        if (call.who().is_service()) co_return co_await put_for_service(call.who(), std::move(id), std::move(given));
        PEYK_CO_TRY(auto device, sessions_.device(call.who().user_number, id));
        if (!device) co_return m::not_found("You have no such device");
        if (!given) co_return Reply::empty();
        auto name = *std::move(given);
        PEYK_CO_CHECK(co_await sessions_.rename(call.who().user, std::move(id), std::move(name)));
        co_return Reply::empty();
    }

private:
    // Spec: Application Service API › Creating devices.
    Task<Result<Reply>> put_for_service(users::Caller who, DeviceId id, std::optional<std::string> name) {
        PEYK_CO_TRY(auto account, accounts_.by_number(who.user_number));
        if (!account) co_return m::not_found("There is no such user");
        PEYK_CO_TRY(bool made, co_await sessions_.put_device(std::move(account), std::move(id), std::move(name)));
        co_return Reply{made ? 201 : 200};
    }

    users::Accounts& accounts_;
    users::Sessions& sessions_;
};

class DeleteDevice {
public:
    static constexpr Route kRoute{Method::del, kPath, Auth::user, Body::optional, RateClass::general};
    DeleteDevice(users::Uia& uia, users::Sessions& sessions) : uia_(uia), sessions_(sessions) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto id, call.id<DeviceId>("device"));
        if (!call.who().skips_interactive_auth()) {
            auto ask = uia_request(call);
            PEYK_CO_CHECK(co_await uia_.require(std::move(ask), users::Uia::password()));
        }
        std::vector<DeviceId> devices{std::move(id)};
        PEYK_CO_CHECK(co_await sessions_.remove_devices(call.who().user, std::move(devices)));
        co_return Reply::empty();
    }

private:
    users::Uia& uia_;
    users::Sessions& sessions_;
};

class DeleteDevices {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/delete_devices", Auth::user, Body::object,
                                  RateClass::general};
    DeleteDevices(users::Uia& uia, users::Sessions& sessions) : uia_(uia), sessions_(sessions) {}

    Task<Result<Reply>> run(Call call) {
        auto ask = uia_request(call);
        if (call.body.contains("devices")) PEYK_CO_CHECK(parse(call));
        if (!call.who().skips_interactive_auth()) {
            PEYK_CO_TRY(auto grant, co_await uia_.require(std::move(ask), users::Uia::password()));
            call.body = grant.body;
        }
        PEYK_CO_TRY(auto devices, parse(call));
        PEYK_CO_CHECK(co_await sessions_.remove_devices(call.who().user, std::move(devices)));
        co_return Reply::empty();
    }

private:
    static Result<std::vector<DeviceId>> parse(const Call& call) {
        PEYK_TRY(const auto* list, call.optional_array("devices"));
        if (!list) return m::missing_param("'devices' is missing");
        if (list->size() > kMaxAtOnce) return m::invalid_param("Too many devices at once");
        std::vector<DeviceId> devices;
        for (const auto& item : *list) {
            if (!item.string()) return m::bad_json("'devices' must be an array of strings");
            PEYK_TRY(auto id, DeviceId::parse(*item.string()));
            devices.push_back(std::move(id));
        }
        return devices;
    }

    users::Uia& uia_;
    users::Sessions& sessions_;
};

}  // namespace

void add_devices(Api& api, users::Users& users) {
    api.add<ListDevices>(users.sessions);
    api.add<GetDevice>(users.sessions);
    api.add<PutDevice>(users.accounts, users.sessions);
    api.add<DeleteDevice>(users.uia, users.sessions);
    api.add<DeleteDevices>(users.uia, users.sessions);
}

}  // namespace peyk::client_api::account
