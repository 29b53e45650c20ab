#pragma once
// POST /createRoom: all first events in one batch. Spec: Client-Server API › Creation.

#include "rooms/directory/directory.h"
#include "rooms/membership/actions.h"

namespace peyk::rooms {

struct NewRoom {
    std::string preset;  // empty: by visibility
    bool is_public = false;
    std::optional<std::string> alias_localpart, name, topic;
    std::vector<UserId> invites;
    std::optional<std::string> version;
    json::Object creation_content;
    json::Object power_level_override;
    std::vector<Draft> initial_state;
    bool is_direct = false;
    // The server itself or an application service speaks there: encrypted only if it asks, even where private rooms
    // must be.
    bool chooses_encryption = false;
};

class RoomCreator {
public:
    struct Options {
        std::string default_version = "12";
        bool force_encryption = false;  // private rooms and direct chats are encrypted whatever the client asks
        bool guard_retention = false;   // only who may do everything may have messages end: it cannot be undone
    };
    RoomCreator(Rooms& rooms, Directory& directory, const MembershipActions& actions, const Profiles& profiles,
                Options options)
        : rooms_(rooms), directory_(directory), actions_(actions), profiles_(profiles), options_(std::move(options)) {}

    Task<Result<RoomId>> create(UserId creator, NewRoom wanted);

private:
    Result<json::Object> power_levels(const UserId& creator, const NewRoom& wanted, const std::string& preset,
                                      const RoomRules& rules, const json::Object& create_content) const;
    Result<void> add_events(RoomWrite& write, const UserId& creator, NewRoom& wanted, const std::string& preset,
                            const json::Object& create_content, const std::optional<RoomAlias>& alias) const;

    Rooms& rooms_;
    Directory& directory_;
    const MembershipActions& actions_;
    const Profiles& profiles_;
    Options options_;
};

}  // namespace peyk::rooms
