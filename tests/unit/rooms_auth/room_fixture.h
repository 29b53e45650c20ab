#pragma once
// A room's state made of events that are put together field by field, so that every rule can be met on its own.

#include <gtest/gtest.h>

#include <map>

#include "rooms/auth/auth.h"

namespace peyk::rooms {

inline json::Object object_of(std::string_view text) {
    auto object = json::parse_object(text);
    EXPECT_TRUE(object) << text;
    return object ? *std::move(object) : json::Object{};
}

// gtest prints it when a test fails.
inline std::string describe(const Verdict& verdict, const RoomRules& rules) {
    return fmt::format("version {}: {} by rule {} ({})", rules.version, verdict.allowed ? "allowed" : "rejected",
                       rule_number(verdict.rule, rules), verdict.reason());
}

class Room {
public:
    explicit Room(const RoomRules& rules) : rules_(rules) {
        set_create(R"({"creator":"@creator:a.example"})");
        member("@creator:a.example", "join");
    }

    const RoomRules& rules() const { return rules_; }

    Event event(std::string_view type, std::optional<std::string> state_key, std::string_view sender,
                json::Object content) {
        return Event{
            .id = EventId::trusted(fmt::format("$e{}:{}", ++count_, UserId::trusted(std::string(sender)).server())),
            .room = RoomId::trusted(rules_.room_id_is_create_hash ? "!create" : "!room:a.example"),
            .sender = UserId::trusted(std::string(sender)),
            .type = std::string(type),
            .state_key = std::move(state_key),
            .content = std::move(content),
            .pdu = Pdu{.depth = 5, .prev_events = {EventId::trusted("$before")}, .auth_events = {}, .json = {}}};
    }
    Event event(std::string_view type, std::optional<std::string> state_key, std::string_view sender,
                std::string_view content) {
        return event(type, std::move(state_key), sender, object_of(content));
    }
    Event membership(std::string_view sender, std::string_view target, std::string_view membership) {
        return event("m.room.member", std::string(target), sender, json::Object{{"membership", membership}});
    }

    EventPtr put(Event event) {
        auto stored = std::make_shared<const Event>(std::move(event));
        state_[{stored->type, *stored->state_key}] = stored;
        return stored;
    }
    EventPtr set_create(std::string_view content) {
        auto create = event("m.room.create", "", "@creator:a.example", content);
        create.id = EventId::trusted("$create");
        create.pdu->prev_events.clear();
        return put(std::move(create));
    }
    void member(std::string_view user, std::string_view membership_text) {
        put(membership(user, user, membership_text));
    }
    void levels(std::string_view content) { put(event("m.room.power_levels", "", "@creator:a.example", content)); }
    void join_rule(std::string_view rule) {
        put(event("m.room.join_rules", "", "@creator:a.example", json::Object{{"join_rule", rule}}));
    }
    void remove(std::string_view type, std::string_view key) { state_.erase({std::string(type), std::string(key)}); }
    EventPtr find(std::string_view type, std::string_view key) const {
        auto at = state_.find(StateKey{std::string(type), std::string(key)});
        return at == state_.end() ? nullptr : at->second;
    }

    Verdict judge(const Event& event) const {
        return authorise(event, rules_,
                         [this](std::string_view type, std::string_view key) { return find(type, key); });
    }

private:
    const RoomRules& rules_;
    std::map<StateKey, EventPtr> state_;
    int count_ = 0;
};

inline int number_of(const RoomRules& rules) { return std::stoi(std::string(rules.version)); }

// Expects a verdict and says where it came from if it is another.
#define EXPECT_VERDICT(room, judged, wanted_allowed, wanted_rule)                                       \
    do {                                                                                                \
        const Verdict verdict_ = (judged);                                                              \
        EXPECT_EQ(verdict_.allowed, wanted_allowed) << describe(verdict_, (room).rules());              \
        EXPECT_EQ(rule_number(verdict_.rule, (room).rules()), rule_number(wanted_rule, (room).rules())) \
            << describe(verdict_, (room).rules());                                                      \
        EXPECT_EQ(verdict_.rule, wanted_rule) << describe(verdict_, (room).rules());                    \
    } while (false)
#define EXPECT_ALLOWED(room, event, rule) EXPECT_VERDICT(room, (room).judge(event), true, rule)
#define EXPECT_REJECTED(room, event, rule) EXPECT_VERDICT(room, (room).judge(event), false, rule)

}  // namespace peyk::rooms
