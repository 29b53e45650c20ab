#pragma once
// Which rules a user has in a room; users whose rules come to the same share them.

#include <map>
#include <unordered_map>

#include "async/feed.h"
#include "push/rules.h"
#include "storage/db.h"

namespace peyk::push {

// A user's rules in one room.
struct RoomRulesOf {
    std::shared_ptr<const RuleSet> rules;
    bool shared = false;  // made of the server's rules and of rules about rooms: few different ones
    std::shared_ptr<const std::vector<UserNumber>> ignored;  // sorted
};

// Purpose:  compiled rules by user, forgotten when the user's rows change.  Runs on: workers (blocks on a miss).
// Listens first: make it before whoever wakes syncs from the same feed, or an answer may be counted by older rules.
class RuleBook {
public:
    RuleBook(const storage::Db& db, const RuleSource& source, Feed& feed);
    Result<RoomRulesOf> of(const UserId& user, UserNumber number, const RoomKey& room);

private:
    // The rules of everybody whose rules have the same text.
    struct Edition {
        json::Object rules;
        bool names_rooms = false;
        bool shared = false;
        std::mutex mutex;
        std::shared_ptr<const RuleSet> everywhere;
        std::unordered_map<RoomNumber, std::shared_ptr<const RuleSet>> by_room;
    };
    struct Holder {
        std::shared_ptr<Edition> edition;
        std::shared_ptr<const std::vector<UserNumber>> ignored;
    };
    Result<Holder> load(const UserId& user, UserNumber number);
    std::shared_ptr<const RuleSet> compiled(Edition& edition, const RoomKey& room) const;

    static constexpr std::size_t kMaxUsers = 50'000, kMaxRoomsOfEdition = 2'000;
    const storage::Db& db_;
    const RuleSource& source_;
    std::mutex mutex_;
    std::unordered_map<UserNumber, Holder> users_;
    std::unordered_map<std::uint64_t, std::weak_ptr<Edition>> editions_;
    std::array<std::uint64_t, 256> changes_{};  // by user: a load that began before a change is not kept
};

}  // namespace peyk::push
