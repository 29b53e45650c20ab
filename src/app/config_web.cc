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
}

#undef AT

}  // namespace peyk::app
