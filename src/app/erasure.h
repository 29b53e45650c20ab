#pragma once
// Erasing an account: what it leaves behind in rooms and elsewhere, and the receipt. docs/decisions/1602-erasure.md

#include <optional>
#include <string>

#include "async/task_group.h"
#include "base/clock.h"
#include "base/random.h"
#include "core/json.h"
#include "media/media.h"
#include "rooms/membership/actions.h"
#include "rooms/timeline/rooms.h"
#include "users/users.h"

namespace peyk::app {

// Purpose:  the parts of an erasure that are not users/' own. Counts beforehand what there is; deletes uploads; redacts
// the
//           user's messages where that was asked for, room by room in the background, and leaves each room behind
//           itself; keeps the receipt for 90 days.
// Owner:    Services.  Runs on: workers.
// Stops by: stop(). What is under way goes on at the next start.
//
// Redacted are messages, reactions and the user's own memberships (which hold names and pictures) in rooms that the
// user is joined to: who has left a room may not write to it. Other state (names of rooms, power levels) is the room's.
class Erasure {
public:
    struct Parts {
        storage::Db& db;
        users::Users& users;
        rooms::Rooms& rooms;
        const rooms::Memberships& memberships;
        rooms::MembershipActions& actions;
        media::Media& media;
        const Clock& clock;
        Random& random;
        Executor& workers;
    };
    explicit Erasure(Parts parts) : parts_(parts), tasks_(parts.workers) {}
    ~Erasure() { stop(); }

    // Before traffic, after users::Lifecycle::resume(): goes on with what was under way.
    Result<void> start();
    void stop() { tasks_.stop(); }

    // The halves that users::AccountObserver asks for. begin() changes nothing that others see.
    Task<Result<void>> begin(UserId user, std::uint64_t number, users::Ending ending);
    // Whether the rooms that the user is joined to are left by the background part.
    Result<bool> will_redact(std::uint64_t number) const;
    Task<Result<void>> shred(std::uint64_t number);
    // The receipt as of now, with its "receipt_id". Starts the background part.
    Task<Result<json::Object>> finish(std::uint64_t number);

    // Of anybody who knows the id. Nothing: unknown, or older than 90 days.
    Result<std::optional<json::Object>> receipt(std::string_view id) const;
    // Deletes receipts that are old; how many.
    Task<Result<std::size_t>> forget_receipts(std::stop_token stop);

    static constexpr Millis kReceiptKept{90LL * 24 * 3'600'000};

private:
    Result<json::Array> count_rows(std::uint64_t number) const;
    std::string digest(std::string_view id) const { return parts_.db.digest("erasure", id); }
    Result<std::optional<json::Object>> job(std::uint64_t number) const;
    // Reads the receipt, changes it, and writes it with further rows of the server's shard.
    using Edit = std::function<void(json::Object& receipt, storage::Change& change)>;
    Task<Result<void>> edit(std::string receipt_key, Edit edit);

    Task<void> redact(std::uint64_t number);
    Task<Result<void>> redact_all(std::uint64_t number);
    Task<Result<void>> redact_room(UserId user, std::string room_key, json::Object room, std::string receipt_key);

    Parts parts_;
    TaskGroup tasks_;
};

// The receipt as one page of text.
std::string receipt_text(const json::Object& receipt, std::string_view server);

}  // namespace peyk::app
