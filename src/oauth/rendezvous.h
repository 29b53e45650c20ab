#pragma once
// Where two devices meet that show each other a QR code: a piece of text that either may replace, behind a secret. What
// they say is sealed by themselves; the server can read none of it. MSC4108 (2024), MSC4388.

#include <expected>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/random.h"

namespace peyk::oauth {

// Purpose:  sessions of minutes in memory, bounded in number, size and time.
// Runs on:  any thread.
class Rendezvous {
public:
    static constexpr std::size_t kMaxData = 4096;       // bytes
    static constexpr std::size_t kMaxSessions = 1'000;  // the oldest go
    static constexpr Millis kLife{5 * 60 * 1000};       // since the last change
    static constexpr Millis kLongest{15 * 60 * 1000};   // whatever happens

    Rendezvous(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

    struct View {
        std::string data;
        std::string tag;  // differs after every change, and between sessions
        Millis left;      // until it ends
        Millis changed;   // since 1970
        Millis ends;      // since 1970
    };
    struct Made {
        std::string id;
        View view;
    };
    enum class Problem : unsigned char { gone, changed, too_large };
    using Seen = std::expected<View, Problem>;

    // Errors: too_large.
    std::expected<Made, Problem> make(std::string data);
    // Errors: gone.
    Seen look(const std::string& id);
    // Replaces what stands there, if that is still what has `tag`. A repetition of the last change under the same
    // transaction (empty: none) changes nothing and is told the same. Errors: all.
    Seen replace(const std::string& id, std::string_view tag, std::string data, std::string_view transaction = {});
    bool end(const std::string& id);  // false: it was gone

private:
    struct Session {
        std::string id, data, tag, transaction;
        Millis begun, expires;  // monotonic
        Millis changed;         // since 1970
    };
    using List = std::list<Session>;  // oldest first
    List::iterator find(const std::string& id);
    View view(const Session& session) const;
    void erase(List::iterator session);

    const Clock& clock_;
    Random& random_;
    std::mutex mutex_;
    List sessions_;
    std::unordered_map<std::string, List::iterator> by_id_;
};

}  // namespace peyk::oauth
