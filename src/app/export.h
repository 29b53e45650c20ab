#pragma once
// Everything that is held about a user, for that user: an archive that is written while it is sent.
// docs/decisions/1603-export.md

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"
#include "keys/keys.h"
#include "media/media.h"
#include "oauth/oauth.h"
#include "rooms/delayed/delayed_events.h"
#include "rooms/directory/directory.h"
#include "rooms/ephemeral/room_stream.h"
#include "rooms/membership/memberships.h"
#include "rooms/reports/reports.h"
#include "storage/table.h"
#include "sync/presence.h"
#include "users/users.h"

namespace peyk::app {

// Where the rows of a table stand in the archive; or, with an empty file, why they do not.
struct Exported {
    const storage::Table* table;
    std::string_view file, why;
};
// All tables whose rows are a user's, and those of rooms and of the server that hold something of one.
std::span<const Exported> exported_tables();

// Purpose:  makes archives, one at a time for each user and a few at once.
// Owner:    Services; outlives the router's use.  Runs on: workers.
//
//   index.html             all of it to read, in English and Persian, without a script
//   account.json …         one file for each kind of thing
//   rooms/N.html, N-K.json the user's own events of a room, oldest first
//   key-backup/V-K.json    sessions of the key backup as they were uploaded, which the server cannot read
//   files/…                uploads
//
// What is read later in the archive may be newer; every file by itself is of one moment.
class Export {
public:
    struct Parts {
        storage::Db& db;
        users::Users& users;
        oauth::OAuth& oauth;
        keys::Keys& keys;
        const rooms::RoomStore& rooms;
        const rooms::Memberships& memberships;
        const rooms::RoomStream& room_stream;
        const rooms::Directory& directory;
        const rooms::Reports& reports;
        const rooms::DelayedEvents& delayed;
        media::Media& media;
        const sync::Presence& presence;
        const Clock& clock;
        std::string server;
    };
    explicit Export(Parts parts) : parts_(std::move(parts)) {}

    // An answer whose body is the archive. Errors: M_LIMIT_EXCEEDED while another one of the user is under way, or too
    // many of all.
    Result<http::Response> start(UserId user, std::uint64_t number);

    static constexpr std::size_t kAtOnce = 4;

    // Ends with the archive.
    class Turn {
    public:
        Turn(Export& exports, std::uint64_t user) : exports_(exports), user_(user) {}
        ~Turn() { exports_.end(user_); }
        Turn(const Turn&) = delete;

    private:
        Export& exports_;
        std::uint64_t user_;
    };
    const Parts& parts() const { return parts_; }

private:
    void end(std::uint64_t user);

    const Parts parts_;
    std::mutex mutex_;
    std::set<std::uint64_t> under_way_;
};

}  // namespace peyk::app
