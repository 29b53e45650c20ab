#pragma once
// Search of messages in unencrypted rooms. Spec: Client-Server API › Server Side Search.

#include <atomic>

#include "async/lane.h"
#include "async/task.h"
#include "rooms/timeline/event_filter.h"
#include "rooms/visibility/visibility.h"
#include "search/query.h"
#include "search/signatures.h"

namespace peyk::search {

// Members of `content` that are searched: body of m.room.message, name of m.room.name, topic of m.room.topic and the
// plain text beside it.
struct Keys {
    bool body = true;
    bool name = true;
    bool topic = true;
};

enum class OrderBy : std::uint8_t { rank, recent };

struct Request {
    rooms::UserNumber user;
    Query query;
    Keys keys;
    rooms::EventFilter filter;  // its limit does not count here
    OrderBy order = OrderBy::rank;
    storage::Position until = ~storage::Position{0};  // what came later is left out, so that pages stay as they were
    rooms::IgnoredUsersPtr ignored = nullptr;         // whose messages are not found
};

struct Hit {
    rooms::RoomInfoPtr room;
    rooms::EventNumber number;
    storage::Position position;
    std::string sender;
    double rank;
};

struct Found {
    std::vector<Hit> hits;        // in the order asked for
    storage::Position until = 0;  // for the next page
};

// Purpose:  finds what a user may see. Reads history from the newest block of events to the oldest over all rooms,
// passes
//           over those whose signature lacks a part of the query, and looks at the words of the rest.
// Runs on:  a thread of its own, so that no search holds up a worker. Searches take turns there, a user's own ones come
//           one after the other: what one person looks for does not keep others waiting.
class Searcher {
public:
    struct Limits {
        std::size_t signature_bytes = 64 * 1024 * 1024;
        std::size_t events_read = 400'000;         // per search; what is older is not found
        std::size_t text_read = 64 * 1024 * 1024;  // per search, bytes
        std::size_t slice = 1024 * 1024;           // of text and events, until the others have their turn
        std::size_t hits = 10'000;                 // per search; the newest
        std::size_t waiting = 64;                  // searches; more are refused with 503
    };
    Searcher(const rooms::RoomStore& store, const rooms::Memberships& memberships)
        : Searcher(store, memberships, Limits{}) {}
    Searcher(const rooms::RoomStore& store, const rooms::Memberships& memberships, Limits limits);

    // The rooms without encryption that the user is in, or has left and not forgotten, as far as the filter wants them.
    // Errors: those of the store; unavailable when too many searches wait.
    Task<Result<Found>> search(Request request);
    void stop() { pool_.stop(); }

private:
    class Scan;

    const rooms::RoomStore& store_;
    const rooms::Memberships& memberships_;
    Limits limits_;
    Signatures signatures_;
    std::atomic<std::size_t> waiting_ = 0;
    Lanes lanes_;  // by user
    WorkerPool pool_{"search", 1};
};

// The texts of an event that are searched, at most two; none for events that are not.
std::vector<std::string_view> searched_texts(const Event& event, const Keys& keys);

}  // namespace peyk::search
