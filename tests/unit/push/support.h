#pragma once
// A room without rooms/: events by hand, power and names as the test says.

#include <gtest/gtest.h>

#include "core/room_rules.h"
#include "push/tables.h"
#include "push/unread.h"
#include "storage/testing.h"
#include "users/push_rules.h"

namespace peyk::push {

inline const UserId kAda = UserId::trusted("@ada:x"), kBob = UserId::trusted("@bob:x"),
                    kEve = UserId::trusted("@eve:x");
inline const RoomKey kRoom{RoomId::trusted("!room:x"), 77};

inline json::Object object(std::string_view text) { return json::parse_object(text).value(); }

class FakeRooms final : public RoomSource {
public:
    // The number of the new event.
    EventNumber add(const UserId& sender, std::string type, std::string_view content,
                    std::optional<std::string> state_key = {}, std::uint32_t members = 3) {
        auto number = list.size() + 1;
        auto event = std::make_shared<Event>(Event{.id = id(number), .room = kRoom.id, .sender = sender});
        event->type = std::move(type);
        event->state_key = std::move(state_key);
        event->content = object(content);
        auto stored = std::make_shared<StoredEvent>();
        stored->number = number;
        stored->position = number * 10;
        stored->event = event;
        stored->after.joined = members;
        list.push_back(stored);
        return number;
    }
    EventNumber say(const UserId& sender, std::string_view body, std::string_view more = "") {
        return add(sender, "m.room.message", fmt::format(R"({{"msgtype":"m.text","body":"{}"{}}})", body, more));
    }
    static EventId id(EventNumber number) { return EventId::trusted("$" + std::to_string(number)); }
    EventNumber end() const { return list.size(); }

    Result<std::vector<StoredEventPtr>> events(const RoomKey&, EventNumber from, EventNumber to) const override {
        std::vector<StoredEventPtr> out;
        for (auto n = std::max<EventNumber>(from, 1); n < to && n <= list.size(); ++n) out.push_back(list[n - 1]);
        read += out.size();
        return out;
    }
    Result<StoredEventPtr> event(const RoomKey&, const EventId& wanted) const override {
        for (const auto& each : list) {
            if (each->event->id == wanted) return each;
        }
        return nullptr;
    }
    Result<StoredEventPtr> state(const RoomKey&, const rooms::StateRoots&, std::string_view,
                                 std::string_view key) const override {
        auto name = names.find(std::string(key));
        if (name == names.end()) return nullptr;
        auto event = std::make_shared<Event>(Event{.id = id(0), .room = kRoom.id, .sender = kAda});
        event->content = json::Object{{"displayname", name->second}};
        auto stored = std::make_shared<StoredEvent>();
        stored->event = event;
        return stored;
    }
    Result<bool> may_notify(const RoomKey&, const StoredEvent& event, std::string_view key) const override {
        return key == "room" && event.event->sender == kBob;
    }
    Result<EventNumber> last(const RoomKey&, storage::Position at) const override {
        return std::min<EventNumber>(at / 10, list.size());
    }
    Result<std::vector<ReadMark>> read_marks(RoomNumber, UserNumber) const override { return marks; }
    Result<std::optional<JoinedRoom>> joined(UserNumber, RoomNumber) const override {
        if (!is_joined) return std::nullopt;
        return JoinedRoom{own, entered};
    }
    Result<std::vector<JoinedRoom>> joined(UserNumber) const override { return std::vector{JoinedRoom{own, entered}}; }
    Result<std::vector<Invitation>> invitations(UserNumber) const override { return std::vector<Invitation>{}; }
    Result<void> write_event(std::string& out, const RoomKey&, const StoredEvent& event, const UserId&) const override {
        out += "{\"event_id\":\"" + event.event->id.str() + "\"}";
        return {};
    }

    std::vector<std::shared_ptr<StoredEvent>> list;
    RoomKey own = kRoom;
    std::map<std::string, std::string> names;
    std::vector<ReadMark> marks;
    EventNumber entered = 0;
    bool is_joined = true;
    mutable std::size_t read = 0;
};

// The server's rules, and what the user made of them.
inline std::string rules_json(json::Object stored = {}) {
    users::PushRuleset rules(UserId::trusted(std::string(kSomebody)), std::move(stored));
    return json::write(rules.to_json());
}

class FakeRules final : public RuleSource {
public:
    Result<UserRules> rules(const UserId& user) const override {
        ++asked;
        auto found = by_user.find(user.str());
        return found == by_user.end() ? UserRules{rules_json(), true, {}} : found->second;
    }
    std::map<std::string, UserRules> by_user;
    mutable int asked = 0;
};

struct World {
    storage::TestDb test{kTables};
    FakeRooms rooms;
    FakeRules rules;
    Feed feed;
    RuleBook book{test.db, rules, feed};
    UnreadCounts counts{test.db, rooms, book};

    UserNumber number(const UserId& user) const { return test.db.number(user.view()); }
    RoomUnread unread(const UserId& user) {
        auto got = counts.of(user, number(user), kRoom, rooms.end());
        EXPECT_TRUE(got) << got.error().detail;
        return got.value_or(RoomUnread{});
    }
};

}  // namespace peyk::push
