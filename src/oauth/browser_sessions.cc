#include "oauth/browser_sessions.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/bytes.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxSessions = 50'000;

std::string make_key(Random& random) {
    std::string key(32, '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
    return key;
}

std::string hmac(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned length = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
         text.size(), out.data(), &length);
    return base64_encode({reinterpret_cast<const char*>(out.data()), length}, Base64::url);
}

}  // namespace

BrowserSessions::BrowserSessions(const Clock& clock, Random& random, const users::Accounts& accounts)
    : clock_(clock), random_(random), accounts_(accounts), key_(make_key(random)) {}

std::string BrowserSessions::open(const users::Account& account, bool half) {
    auto cookie = random_.alphanumeric(43);
    auto now = clock_.monotonic();
    BrowserSession session{.user = account.id, .number = account.number, .half = half};
    session.stamp = hmac(key_, account.password_hash);
    session.opened = session.used = now;
    std::lock_guard lock(mutex_);
    while (!entries_.empty() && (entries_.front().session.used + kIdle <= now || entries_.size() >= kMaxSessions))
        erase(entries_.begin());
    entries_.push_back(Entry{cookie, std::move(session)});
    by_cookie_[cookie] = std::prev(entries_.end());
    return cookie;
}

void BrowserSessions::erase(List::iterator entry) {
    by_cookie_.erase(entry->cookie);
    entries_.erase(entry);
}

std::optional<BrowserSession> BrowserSessions::find(const std::string& cookie) {
    std::optional<BrowserSession> found;
    {
        auto now = clock_.monotonic();
        std::lock_guard lock(mutex_);
        auto at = by_cookie_.find(cookie);
        if (at == by_cookie_.end()) return std::nullopt;
        auto& session = at->second->session;
        if (session.used + kIdle <= now || session.opened + (session.half ? kHalf : kLife) <= now) {
            erase(at->second);
            return std::nullopt;
        }
        session.used = now;
        entries_.splice(entries_.end(), entries_, at->second);
        found = session;
    }
    auto account = accounts_.by_number(found->number);
    if (!account || !*account) return std::nullopt;
    if ((*account)->deactivated || (*account)->locked || hmac(key_, (*account)->password_hash) != found->stamp) {
        close(cookie);
        return std::nullopt;
    }
    return found;
}

void BrowserSessions::update(const std::string& cookie, const std::function<void(BrowserSession&)>& edit) {
    std::lock_guard lock(mutex_);
    if (auto at = by_cookie_.find(cookie); at != by_cookie_.end()) edit(at->second->session);
}

void BrowserSessions::close(const std::string& cookie) {
    std::lock_guard lock(mutex_);
    if (auto at = by_cookie_.find(cookie); at != by_cookie_.end()) erase(at->second);
}

std::string BrowserSessions::form_token(std::string_view cookie) const {
    return hmac(key_, "form token of " + std::string(cookie));
}

}  // namespace peyk::oauth
