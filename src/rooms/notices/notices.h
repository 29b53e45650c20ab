#pragma once
// What the people who run a server say to its users. Spec: Client-Server API › Server Notices.

#include <optional>
#include <string>
#include <vector>

#include "rooms/timeline/create_room.h"

namespace peyk::rooms {

// Port: accounts, and the mark that clients know such a room by. Implemented over users/.
class NoticeAccounts {
public:
    virtual ~NoticeAccounts() = default;
    // Makes the account that speaks, when there is none, and gives it its name and picture. Nobody can sign in as it.
    // Errors: conflict: an account of that name is there and is not the server's own.
    virtual Task<Result<void>> prepare() = 0;
    // Errors: M_NOT_FOUND: there is no such account, or nobody to be told anything.
    virtual Result<void> check_recipient(const UserId& user) const = 0;
    // The tag m.server_notice. Once more: changes nothing.
    virtual Task<Result<void>> mark(UserId user, RoomId room) = 0;
    // Everybody who is told what all are told, page by page; `next` is where to go on (empty at first and when done).
    virtual Result<std::vector<UserId>> people(std::string& next, std::size_t limit) const = 0;
};

struct Notice {
    json::Object content;
    std::string type = "m.room.message";
    std::optional<std::string> state_key = {};
};

// Purpose:  one room for each user, in which nobody but the server speaks.
// Owner:    Services.  Runs on: workers.
// A user's room is found among the user's own rooms, by who created it: nothing else is kept about it.
class Notices {
public:
    struct Options {
        UserId sender;
        std::string room_name;
        std::string room_topic;
    };
    struct Parts {
        Rooms& rooms;
        RoomCreator& creator;
        MembershipActions& actions;
        const Memberships& memberships;
        NoticeAccounts& accounts;
    };
    Notices(Parts parts, Options options) : parts_(parts), options_(std::move(options)) {}

    // Before the first notice; again: changes nothing. Errors: of NoticeAccounts::prepare().
    Task<Result<void>> prepare() { return parts_.accounts.prepare(); }
    // Makes the user's room, or invites the user to it again, as is needed. Errors: M_NOT_FOUND; M_FORBIDDEN: state
    // that would open the room or change who is in it; those of Rooms::send().
    Task<Result<EventId>> send(UserId to, Notice notice, std::optional<Transaction> transaction = {});

    // The same text to everybody. Who cannot be told is counted and passed by.
    struct Told {
        std::size_t sent = 0, failed = 0;
    };
    Task<Result<Told>> send_all(Notice notice);

    const UserId& sender() const { return options_.sender; }

private:
    Task<Result<RoomId>> room_of(UserId user);
    Result<std::optional<RoomMembership>> find_room(const UserId& user) const;
    NewRoom new_room(const UserId& user) const;

    Parts parts_;
    Options options_;
    Lanes lanes_;  // by user
};

}  // namespace peyk::rooms
