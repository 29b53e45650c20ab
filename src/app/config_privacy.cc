// The keys of [privacy].

#include "app/config_key_makers.h"

namespace peyk::app {
namespace {

using namespace makers;

void add_features(std::vector<Key>& keys) {
    keys.push_back(
        choice("privacy.profile", CHOICE(privacy.profile), {"quiet", "open"},
               "Sets the default of all switches below: `quiet` switches off what reveals, `open` switches "
               "on what the specification allows. A switch that is written down wins over the profile, except "
               "that `quiet` keeps `privacy.push_payload` and `privacy.push_jitter` within its bounds.",
               "A feature that is off answers 403 `M_FORBIDDEN`; nothing is stored for it."));
    keys.push_back(
        feature("privacy.presence", AT(privacy.presence), "Who is online, and since when.",
                "Shows to everybody in shared rooms when a person uses the messenger. Kept in memory only."));
    keys.push_back(feature("privacy.user_directory", AT(privacy.user_directory),
                           "Search for users by a part of their name. Off: only a complete user id finds somebody.",
                           "Makes everybody who shares a room, or is in a public one, easy to find."));
    keys.push_back(feature("privacy.public_rooms", AT(privacy.public_rooms),
                           "The list of public rooms, and publishing rooms in it.",
                           "Who publishes a room shows its name, topic and number of members to all."));
    keys.push_back(feature("privacy.search", AT(privacy.search), "Search of messages on the server.",
                           "Reads the text of unencrypted rooms. Encrypted rooms can only be searched by clients."));
    keys.push_back(feature("privacy.url_previews", AT(privacy.url_previews),
                           "Title, description and picture of web pages whose addresses stand in messages; the server "
                           "fetches the pages.",
                           "The server learns the addresses, of encrypted rooms too where a client asks for them; the "
                           "site learns that somebody here was sent one, and this server's address."));
    keys.push_back(feature("privacy.third_party_ids", AT(privacy.third_party_ids), "E-mail addresses at accounts.",
                           "Ties an account to a person. Off, no such value is ever taken."));
    keys.push_back(
        feature("privacy.email_notices", AT(privacy.email_notices),
                "People may have themselves told by e-mail, at an address of their account, how much waits "
                "unread. Needs `privacy.third_party_ids`, `mail.host` and the open profile: in the quiet one "
                "it has no effect.",
                "Every mail server on the way sees who has an account here, and when they were away."));
    keys.push_back(feature("privacy.guest_access", AT(privacy.guest_access), "Accounts without a password, for guests.",
                           "Rooms that allow guests can be read by anybody who can reach the server."));
    keys.push_back(with_open(flag("privacy.shared_rooms_profiles", AT(privacy.shared_rooms_profiles),
                                  "Name and picture of a person are looked up only by those who have an account here.",
                                  "Off: anybody who can reach the server can look anybody up."),
                             "false"));
    keys.push_back(feature("privacy.device_names", AT(privacy.device_names), kNotBuilt,
                           "Other users never see the names of a person's devices; names such as \"Sara's phone\" tell "
                           "what people own and use."));
    keys.push_back(
        feature("privacy.whois", AT(privacy.whois),
                "`/admin/whois` lists a user's devices, to themselves and to administrators. Connections are not "
                "kept, so none are listed.",
                "Shows administrators which devices a person has; addresses are kept in neither profile."));
    keys.push_back(feature("privacy.server_version", AT(privacy.server_version),
                           "`/versions` says that this is peyk, and which version: apps put it into reports of faults.",
                           "Tells everybody who can reach the server which faults it may still have."));
}

void add_messages(std::vector<Key>& keys) {
    keys.push_back(with_open(
        flag("privacy.forced_encryption", AT(privacy.forced_encryption),
             "New private rooms and direct chats are encrypted, whatever the client asks. Public rooms are not, and "
             "application services choose for theirs.",
             "Off: a client that forgets to ask makes a room that the server can read."),
        "false"));
    keys.push_back(with_open(
        flag("privacy.refuse_clear_messages", AT(privacy.refuse_clear_messages),
             "Messages in clear are refused (403 `M_FORBIDDEN`) in rooms that are encrypted. Reactions, redactions and "
             "verification, which clients send in clear, are taken, and so is what application services send.",
             "Off: a client that does not encrypt, by mistake or by design, can still be read by the server."),
        "false"));
    keys.push_back(
        with_open(choice("privacy.push_payload", CHOICE(privacy.push_payload), {"event_id_only", "full"},
                         "What a push gateway is told. `full` needs the open profile: in the quiet one it has no "
                         "effect.",
                         "`full` tells sender, room name and clear text to the gateway and the maker of the phone."),
                  "full"));
    keys.push_back(
        with_open(time("privacy.push_jitter", AT(privacy.push_jitter), 0, 15 * kSecond,
                       "A push waits a random time up to this one; in the quiet profile never longer than 2s.",
                       "Makes it harder to match a sender and a receiver by time."),
                  "0s"));
    keys.push_back(time("privacy.timestamp_rounding", AT(privacy.timestamp_rounding), 0, kHour,
                        "Times of new events are rounded down to a multiple of this. 0: exact.",
                        "Coarser times say less about habits to every server that holds a copy."));
    keys.push_back(
        flag("privacy.answer_padding", AT(privacy.answer_padding), kNotBuilt,
             "Answers padded to steps of size would hide from an observer of the network how much was said."));
}

}  // namespace

void add_privacy_keys(std::vector<Key>& keys) {
    add_features(keys);
    add_messages(keys);
}

}  // namespace peyk::app
