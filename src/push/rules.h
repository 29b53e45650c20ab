#pragma once
// Push rules, compiled and evaluated. Pure but for what an event's surroundings are asked for.
// Spec: Client-Server API › Push Rules.

#include <deque>
#include <optional>

#include "push/glob.h"
#include "push/ports.h"

namespace peyk::push {

// One event as rules look at it; remembers what is dear to find out. One thread at a time.
class EventView {
public:
    EventView(const RoomSource& source, const RoomKey& room, const StoredEvent& stored)
        : source_(source), room_(room), stored_(stored) {}

    const Event& event() const { return *stored_.event; }
    // The value at a path; null when there is none.
    const json::Value* at(const std::vector<std::string>& path);
    // A text of the event, folded; the same ones are asked for by many rules. It must stay where it is.
    const std::u32string& folded_text(const std::string& text);
    std::uint32_t members() const { return stored_.after.joined; }
    Result<bool> may_notify(const std::string& key);
    // The user's name in the room at the event; empty when there is none.
    Result<std::u32string> folded_name(std::string_view user);
    // Whether that name stands in the body as words. The newest one is remembered.
    Result<bool> is_named(std::string_view user, std::size_t within);

private:
    const RoomSource& source_;
    const RoomKey& room_;
    const StoredEvent& stored_;
    std::optional<json::Object> top_;
    std::deque<std::pair<const std::string*, std::u32string>> folded_;
    std::vector<std::pair<std::string, bool>> permissions_;
    std::optional<std::pair<std::string, bool>> named_;
};

// What distinguishes one reader from another where rules speak of the reader.
struct Reader {
    bool mentioned = false;  // listed in m.mentions
    bool subject = false;    // the event's state key
    std::string_view user;   // for rules about display names only
};

// What a rule says is to be done.
struct Actions {
    bool notify = false;
    bool highlight = false;
    std::string json = "[]";
};

struct Condition {
    enum class Kind : unsigned char {
        match,        // event_match
        match_words,  // event_match of content.body
        is,
        contains,
        members,
        permission,
        display_name,
        mentions_reader,  // event_property_contains m.mentions of the reader
        is_about_reader,  // event_match state_key of the reader
        never,            // a kind that is not known here
    };
    Kind kind = Kind::never;
    std::vector<std::string> path;
    std::shared_ptr<const Glob> glob;
    json::Value value;
    std::string key;   // permission
    std::string sign;  // members: "==", "<", ">", "<=", ">="
    std::int64_t count = 0;
};

// Purpose:  the rules of a user that can matter in one room, in order of importance. Users whose rules come to the same
//           share one. Immutable; any thread.
class RuleSet {
public:
    // `rules` as UserRules::json. Rules that are off, or can never match in this room, are left out.
    static std::shared_ptr<const RuleSet> compile(const json::Object& rules, std::string_view room,
                                                  const std::function<std::uint64_t(std::string_view)>& hash);
    // Whether compile() depends on the room.
    static bool names_rooms(const json::Object& rules);

    // The actions of the first rule that matches; null: none does.
    Result<const Actions*> evaluate(EventView& view, const Reader& reader) const;
    // Equal for rules that let the same events notify and highlight. Not 0.
    std::uint64_t id() const { return id_; }
    // Some rule asks for the reader's display name: the outcome is the reader's own.
    bool is_personal() const { return personal_; }

private:
    struct Rule {
        std::vector<Condition> conditions;
        Actions actions;
    };
    // Of a text, so many characters are looked at. The whole of any event, but for who has hundreds of patterns: the
    // cost of an event is the same for everybody.
    std::size_t reach() const;

    std::vector<Rule> rules_;
    std::size_t patterns_ = 0;
    std::uint64_t id_ = 0;
    bool personal_ = false;
};

}  // namespace peyk::push
