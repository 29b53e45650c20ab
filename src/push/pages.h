#pragma once
// What counting needs of events, 256 at a time: facts that are the same for everybody, and outcomes that are the same
// for everybody with the same rules. Both follow from the events alone, so they may be lost and made again.

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <span>

#include "push/page_cache.h"
#include "push/rules.h"
#include "storage/db.h"

namespace peyk::push {

inline constexpr EventNumber kPageEvents = 256;
inline EventNumber page_of(EventNumber number) { return number / kPageEvents; }
inline EventNumber first_of(EventNumber page) { return page * kPageEvents; }

struct Fact {
    UserNumber sender = 0;      // 0: there is no such event
    std::uint16_t thread = 0;   // 0: the main timeline; else one more than the place in FactsPage::threads
    std::uint16_t persons = 0;  // 0: nobody; else one more than the place in FactsPage::persons
    bool speaks = false;        // the sender said something and has therefore seen what was before
};

// Whom an event concerns by name.
struct Persons {
    std::vector<UserNumber> mentioned;
    UserNumber subject = 0;  // of a state event
};

struct FactsPage {
    std::vector<Fact> facts;  // event number minus first_of(page)
    std::vector<std::string> threads;
    std::vector<Persons> persons;

    std::size_t size() const { return facts.size(); }
    Reader reader(const Fact& fact, UserNumber user) const;
    std::string encode() const;
    static Result<FactsPage> decode(std::string_view bytes);
};

// A byte per event: two bits (notify, highlight) for each kind of reader: nobody special, mentioned, subject, both.
struct OutcomesPage {
    std::vector<std::uint8_t> outcomes;
    std::size_t size() const { return outcomes.size(); }
    static constexpr std::uint8_t kNotify = 1, kHighlight = 2;
    std::uint8_t of(std::size_t at, const Reader& reader) const {
        return outcomes[at] >> (2 * ((reader.mentioned ? 1 : 0) + (reader.subject ? 2 : 0))) & 3;
    }
};

// Purpose:  makes pages, keeps them in memory, and writes the full ones down.
// Runs on:  workers (blocks). Two threads may make the same page at once; both come to the same.
class Pages {
public:
    Pages(storage::Db& db, const RoomSource& source) : db_(db), source_(source) {}

    // Events end that are past their lifetime, and readers do not see them any more: forget() deletes the rows of their
    // pages in the batch that ends them, forgotten() what is in memory, once that is durable. Asked for again, the
    // pages are made without them.
    Result<void> forget(storage::Change& change, RoomNumber room, std::span<const EventNumber> events);
    void forgotten(RoomNumber room, std::span<const EventNumber> events);

    // The same for one event that is redacted: whom it mentioned is kept no longer. What was counted stays counted, as
    // for somebody whom it did not mention.
    Result<void> unmention(storage::Change& change, RoomNumber room, EventNumber event);
    void unmentioned(RoomNumber room, EventNumber event);

    // The facts of a page, at least up to and without event number `end` (within the page).
    Result<std::shared_ptr<const FactsPage>> facts(const RoomKey& room, EventNumber page, EventNumber end);
    // `user`: for rules that ask for the display name; their pages are not shared and not written.
    // `durable`: whether full pages are worth a row.
    Result<std::shared_ptr<const OutcomesPage>> outcomes(const RoomKey& room, const RuleSet& rules,
                                                         std::string_view user, bool durable, EventNumber page,
                                                         EventNumber end);

private:
    Result<void> extend(const RoomKey& room, EventNumber page, EventNumber end, FactsPage& facts) const;
    Result<void> extend(const RoomKey& room, const RuleSet& rules, std::string_view user, EventNumber page,
                        EventNumber end, OutcomesPage& outcomes) const;
    Result<std::optional<FactsPage>> without_mentions(RoomNumber room, EventNumber page,
                                                      const std::set<EventNumber>& events) const;
    Result<std::string> thread_of(const RoomKey& room, const Event& event) const;
    void keep(const storage::Table& table, const RoomKey& room, std::string rest, std::string body,
              std::uint64_t ticket);

    storage::Db& db_;
    const RoomSource& source_;
    // Counts forget() and forgotten(): what was made of events that were read before is not kept after.
    std::atomic<std::uint64_t> forgets_ = 0;
    std::mutex keeping_;  // no row is queued between a look at the counter and forget()'s batch
    // Redactions on their way: each writes the row of the page anew, and must not bring back what another took.
    std::mutex redacting_mutex_;
    std::map<std::pair<RoomNumber, EventNumber>, std::set<EventNumber>> redacting_;  // by room and page
    PageCache<FactsPage> facts_{4'096};
    PageCache<OutcomesPage> outcomes_{32'768};
};

}  // namespace peyk::push
