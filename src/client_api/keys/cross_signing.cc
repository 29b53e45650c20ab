// Cross-signing keys and signatures.

#include "client_api/keys/parts.h"

namespace peyk::client_api {
namespace {

// Spec: POST /_matrix/client/v3/keys/device_signing/upload
class UploadCrossSigningKeys {
public:
    static constexpr Route kRoute{.method = Method::post,
                                  .path = "/_matrix/client/v3/keys/device_signing/upload",
                                  .body = Body::object,
                                  .rate = RateClass::keys};
    // As older clients know it.
    static constexpr std::array kRoutes{kRoute, Route{.method = Method::post,
                                                      .path = "/_matrix/client/unstable/keys/device_signing/upload",
                                                      .body = Body::object,
                                                      .rate = RateClass::keys}};
    UploadCrossSigningKeys(keys::Keys& keys, InteractiveAuth& auth) : keys_(keys), auth_(auth) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(users::check_auth(call.body));
        // A later stage of the authentication may come without the keys: the session has them.
        if (!has_keys(call.body) && call.body.contains("auth")) co_return co_await prove_and_store(std::move(call));
        PEYK_CO_TRY(auto outcome, co_await store(call.who(), call.body, keys::Proof::none));
        if (outcome == keys::UploadOutcome::needs_proof) co_return co_await prove_and_store(std::move(call));
        co_return Reply::empty();
    }

private:
    static bool has_keys(const json::Object& body) {
        return body.contains("master_key") || body.contains("self_signing_key") || body.contains("user_signing_key");
    }

    static Result<keys::CrossSigningUpload> parse(const json::Object& body) {
        keys::CrossSigningUpload upload;
        auto take = [&](std::string_view name, std::optional<json::Object>& into) -> Result<void> {
            const auto* value = body.find(name);
            if (!value) return {};
            if (!value->is_object()) return m::bad_json(fmt::format("'{}' must be an object", name));
            into = *value->object();
            return {};
        };
        PEYK_CHECK(take("master_key", upload.master));
        PEYK_CHECK(take("self_signing_key", upload.self_signing));
        PEYK_CHECK(take("user_signing_key", upload.user_signing));
        return upload;
    }

    Task<Result<keys::UploadOutcome>> store(users::Caller who, json::Object body, keys::Proof proof) {
        PEYK_CO_TRY(auto upload, parse(body));
        co_return co_await keys_.cross_signing().upload(std::move(who.user), who.user_number, std::move(upload), proof);
    }

    Task<Result<Reply>> prove_and_store(Call call) {
        // Spec: Application Service API › Cross-signing.
        if (call.who().skips_interactive_auth()) {
            PEYK_CO_TRY([[maybe_unused]] auto stored, co_await store(call.who(), call.body, keys::Proof::interactive));
            co_return Reply::empty();
        }
        users::UiaRequest ask{fmt::format("POST {}", kRoute.path), call.body, call.caller};
        PEYK_CO_TRY(auto body, co_await auth_.require(std::move(ask)));
        PEYK_CO_TRY([[maybe_unused]] auto outcome,
                    co_await store(call.who(), std::move(body), keys::Proof::interactive));
        co_return Reply::empty();
    }

    keys::Keys& keys_;
    InteractiveAuth& auth_;
};

// Spec: POST /_matrix/client/v3/keys/signatures/upload
class UploadSignatures {
public:
    static constexpr std::array kRoutes{Route{.method = Method::post,
                                              .path = "/_matrix/client/v3/keys/signatures/upload",
                                              .body = Body::object,
                                              .rate = RateClass::keys,
                                              .max_body = 1024 * 1024},
                                        Route{.method = Method::post,
                                              .path = "/_matrix/client/unstable/keys/signatures/upload",
                                              .body = Body::object,
                                              .rate = RateClass::keys,
                                              .max_body = 1024 * 1024}};
    explicit UploadSignatures(keys::Keys& keys) : keys_(keys) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto upload, parse(call.body));
        auto uploading = keys_.signatures().upload(call.who().user, call.who().user_number, std::move(upload));
        PEYK_CO_TRY(auto failures, co_await std::move(uploading));
        co_return Reply::of({{"failures", std::move(failures)}});
    }

private:
    static Result<keys::SignatureUpload> parse(const json::Object& body) {
        keys::SignatureUpload upload;
        for (const auto& [user_text, by_key] : body) {
            PEYK_TRY(auto user, UserId::parse(user_text));
            if (!by_key.is_object()) return m::bad_json("the body must map users to keys");
            auto& objects = upload[std::move(user)];
            for (const auto& [key_id, object] : *by_key.object()) {
                if (!object.is_object()) return m::bad_json("a signed key must be an object");
                objects.emplace(key_id, *object.object());
            }
        }
        return upload;
    }

    keys::Keys& keys_;
};

}  // namespace

void add_cross_signing_endpoints(Api& api, keys::Keys& keys, InteractiveAuth& auth) {
    api.add<UploadCrossSigningKeys>(keys, auth);
    api.add<UploadSignatures>(keys);
}

}  // namespace peyk::client_api
