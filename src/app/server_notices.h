#pragma once
// What the server itself has to tell somebody, as messages that every client shows.
// Spec: Client-Server API › Server Notices.

#include "async/lane.h"
#include "rooms/notices/notices.h"
#include "rooms/timeline/create_room.h"
#include "users/users.h"

namespace peyk::app {

// The account data that names a user's room of notices: {"room_id"}. Clients cannot write it.
inline constexpr std::string_view kNoticesRoom = users::kServerNotices;

// The name that speaks for the server: nobody's account, and nobody gets it.
UserId notices_user(std::string_view server_name);

// Purpose:  one room for each user who was ever told something, in which only the server speaks. Where the operator has
//           named a user for notices ([notices]), it is the room of that user.
// Owner:    Services.  Runs on: workers; one notice of a user at a time.
class ServerNotices {
public:
    // `configured` is looked at when something is told.
    ServerNotices(rooms::Rooms& rooms, rooms::RoomCreator& creator, const rooms::Profiles& profiles,
                  users::Users& users, std::optional<rooms::Notices>& configured);

    // The password was set anew by a link. Errors: those of rooms and account data; conflict when somebody's account
    // has the server's name for itself.
    Task<Result<void>> password_reset(UserId user);

private:
    Task<Result<void>> tell(UserId user, std::string type, std::string text);
    Task<Result<RoomId>> make_room(UserId user);
    // False: that is no room of ours any more.
    Task<Result<bool>> write(RoomId room, UserId user, json::Object message);

    rooms::Rooms& rooms_;
    rooms::RoomCreator& creator_;
    const rooms::Profiles& profiles_;
    users::Users& users_;
    std::optional<rooms::Notices>& configured_;
    const UserId self_;
    Lanes lanes_;
};

}  // namespace peyk::app
