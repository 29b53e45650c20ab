#include "push/pages.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "push/tables.h"

namespace peyk::push {
namespace {

constexpr int kThreadHops = 3;  // Spec: Push Notifications › Marking notifications as read
constexpr std::size_t kMaxMentions = 1'000;
constexpr std::uint8_t kFormat = 1;

// "" when it belongs to the main timeline, nothing when it depends on another event.
struct Place {
    std::string thread;
    std::optional<EventId> parent;
};

Place place_of(const Event& event) {
    const auto* relates = event.content.find("m.relates_to");
    auto target = relates ? relates->get_string("event_id") : std::nullopt;
    auto kind = relates ? relates->get_string("rel_type") : std::nullopt;
    if (!target || !kind || event.is_state()) return {};
    auto id = EventId::parse(*target);
    if (!id) return {};
    if (*kind == "m.thread") return {id->str(), std::nullopt};
    return {"", *std::move(id)};
}

std::uint16_t place_in(std::vector<std::string>& list, const std::string& text) {
    auto found = std::ranges::find(list, text);
    if (found == list.end()) found = list.insert(list.end(), text);
    return static_cast<std::uint16_t>(found - list.begin() + 1);
}

Persons persons_of(const storage::Db& db, const Event& event) {
    Persons out;
    const auto* mentions = event.content.find("m.mentions");
    if (const auto* users = mentions ? mentions->get_array("user_ids") : nullptr) {
        for (const auto& user : *users) {
            if (user.string() && out.mentioned.size() < kMaxMentions)
                out.mentioned.push_back(db.number(*user.string()));
        }
        std::ranges::sort(out.mentioned);
    }
    if (event.state_key && event.state_key->starts_with('@')) out.subject = db.number(*event.state_key);
    return out;
}

}  // namespace

Reader FactsPage::reader(const Fact& fact, UserNumber user) const {
    if (fact.persons == 0) return {};
    const auto& about = persons[fact.persons - 1];
    return {std::ranges::binary_search(about.mentioned, user), about.subject == user, {}};
}

// Format, events (sender, thread, persons and a bit), threads, persons.
std::string FactsPage::encode() const {
    std::string out(1, static_cast<char>(kFormat));
    put_varint(out, facts.size());
    for (const auto& fact : facts) {
        put_u64be(out, fact.sender);
        put_varint(out, fact.thread);
        put_varint(out, std::uint64_t{fact.persons} << 1 | (fact.speaks ? 1 : 0));
    }
    put_varint(out, threads.size());
    for (const auto& thread : threads) put_bytes(out, thread);
    put_varint(out, persons.size());
    for (const auto& each : persons) {
        put_u64be(out, each.subject);
        put_varint(out, each.mentioned.size());
        for (auto user : each.mentioned) put_u64be(out, user);
    }
    return out;
}

Result<FactsPage> FactsPage::decode(std::string_view bytes) {
    FactsPage out;
    ByteReader reader(bytes);
    bool known = reader.u8() == kFormat;
    auto corrupt = [] { return fail(Errc::corrupt, "a page of notification facts does not decode"); };
    auto count = reader.varint();
    if (!known || count > kPageEvents) return corrupt();
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
        Fact fact{reader.u64be(), static_cast<std::uint16_t>(reader.varint())};
        auto packed = reader.varint();
        fact.persons = static_cast<std::uint16_t>(packed >> 1);
        fact.speaks = (packed & 1) != 0;
        out.facts.push_back(fact);
    }
    count = reader.varint();
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) out.threads.emplace_back(reader.bytes());
    count = reader.varint();
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
        Persons each{{}, reader.u64be()};
        auto mentioned = reader.varint();
        for (std::uint64_t k = 0; k < mentioned && reader.ok(); ++k) each.mentioned.push_back(reader.u64be());
        out.persons.push_back(std::move(each));
    }
    bool sound = reader.done() && std::ranges::all_of(out.facts, [&](const Fact& fact) {
                     return fact.thread <= out.threads.size() && fact.persons <= out.persons.size();
                 });
    if (!sound) return corrupt();
    return out;
}

// Follows relations to the thread that an event belongs to; empty: none.
Result<std::string> Pages::thread_of(const RoomKey& room, const Event& event) const {
    auto place = place_of(event);
    for (int hop = 0; place.parent && hop < kThreadHops; ++hop) {
        PEYK_TRY(auto parent, source_.event(room, *place.parent));
        if (!parent) return std::string();
        place = place_of(*parent->event);
    }
    return place.thread;
}

Result<void> Pages::extend(const RoomKey& room, EventNumber page, EventNumber end, FactsPage& facts) const {
    auto from = first_of(page) + facts.size();
    PEYK_TRY(auto events, source_.events(room, from, end));
    for (const auto& stored : events) {
        const auto& event = *stored->event;
        facts.facts.resize(stored->number - first_of(page));
        Fact fact;
        fact.sender = db_.number(event.sender.view());
        PEYK_TRY(auto thread, thread_of(room, event));
        if (!thread.empty()) fact.thread = place_in(facts.threads, thread);
        auto persons = persons_of(db_, event);
        if (!persons.mentioned.empty() || persons.subject != 0) {
            facts.persons.push_back(std::move(persons));
            fact.persons = static_cast<std::uint16_t>(facts.persons.size());
        }
        fact.speaks = !event.is_state() && !event.is("m.room.redaction");
        facts.facts.push_back(fact);
    }
    facts.facts.resize(end - first_of(page));
    return {};
}

Result<std::shared_ptr<const FactsPage>> Pages::facts(const RoomKey& room, EventNumber page, EventNumber end) {
    PageKey key{room.number, 0, page};
    auto wanted = end - first_of(page);
    auto ticket = forgets_.load();
    auto known = facts_.get(key);
    if (known && known->size() >= wanted) return known;
    std::string rest;
    put_u64be(rest, page);
    if (!known) {
        PEYK_TRY(auto row, db_.get(kFacts, room.number, rest));
        if (row && !row->gone) {
            PEYK_TRY(auto decoded, FactsPage::decode(row->body));
            auto whole = std::make_shared<const FactsPage>(std::move(decoded));
            if (forgets_.load() == ticket) facts_.put(key, whole);
            if (forgets_.load() != ticket) facts_.drop(room.number, page);
            if (whole->size() >= wanted) return whole;
        }
    }
    auto made = std::make_shared<FactsPage>(known ? *known : FactsPage{});
    PEYK_CHECK(extend(room, page, end, *made));
    if (forgets_.load() != ticket) return made;
    facts_.put(key, made);
    if (forgets_.load() != ticket) facts_.drop(room.number, page);
    if (made->size() == kPageEvents) keep(kFacts, room, std::move(rest), made->encode(), ticket);
    return made;
}

Result<void> Pages::extend(const RoomKey& room, const RuleSet& rules, std::string_view user, EventNumber page,
                           EventNumber end, OutcomesPage& outcomes) const {
    auto from = first_of(page) + outcomes.size();
    PEYK_TRY(auto events, source_.events(room, from, end));
    for (const auto& stored : events) {
        outcomes.outcomes.resize(stored->number - first_of(page));
        auto persons = persons_of(db_, *stored->event);
        EventView view(source_, room, *stored);
        unsigned byte = 0;
        for (unsigned kind = 0; kind < 4; ++kind) {
            bool mentioned = (kind & 1) != 0, subject = (kind & 2) != 0;
            bool possible = (!mentioned || !persons.mentioned.empty()) && (!subject || persons.subject != 0);
            if (!possible) continue;
            PEYK_TRY(const auto* actions, rules.evaluate(view, Reader{mentioned, subject, user}));
            if (!actions || !actions->notify) continue;
            unsigned bits = OutcomesPage::kNotify | (actions->highlight ? OutcomesPage::kHighlight : 0u);
            byte |= bits << (2 * kind);
        }
        outcomes.outcomes.push_back(static_cast<std::uint8_t>(byte));
    }
    outcomes.outcomes.resize(end - first_of(page));
    return {};
}

Result<std::shared_ptr<const OutcomesPage>> Pages::outcomes(const RoomKey& room, const RuleSet& rules,
                                                            std::string_view user, bool durable, EventNumber page,
                                                            EventNumber end) {
    durable = durable && !rules.is_personal();
    auto own = rules.is_personal() ? db_.number(user) : 0;
    PageKey key{room.number, rules.id() ^ own, page};
    auto wanted = end - first_of(page);
    auto ticket = forgets_.load();
    auto known = outcomes_.get(key);
    if (known && known->size() >= wanted) return known;
    std::string rest;
    put_u64be(rest, rules.id());
    put_u64be(rest, page);
    if (!known && durable) {
        PEYK_TRY(auto row, db_.get(kOutcomes, room.number, rest));
        if (row && !row->gone && row->body.size() == kPageEvents) {
            auto whole = std::make_shared<OutcomesPage>();
            whole->outcomes.assign(row->body.begin(), row->body.end());
            outcomes_.put(key, whole);
            return whole;
        }
    }
    auto made = std::make_shared<OutcomesPage>(known ? *known : OutcomesPage{});
    PEYK_CHECK(extend(room, rules, user, page, end, *made));
    if (forgets_.load() != ticket) return made;
    outcomes_.put(key, made);
    if (forgets_.load() != ticket) outcomes_.drop(room.number, page);
    if (durable && made->size() == kPageEvents) {
        keep(kOutcomes, room, std::move(rest), std::string(made->outcomes.begin(), made->outcomes.end()), ticket);
    }
    return made;
}

// Queued, not awaited: what is lost is made again.
void Pages::keep(const storage::Table& table, const RoomKey& room, std::string rest, std::string body,
                 std::uint64_t ticket) {
    std::lock_guard lock(keeping_);
    if (forgets_.load() != ticket) return;
    storage::Change change(db_, Owner::room, room.number, db_.epoch(Owner::room, room.number));
    change.put(table, room.number, rest, body);
    auto pending = db_.start_commit(std::move(change));
}

namespace {

std::set<EventNumber> pages_of(std::span<const EventNumber> events) {
    std::set<EventNumber> out;
    for (auto number : events) out.insert(page_of(number));
    return out;
}

std::string number_key(std::uint64_t number) {
    std::string out;
    put_u64be(out, number);
    return out;
}

// Whether there was one.
bool take_mention(FactsPage& page, EventNumber event) {
    auto at = event - first_of(page_of(event));
    if (at >= page.facts.size() || page.facts[at].persons == 0) return false;
    auto& mentioned = page.persons[page.facts[at].persons - 1].mentioned;
    if (mentioned.empty()) return false;
    mentioned.clear();
    return true;
}

}  // namespace

// The written page without whom these events mention; nothing when it does not have that.
Result<std::optional<FactsPage>> Pages::without_mentions(RoomNumber room, EventNumber page,
                                                         const std::set<EventNumber>& events) const {
    PEYK_TRY(auto row, db_.get(kFacts, room, number_key(page)));
    if (!row || row->gone) return std::nullopt;
    PEYK_TRY(auto facts, FactsPage::decode(row->body));
    bool any = false;
    for (auto event : events) any = take_mention(facts, event) || any;
    if (!any) return std::nullopt;
    return std::optional(std::move(facts));
}

Result<void> Pages::unmention(storage::Change& change, RoomNumber room, EventNumber event) {
    auto page = page_of(event);
    std::set<EventNumber> events;
    {
        // Before the row is read: whoever is not among these any more has changed it.
        std::lock_guard lock(redacting_mutex_);
        auto& going = redacting_[{room, page}];
        going.insert(event);
        events = going;
    }
    PEYK_TRY(auto facts, without_mentions(room, page, events));
    if (facts) change.put(kFacts, room, number_key(page), facts->encode());
    return {};
}

void Pages::unmentioned(RoomNumber room, EventNumber event) {
    auto page = page_of(event);
    ++forgets_;
    std::set<EventNumber> events{event};
    {
        std::lock_guard lock(redacting_mutex_);
        if (auto going = redacting_.find({room, page}); going != redacting_.end()) events = going->second;
    }
    // Somebody may have made the page of the event as it was, and written it or be about to, while the batch was on its
    // way. What is about to be written is in memory.
    std::optional<FactsPage> written;
    PageKey key{room, 0, page};
    if (auto known = facts_.get(key)) {
        auto facts = std::make_shared<FactsPage>(*known);
        bool any = false;
        for (auto each : events) any = take_mention(*facts, each) || any;
        if (any) {
            if (facts->size() == kPageEvents) written = *facts;
            facts_.drop(room, page);
            facts_.put(key, std::move(facts));
        }
    }
    {
        std::lock_guard lock(keeping_);
        if (!written) written = without_mentions(room, page, events).value_or(std::nullopt);
        if (written) {
            storage::Change change(db_, Owner::room, room, db_.epoch(Owner::room, room));
            change.put(kFacts, room, number_key(page), written->encode());
            auto pending = db_.start_commit(std::move(change));
        }
    }
    std::lock_guard lock(redacting_mutex_);
    auto going = redacting_.find({room, page});
    if (going == redacting_.end()) return;
    going->second.erase(event);
    if (going->second.empty()) redacting_.erase(going);
}

Result<void> Pages::forget(storage::Change& change, RoomNumber room, std::span<const EventNumber> events) {
    {
        std::lock_guard lock(keeping_);
        ++forgets_;
    }
    auto pages = pages_of(events);
    for (auto page : pages) change.del(kFacts, room, number_key(page));
    // The rules come first in the keys of outcomes: from one to the next, without reading what lies between.
    for (std::string from;;) {
        PEYK_TRY(auto rows, db_.scan(kOutcomes, room, from, "", 1));
        if (rows.empty()) return {};
        auto rules = get_u64be(rows.front().rest.data());
        for (auto page : pages) change.del(kOutcomes, room, number_key(rules) + number_key(page));
        if (rules == ~std::uint64_t{0}) return {};
        from = number_key(rules + 1);
    }
}

void Pages::forgotten(RoomNumber room, std::span<const EventNumber> events) {
    ++forgets_;
    for (auto page : pages_of(events)) {
        facts_.drop(room, page);
        outcomes_.drop(room, page);
    }
}

}  // namespace peyk::push
