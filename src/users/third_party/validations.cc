#include "users/third_party/validations.h"

#include <algorithm>
#include <limits>

#include "base/bytes.h"
#include "core/errors.h"
#include "http/client/url.h"

namespace peyk::users {
namespace {

constexpr Millis kLife{60 * 60 * 1000};
constexpr std::size_t kMaxSessions = 10'000;
constexpr std::size_t kMaxAddress = 254;
constexpr std::size_t kMaxLink = 2'000;
constexpr auto kNoAttempt = std::numeric_limits<std::int64_t>::min();

// Spec: [0-9a-zA-Z.=_-]{1,255}.
bool is_secret(std::string_view text) {
    auto fits = [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '=' ||
               c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, fits);
}

}  // namespace

Result<std::string> canonical_email(std::string_view address) {
    auto at = address.rfind('@');
    bool shaped = address.size() <= kMaxAddress && at != std::string_view::npos && at > 0 && at + 1 < address.size();
    for (unsigned char c : address) shaped = shaped && c > ' ' && c != 0x7f && c != '<' && c != '>';
    if (!shaped) return m::invalid_param("This is no e-mail address");
    std::string out(address);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return out;
}

const Validations::Session* Validations::find(const std::string& sid) const {
    auto found = by_sid_.find(sid);
    if (found == by_sid_.end() || found->second->expires <= clock_.monotonic()) return nullptr;
    return &*found->second;
}

void Validations::drop_old() {
    auto now = clock_.monotonic();
    while (!sessions_.empty() && (sessions_.front().expires <= now || sessions_.size() >= kMaxSessions)) {
        by_sid_.erase(sessions_.front().sid);
        sessions_.pop_front();
    }
}

Result<Validations::Started> Validations::start(Purpose purpose, std::string address, std::string client_secret,
                                                std::int64_t attempt, NextLink next) {
    if (!is_secret(client_secret)) return m::invalid_param("'client_secret' has 1 to 255 of 0-9 a-z A-Z . = _ -");
    if (next.url && (next.url->size() > kMaxLink || !http::Url::parse(*next.url))) next.url.reset();
    std::lock_guard lock(mutex_);
    drop_old();
    for (auto& session : sessions_) {
        if (session.purpose != purpose || session.address != address || session.client_secret != client_secret)
            continue;
        bool again = attempt > session.attempt;
        session.attempt = std::max(session.attempt, attempt);
        return Started{session.sid, session.token, again};
    }
    Session session{.sid = random_.alphanumeric(24),
                    .token = random_.alphanumeric(32),
                    .address = std::move(address),
                    .client_secret = std::move(client_secret),
                    .purpose = purpose,
                    .attempt = attempt,
                    .next = std::move(next),
                    .confirmed = std::nullopt,
                    .expires = clock_.monotonic() + kLife};
    Started out{session.sid, session.token, true};
    sessions_.push_back(std::move(session));
    by_sid_[out.sid] = std::prev(sessions_.end());
    return out;
}

std::optional<Validations::Opened> Validations::look(const std::string& sid, std::string_view token) const {
    std::lock_guard lock(mutex_);
    const auto* session = find(sid);
    if (!session || !equal_constant_time(session->token, token)) return std::nullopt;
    return Opened{session->purpose, session->next};
}

bool Validations::confirm(const std::string& sid, std::string_view token) {
    std::lock_guard lock(mutex_);
    const auto* session = find(sid);
    if (!session || !equal_constant_time(session->token, token)) return false;
    auto& found = *by_sid_.at(sid);
    if (!found.confirmed) found.confirmed = clock_.now();
    return true;
}

void Validations::not_sent(const std::string& sid) {
    std::lock_guard lock(mutex_);
    if (auto found = by_sid_.find(sid); found != by_sid_.end()) found->second->attempt = kNoAttempt;
}

Result<Validated> Validations::take(const std::string& sid, std::string_view client_secret,
                                    std::optional<Purpose> wanted) {
    std::lock_guard lock(mutex_);
    const auto* session = find(sid);
    if (!session || !session->confirmed || !equal_constant_time(session->client_secret, client_secret))
        return fail(Error{Errc::forbidden, "The address is not confirmed yet", "M_THREEPID_AUTH_FAILED"});
    if (wanted && session->purpose != *wanted) return m::forbidden("This address was confirmed for something else");
    Validated out{"email", session->address, session->purpose, *session->confirmed};
    auto entry = by_sid_.find(sid);
    sessions_.erase(entry->second);
    by_sid_.erase(entry);
    return out;
}

}  // namespace peyk::users
