// Dehydrated devices. MSC3814.

#include "keys/dehydrated.h"
#include "base/bytes.h"
#include "client_api/keys/endpoints.h"
#include "sync/tokens.h"

namespace peyk::client_api {
namespace {

constexpr std::string_view kDevice = "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device";
constexpr std::string_view kEvents = "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{device}/events";
constexpr std::size_t kPage = 100;

class PutDehydrated {
public:
    static constexpr Route kRoute{
        .method = Method::put, .path = kDevice, .body = Body::object, .rate = RateClass::keys, .max_body = 512 * 1024};
    explicit PutDehydrated(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto text, call.need_string("device_id"));
        PEYK_CO_TRY(auto id, DeviceId::parse(text));
        PEYK_CO_TRY(auto name, call.optional_string("initial_device_display_name"));
        PEYK_CO_TRY(const auto* data, call.optional_object("device_data"));
        if (!data) co_return m::missing_param("'device_data' is missing");
        const auto* algorithm = data->find("algorithm");
        if (algorithm && !algorithm->string()) co_return m::bad_json("'algorithm' of 'device_data' must be a string");
        keys::KeyUpload upload;
        PEYK_CO_TRY(const auto* device_keys, call.optional_object("device_keys"));
        PEYK_CO_TRY(const auto* one_time, call.optional_object("one_time_keys"));
        PEYK_CO_TRY(const auto* fallback, call.optional_object("fallback_keys"));
        if (device_keys) upload.device_keys = *device_keys;
        if (one_time) upload.one_time_keys = *one_time;
        if (fallback) upload.fallback_keys = *fallback;
        keys::DehydratedDevice device{id, std::move(name), *data};
        const auto& who = call.who();
        auto putting = keys_.dehydrated().put(who.user, who.user_number, std::move(device), std::move(upload));
        PEYK_CO_CHECK(co_await std::move(putting));
        co_return Reply::of({{"device_id", id.str()}});
    }

private:
    keys::Keys& keys_;
};

class GetDehydrated {
public:
    static constexpr Route kRoute{Method::get, kDevice};
    explicit GetDehydrated(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto device, keys_.dehydrated().get(call.who().user_number));
        if (!device) co_return m::not_found("There is no dehydrated device");
        co_return Reply::of({{"device_id", device->id.str()}, {"device_data", std::move(device->data)}});
    }

private:
    keys::Keys& keys_;
};

class DeleteDehydrated {
public:
    static constexpr Route kRoute{Method::del, kDevice, Auth::user, Body::none, RateClass::keys};
    explicit DeleteDehydrated(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        auto removing = keys_.dehydrated().remove(call.who().user, call.who().user_number);
        PEYK_CO_TRY(auto gone, co_await std::move(removing));
        if (!gone) co_return m::not_found("There is no dehydrated device");
        co_return Reply::of({{"device_id", gone->str()}});
    }

private:
    keys::Keys& keys_;
};

// Whoever wakes the device reads its messages, page by page; they stay until the device goes, so that it can be tried
// again.
class DehydratedEvents {
public:
    static constexpr Route kRoute{Method::post, kEvents, Auth::user, Body::optional, RateClass::keys};
    DehydratedEvents(keys::Keys& keys, const sync::Tokens& tokens) : keys_(keys), tokens_(tokens) {}

    Task<Result<Reply>> run(Call call) {
        auto user = call.who().user_number;
        PEYK_CO_TRY(auto since, call.optional_string("next_batch"));
        storage::Position from = 0;
        if (since) {
            PEYK_CO_TRY(auto place, tokens_.decode_place(*since, user));
            if (place.size() != 8) co_return m::invalid_param("'next_batch' is not a token of this list");
            from = get_u64be(place.data());
        }
        PEYK_CO_TRY(auto device, keys_.dehydrated().get(user));
        if (!device || device->id.view() != call.request.capture("device"))
            co_return m::forbidden("There is no dehydrated device of this id");
        PEYK_CO_TRY(auto page, keys_.inbox(user, device->id, from, ~storage::Position{0}, kPage));
        if (!page.messages.empty()) from = page.messages.back().position;
        std::string place;
        put_u64be(place, from);
        json::Writer out;
        out.begin_object().key("events").begin_array();
        for (const auto& message : page.messages) out.raw(message.json);
        out.end_array().key("next_batch").string(tokens_.encode_place(place, user)).end_object();
        co_return Reply{200, out.take()};
    }

private:
    keys::Keys& keys_;
    const sync::Tokens& tokens_;
};

}  // namespace

void add_dehydrated_endpoints(Api& api, keys::Keys& keys, const sync::Tokens& tokens) {
    api.add<PutDehydrated>(keys);
    api.add<GetDehydrated>(keys);
    api.add<DeleteDehydrated>(keys);
    api.add<DehydratedEvents>(keys, tokens);
}

}  // namespace peyk::client_api
