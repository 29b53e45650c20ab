#pragma once
// What other domains keep that names a room, for its removal.

#include "appservices/services.h"
#include "rooms/removal/room_removal.h"
#include "users/users.h"

namespace peyk::app {

// The lists of bridged networks lose the room, and links that invite to it are over.
class TracesOfRooms final : public rooms::RoomTraces {
public:
    TracesOfRooms(appservices::Services& services, users::Users& users) : services_(services), users_(users) {}
    Task<Result<void>> forget_room(RoomId room) override {
        PEYK_CO_CHECK(co_await services_.network_rooms().forget(room));
        users::RegistrationTokens::Pick leads_there = [&room](const users::RegistrationToken& token) {
            return token.room == room;
        };
        PEYK_CO_CHECK(co_await users_.registration_tokens.remove_all(std::move(leads_there)));
        co_return Result<void>{};
    }

private:
    appservices::Services& services_;
    users::Users& users_;
};

}  // namespace peyk::app
