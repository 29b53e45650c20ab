#pragma once
// Which uploads are more than a message's file: whatever a profile, a room's current state or account data names.

#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "media/lifetime.h"
#include "rooms/timeline/room_store.h"
#include "users/users.h"

namespace peyk::app {

// Calls `found` with the media id of each mxc:// address of that server, anywhere in the value.
using FoundMedia = std::function<void(std::string_view media_id)>;
void each_media_in(const json::Value& value, std::string_view server, const FoundMedia& found);

// Purpose:  answers for media/. Looked up once, rooms whose state did not change cost nothing again; what is no longer
//           named counts as named until the process ends, so that nothing goes too early.
// Owner:    Services.  Runs on: one worker at a time.
class MediaInUseHere final : public media::MediaInUse {
public:
    MediaInUseHere(const rooms::RoomStore& store, const users::Users& users) : store_(store), users_(users) {}

    Result<void> refresh(std::stop_token stop) override;
    bool contains(const media::MediaId& id) const override;

private:
    Result<void> look_at_rooms(std::stop_token stop);
    Result<void> look_at(const rooms::RoomInfo& room);
    Result<void> look_at_users(std::stop_token stop);
    void note(const json::Value& value);
    void note(const json::Object& object) { note(json::Value(object)); }

    const rooms::RoomStore& store_;
    const users::Users& users_;
    std::unordered_map<rooms::RoomNumber, rooms::StateRoots> seen_;
    std::unordered_set<std::uint64_t> named_;  // numbers of media ids
};

}  // namespace peyk::app
