#pragma once
// What a server does by itself from time to time, so that nothing waits for its next start and nothing is kept longer
// than it is of use:
//
//   every few seconds   memberships, device lists and removals of rooms whose second step failed (only when one did);
//                       the keys of a removed room once more, a minute later
//   every ten minutes   removes pictures of previews whose time is over
//   every hour          renews the certificate of the server's own authority, where that is due; forgets invitations
//                       that ended long ago
//   every six hours     forgets transaction ids that are older than a day, tokens and links that expired, upload ids
//                       whose content never came, sliding-sync connections that nobody uses, what tells of rooms that
//                       were removed a month ago
//   storage.rewrite_every  rewrites the store, so that deleted rows leave its files
//   storage.verify_every  reads the whole store and compares checksums

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/erasure.h"
#include "app/store.h"
#include "async/task_group.h"
#include "async/timers.h"
#include "core/json.h"
#include "keys/keys.h"
#include "media/media.h"
#include "rooms/removal/room_removal.h"
#include "rooms/timeline/rooms.h"
#include "storage/verification.h"
#include "sync/sliding_connections.h"

namespace peyk::app {

// A look at the whole store: when, and what was found.
struct StoreCheck {
    Millis at{0};
    storage::Verification::Report report;

    json::Object to_json() const;
    static std::optional<StoreCheck> from_json(const json::Value& value);
};

// In one go, blocking; for commands. `progress` is called between files.
StoreCheck check_store(OpenStore& store, const Clock& clock,
                       const std::function<void(std::uint64_t bytes, std::uint64_t total)>& progress);

// Purpose:  the jobs above.
// Owner:    Server.  Runs on: workers, one job at a time; a verification goes file by file, with pauses.
// Stops by: stop(), before the services stop.
class Housekeeping {
public:
    struct Parts {
        OpenStore& store;
        rooms::Rooms& rooms;
        keys::Keys& keys;
        media::Media& media;
        Timers& timers;
        const Clock& clock;
        Executor& workers;
        Millis verify_every;  // 0: never by itself
        std::function<void()> renew_certificates = {};
        std::function<Task<void>()> tidy = {};
        Millis rewrite_every{0};                   // 0: never by itself
        sync::Connections* connections = nullptr;  // null: tests
        Erasure* erasure = nullptr;                // null: tests
        rooms::RoomRemoval* removals = nullptr;    // null: tests
    };
    explicit Housekeeping(Parts parts) : parts_(parts), tasks_(parts.workers) {}
    ~Housekeeping() { stop(); }

    void start();
    void stop() { tasks_.stop(); }

    // Verifies now, without pauses. Errors: conflict when one is under way, cancelled at a stop, those of the store.
    Task<Result<StoreCheck>> verify();
    // The last one that came to its end; nullopt: none yet.
    Result<std::optional<StoreCheck>> last_check() const;

    // The jobs, for tests. forget_old() writes down where the positions are now, and forgets what is older than a day.
    Task<void> catch_up();
    Task<Result<std::size_t>> forget_old();
    Task<Result<std::size_t>> forget_expired();
    // Rewrites the store when that is due; whether it was. Errors: as compact_store().
    Task<Result<bool>> rewrite_if_due();

private:
    enum class Pace : unsigned char { gentle, fast };
    Task<void> run();
    Task<Result<StoreCheck>> check(Pace pace);
    Task<Result<void>> remember(std::string key, std::string body, std::vector<std::string> over);
    bool check_is_due() const;
    Task<void> forget();
    Result<bool> rewrite_is_due() const;

    Parts parts_;
    std::atomic<bool> checking_ = false;
    TaskGroup tasks_;
};

}  // namespace peyk::app
