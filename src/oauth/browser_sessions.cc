#include "oauth/browser_sessions.h"

#include "base/bytes.h"
#include "core/hmac.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxSessions = 50'000;

std::string make_key(Random& random) {
    std::string key(32, '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
    return key;
}

}  // namespace

BrowserSessions::BrowserSessions(const Clock& clock, Random& random, const users::Accounts& accounts)
    : clock_(clock), random_(random), accounts_(accounts), key_(make_key(random)) {}

std::string BrowserSessions::open(const users::Account& account, bool half) {
    auto cookie = random_.alphanumeric(43);
    auto now = clock_.monotonic();
    BrowserSession session{.user = account.id, .number = account.number, .half = half};
    session.stamp = stamp(account);
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
    if ((*account)->deactivated || (*account)->locked || stamp(**account) != found->stamp) {
        close(cookie);
        return std::nullopt;
    }
    return found;
}

void BrowserSessions::update(const std::string& cookie, const std::function<void(BrowserSession&)>& edit) {
    std::lock_guard lock(mutex_);
    if (auto at = by_cookie_.find(cookie); at != by_cookie_.end()) edit(at->second->session);
}

void BrowserSessions::confirm(const std::string& cookie) {
    update(cookie, [this](BrowserSession& session) { session.confirmed = clock_.monotonic(); });
}

bool BrowserSessions::is_confirmed(const BrowserSession& session) const {
    return session.confirmed && *session.confirmed + kConfirmed > clock_.monotonic();
}

void BrowserSessions::close(const std::string& cookie) {
    std::lock_guard lock(mutex_);
    if (auto at = by_cookie_.find(cookie); at != by_cookie_.end()) erase(at->second);
}

void BrowserSessions::close_all(std::uint64_t user) {
    std::lock_guard lock(mutex_);
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        auto here = entry++;
        if (here->session.number == user) erase(here);
    }
}

void BrowserSessions::restamp(const std::string& cookie) {
    std::uint64_t number = 0;
    update(cookie, [&number](BrowserSession& session) { number = session.number; });
    auto account = accounts_.by_number(number);
    if (!account || !*account) return;
    auto now = stamp(**account);
    update(cookie, [&now](BrowserSession& session) { session.stamp = now; });
}

std::string BrowserSessions::stamp(const users::Account& account) const {
    auto text = std::string("account ") + (account.second_factor ? "with " : "without ") + account.password_hash;
    return base64_encode(hmac_sha256(key_, text), Base64::url);
}

std::string BrowserSessions::form_token(std::string_view cookie) const {
    return base64_encode(hmac_sha256(key_, "form token of " + std::string(cookie)), Base64::url);
}

}  // namespace peyk::oauth
