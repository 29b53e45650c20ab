#include "app/third_party.h"

#include <fmt/format.h>

#include "async/task.h"

namespace peyk::app {

Task<Result<void>> MailOut::send(std::string to, std::string subject, std::string text) {
    // Where the mail server hangs, those who wait are told rather than kept.
    constexpr std::size_t kMostWaiting = 100;
    if (pool_.queued() >= kMostWaiting) co_return fail(Errc::unavailable, "Too many mails are waiting");
    http::Mail mail{std::move(to), std::move(subject), std::move(text)};
    auto job = [this, mail]() -> Result<void> {
        if (stopping_) return fail(Errc::unavailable, "This server stops");
        return http::send_mail(server_, mail);
    };
    co_return co_await offload(pool_, std::move(job));
}

users::SignRequest request_signer(std::string server_name, const SigningKey& key) {
    return [server_name = std::move(server_name), &key](std::string_view method, std::string_view target,
                                                        std::string_view destination, const json::Object& content) {
        json::Object request{{"method", method},
                             {"uri", target},
                             {"origin", server_name},
                             {"destination", destination},
                             {"content", content}};
        return fmt::format("X-Matrix origin=\"{}\",destination=\"{}\",key=\"{}\",sig=\"{}\"", server_name, destination,
                           key.key_id(), key.sign_base64(signed_text(request)));
    };
}

Task<Result<std::optional<UserId>>> IdentityOfUsers::look_up(rooms::ThirdPartyAddress address) {
    return users_.third_party.servers().look_up(std::move(address.id_server), std::move(address.access_token),
                                                std::move(address.medium), std::move(address.address));
}

Task<Result<json::Object>> IdentityOfUsers::store_invite(rooms::ThirdPartyAddress address, json::Object about) {
    return users_.third_party.servers().store_invite(std::move(address.id_server), std::move(address.access_token),
                                                     std::move(about));
}

Task<Result<bool>> IdentityOfUsers::key_is_valid(std::string url, std::string public_key) {
    return users_.third_party.servers().key_is_valid(std::move(url), std::move(public_key));
}

}  // namespace peyk::app
