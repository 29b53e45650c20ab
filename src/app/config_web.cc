// The keys of the web client and of invitations.

#include "app/config_keys.h"

namespace peyk::app {

#define AT(member) [](void* root) -> auto& { return static_cast<Config*>(root)->member; }

void add_web_keys(std::vector<Key>& keys) {
    keys.push_back({.name = "web.enabled",
                    .slot = At<bool>{AT(web.enabled)},
                    .about =
                        "Serve the web client at `/`. Off, or in a program that was built without one: a page that "
                        "says how to connect with an app."});
    keys.push_back({.name = "web.folder",
                    .slot = At<std::filesystem::path>{AT(web.folder)},
                    .about = "A folder with the files of a web client, served instead of the one in the program; read "
                             "once, at the start, and kept in memory. Empty: the one in the program.",
                    .privacy = "Whoever can write there decides what people's browsers run: it sees their messages."});
    keys.push_back({.name = "auth.room_invitations",
                    .slot = At<bool>{AT(auth.room_invitations)},
                    .about = "Members who may invite people to a room may make links to it. Who opens one is invited "
                             "there; who has no account makes one with it, where `registration.mode` is `token`. Off: "
                             "only administrators make invitations, and links of before are over.",
                    .privacy = "Whoever has the link learns the room's name. Links end after a time and a number of "
                               "uses, when they are taken back, and when their maker may not invite any more."});
}

#undef AT

}  // namespace peyk::app
