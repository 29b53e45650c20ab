// The list itself. A table that is missing here fails a test, as does a group without words for people.

#include "app/holdings_list.h"

#include "app/holdings.h"

namespace peyk::app {
namespace {

constexpr Labels bit(int label) { return static_cast<Labels>(1U << label); }
constexpr Labels kContactInfo = bit(0), kContacts = bit(5), kContent = bit(6), kBrowsing = bit(7), kSearches = bit(8),
                 kIds = bit(9), kUsage = bit(11), kDiagnostics = bit(12), kOther = bit(15);

constexpr std::string_view kUser = "the user's", kRoom = "the room's", kMembers = "the room's, about its members",
                           kServer = "the server's own", kThirdParty = "privacy.third_party_ids";

constexpr Holding row(int table, std::string_view group, Labels labels, std::string_view whose, std::string_view why,
                      std::string_view fields = {}, std::string_view only_with = {}) {
    return {.place = Place::table,
            .table = static_cast<std::uint8_t>(table),
            .name = {},
            .about = {},
            .group = group,
            .labels = labels,
            .whose = whose,
            .why = why,
            .fields = fields,
            .only_with = only_with};
}

constexpr Holding written(Holding holding) {
    holding.written = true;
    return holding;
}

constexpr Holding clear(Holding holding) {
    holding.clear = true;
    return holding;
}

constexpr Holding file(std::string_view name, std::string_view group, Labels labels, std::string_view whose,
                       std::string_view why, std::string_view fields = {}) {
    return {.place = Place::file,
            .name = name,
            .about = {},
            .group = group,
            .labels = labels,
            .whose = whose,
            .why = why,
            .fields = fields};
}

constexpr Holding memory(std::string_view name, std::string_view about, std::string_view group, Labels labels,
                         std::string_view whose, std::string_view why, std::string_view fields, std::string_view kept,
                         std::string_view only_with = {}) {
    return {.place = Place::memory,
            .name = name,
            .about = about,
            .group = group,
            .labels = labels,
            .whose = whose,
            .why = why,
            .fields = fields,
            .kept = kept,
            .only_with = only_with};
}

constexpr std::string_view kNotes = "so that a destroyed key stays destroyed after a crash";
constexpr std::string_view kSlots = "to find the keys of rows";
constexpr std::string_view kKeysWhy =
    "so that others can encrypt for the user's devices and know them to be the user's";

constexpr Holding kRooms[] = {
    row(1, "rooms", kIds, kRoom, "to find a room and its rules"),
    written(row(2, "messages", kContent, kMembers, "to deliver events to the members, and to show them the room later",
                "events that the user sent: type, time, content, or ciphertext in encrypted rooms; "
                "membership in the room; display name and picture as members see them")),
    row(3, "messages", 0, kRoom, "to find an event by its id"),
    row(4, "rooms", kContacts, kMembers, "to know the state of a room at each of its events",
        "that the user is a member, as a digest of the user id"),
    row(5, "messages", kIds, kMembers, "so that a redacted event still says that there was one",
        "type, time and sender of the user's redacted events"),
    row(6, "messages", 0, kRoom, "so that a message that is sent twice stands there once"),
    row(7, "receipts", kUsage, kMembers, "to tell members of receipts and new devices",
        "read receipts of the user; that the user's devices changed"),
    row(8, "receipts", kUsage, kMembers, "to show how far members have read", "the user's newest read receipts"),
    row(9, "rooms", kContacts, kUser, "to know which rooms a user is in, was in or is invited to",
        "rooms of the user: membership, since when, invitation and who sent it"),
    row(10, "rooms", kContacts, kRoom, "so that a crash leaves no half change of membership",
        "a membership that is just changing"),
    row(11, "public_names", kIds, kServer, "to find a room by its public name", "public names that the user made"),
    row(12, "public_names", kIds, kRoom, "to list the public names of a room"),
    row(13, "public_names", kIds, kRoom, "to list rooms that their admins published", "", "privacy.public_rooms"),
    row(14, "messages", kUsage, kMembers, "to show replies, reactions and threads",
        "that an event of the user relates to another, and how"),
    row(15, "messages", kIds, kRoom, "to list the threads of a room"),
    row(16, "messages", 0, kRoom, "so that nobody reacts twice with the same sign"),
    written(row(17, "reports", kContent, kServer, "so that administrators can act on what users report",
                "reports by the user, and of the user: event or room, reason, time")),
    row(18, "unread", kUsage, kMembers, "to count what is unread", "how far the user has read, as a number"),
    written(row(19, "messages", kContent, kUser, "to send at the time that the user chose",
                "events that the user has scheduled")),
    row(20, "account", kIds, kServer, "to hide the messages of somebody who wished to be erased",
        "that the user asked to be erased, as a number"),
    row(21, "receipts", kUsage, kRoom, "to tell members once that somebody has new devices",
        "where the newest change of the user's devices stands, as a number"),
    row(23, "messages", 0, kRoom, "to end messages at their time"),
    row(25, "rooms", kContacts, kMembers, "to put events together from their parts",
        "the id of a state event, and whom or what it is about"),
    row(26, "rooms", kIds, kServer, "to go on with the removal of a room after a crash, and to tell its members once"),
    row(24, "server", 0, kServer, "to notice that a clock leaps, before messages end by it"),
};

constexpr Holding kUsers[] = {
    row(40, "account", kIds, kUser, "to let the user in, and nobody else have the name",
        "user id; hash of the password; state; day of creation; whether administrator"),
    row(41, "devices", kIds, kUser, "to show users their devices, and to sign one out",
        "device ids; names that the user gave them; the app's id, if it signed in by the browser"),
    row(42, "devices", kIds, kUser, "to recognise a session", "a keyed hash of each token; when it ends"),
    row(43, "devices", kUsage, kUser, "to show users which device they no longer use",
        "day on which each device was last used"),
    row(44, "devices", 0, kUser, "so that a reset link serves once", "that there is a reset link; when it ends"),
    row(45, "server", 0, kServer, "to let those register who were invited; who used which is not kept"),
    row(46, "settings", 0, kUser, "to keep one account from filling the disk", "how many settings the user has"),
    written(row(47, "settings", kContent | kContacts, kUser, "so that settings are the same on all of a user's devices",
                "settings as apps wrote them: ignored users, direct chats, tags, push rules")),
    row(48, "settings", 0, kUser, "to tell devices which setting changed", "when which setting changed, by order"),
    row(49, "settings", kOther, kUser, "so that apps need not send their filter each time", "filters of apps"),
    row(50, "settings", 0, kUser, "so that a filter is kept once", "digests of filters"),
    written(row(51, "profile", kContactInfo, kUser, "to show the user to others, as the user wishes to be seen",
                "display name; picture; other fields that the user set")),
    row(52, "notifications", kIds, kUser, "to wake the user's devices",
        "push gateways: address, app, key of the device, language"),
    row(53, "notifications", kIds, kServer, "so that one device is not woken for two people",
        "that the user has a pusher, as a digest"),
    row(54, "account", kIds, kServer, "so that the end of an account is finished after a crash",
        "that the account has just ended"),
    row(56, "addresses", kContactInfo, kUser, "to reset a password by e-mail", "e-mail addresses", kThirdParty),
    row(57, "addresses", kContactInfo, kServer, "so that an address is at one account only",
        "a keyed digest of each address", kThirdParty),
    row(58, "addresses", kContactInfo, kUser, "to take an address off an identity server again",
        "addresses that the user gave to an identity server", kThirdParty),
    row(59, "providers", kIds, kUser, "to let people in who sign in elsewhere",
        "a keyed digest of each provider's name"),
    row(60, "providers", kIds, kServer, "to find the account of who signs in elsewhere",
        "a keyed digest of each provider's name for the user"),
};

constexpr Holding kKeyTables[] = {
    row(80, "keys", kIds, kUser, kKeysWhy, "public keys of the user's devices"),
    row(81, "keys", kIds, kUser, kKeysWhy, "public one-time keys"),
    row(82, "keys", 0, kUser, "so that a key is handed out once", "digests of one-time keys that were used"),
    row(83, "keys", kIds, kUser, kKeysWhy, "public fallback keys"),
    row(84, "keys", kIds, kUser, kKeysWhy, "public cross-signing keys"),
    row(85, "keys", kIds, kUser, kKeysWhy, "signatures on the user's own keys"),
    row(86, "keys", kContacts, kUser, "to show the user's devices whom the user has verified",
        "signatures of the user on others' keys: whom the user has verified"),
    row(87, "keys", kContacts, kUser, "so that other devices look such keys up again", "whose keys were signed lately"),
    row(88, "keys", 0, kUser, "to tell others that keys changed", "when the user's keys changed last, by order"),
    row(89, "keys", kIds, kUser, "so that a crash keeps no change from others", "a change of devices not yet told"),
    row(90, "inbox", 0, kUser, "to number messages between devices", "number and size of waiting messages by device"),
    row(91, "inbox", 0, kUser, "to number messages between devices", "the next number"),
    row(92, "inbox", kContent | kContacts, kUser, "to deliver keys and requests between devices",
        "messages to the user's devices: sender, type, content or ciphertext"),
    row(93, "inbox", 0, kUser, "so that a message between devices comes once", "digests of such messages"),
    row(94, "inbox", 0, kUser, "so that a message between devices is sent once", "digests of transaction ids"),
    row(95, "backup", kOther, kUser, "so that a new device can read old messages", "key backups: public data, count"),
    row(96, "backup", kOther | kContacts, kUser, "so that a new device can read old messages",
        "room keys, encrypted by the user; of which room and session each is"),
    row(98, "keys", kIds, kUser, "so that messages find a device while nobody is signed in",
        "id and sealed private half of a device that waits"),
    row(97, "devices", kIds, kUser, "so that a crash leaves nothing of a removed device", "a device being removed"),
};

constexpr Holding kRest[] = {
    row(120, "files", kIds, kServer, "to find a file by its id"),
    written(row(121, "files", kContent, kServer, "to serve what was sent",
                "files that the user sent: uploader as a number, size, day, declared type and name")),
    row(122, "files", kContent, kServer, "to show pictures without sending all of them"),
    row(123, "files", kContent, kUser, "to remove a user's files with the account",
        "list of the user's files: id, size"),
    row(124, "files", kUsage, kUser, "to keep one account from filling the disk",
        "number and size of the user's files"),
    row(125, "files", kUsage, kUser, "to hold a place for a file that is still being sent", "ids of files to come"),
    row(126, "previews", kBrowsing, kServer, "to remove copies of pictures in time; nothing says who asked", "",
        "privacy.url_previews"),
    row(150, "sync", kUsage, kUser, "to tell an app only what it does not know yet",
        "which rooms a device was told of, as numbers"),
    row(170, "server", 0, kServer, "so that a store is not opened under another name"),
    row(171, "server", 0, kServer, "to sign events"),
    row(173, "server", 0, kServer, "to answer who asks, with a receipt, how far an erasure is",
        "numbers of what was erased; not whose it was"),
    row(174, "account", kIds, kUser, "so that an erasure goes on after a crash", "that the account is being erased"),
    row(172, "server", 0, kServer, "to know whether the disk is whole, and how old a transaction id is"),
    row(190, "server", 0, kRoom, kNotes),
    row(191, "server", 0, kUser, kNotes, "that a row of the user was destroyed within the last minute"),
    row(192, "server", 0, kServer, kNotes),
    row(193, "server", 0, kServer, kNotes),
    row(194, "server", 0, kRoom, kSlots),
    row(195, "server", 0, kUser, kSlots, "that the user has rows, as a number"),
    row(196, "server", 0, kServer, kSlots),
    row(197, "server", 0, kServer, kSlots),
    row(198, "server", 0, kServer, "to know how rows are to be read"),
    row(200, "unread", kContacts, kMembers, "to count what is unread without reading everything again",
        "which of the room's events are the user's, and which mention the user"),
    row(201, "unread", kUsage, kRoom, "to count what is unread without reading everything again"),
    row(202, "notifications", kUsage, kUser, "so that nothing is pushed twice", "how far each pusher has come"),
    row(220, "server", 0, kServer, "to show which app asks to be let in"),
    row(221, "second_factor", kIds, kUser, "to check a second factor", "the secret of an authenticator app"),
    row(222, "second_factor", 0, kUser, "to let in who has lost the second factor", "digests of recovery codes"),
    row(223, "second_factor", kIds, kUser, "to sign in without a password", "passkeys: id, public key, name"),
    row(230, "bridges", kUsage, kServer, "so that a bridge misses nothing",
        "receipts, typing and presence on their way to a bridge"),
    row(231, "bridges", kIds, kServer, "to list the rooms of a bridged network"),
    written(file("media files", "files", kContent, kUser, "to serve what was sent",
                 "contents of files that the user sent")),
    clear(file("local certificate authority", "server", 0, kServer, "to encrypt connections without a public name")),
    clear(file("store key", "server", 0, kServer, "to open the store at a start that nobody attends")),
    clear(file("configuration", "server", 0, kServer, "to know how the server is to run")),
    clear(file("application services", "bridges", kIds, kServer, "to let bridges in")),
    clear(file("log", "log", kDiagnostics, kServer, "to find out what is wrong")),
    file("backups", "backups", kContent, kServer, "to bring everything back when the disk is lost",
         "a copy of everything above, as old as the backup"),
};

constexpr Holding kInMemory[] = {
    memory("connections", "the network address of each open connection", "addresses_of_machines", kIds | bit(3),
           "whoever is connected", "to answer", "network address", "while the connection lasts"),
    memory("rate limits", "how often somebody asked lately, under a hash of the address or account with a random salt",
           "addresses_of_machines", kUsage, "whoever asks", "to keep passwords from being guessed",
           "counts under salted hashes of account and address", "minutes; the salt is replaced every day"),
    memory("typing", "who is typing in which room", "presence", kUsage, kMembers, "to show it to the members",
           "that the user is typing", "until the user stops, two minutes at most"),
    memory("presence", "who is online, and the status text", "presence", kUsage, kUser, "to show it to shared rooms",
           "whether the user is online, status text", "until the server stops", "privacy.presence"),
    memory("sign-in attempts", "steps of a sign-in that is under way", "attempts", kIds, kUser,
           "to go on where it stood", "steps of a sign-in", "until it is done, an hour at most"),
    memory("search", "the words of a search, while it is answered, and indexes of rooms searched lately", "searches",
           kSearches | kContent, kUser, "to find messages in clear rooms", "words of a search",
           "while it is answered; indexes until the server stops", "privacy.search"),
    memory("counters", "totals for the operator: no label names a person or a room", "counters", 0, kServer,
           "to see whether the server is well", "", "until the server stops"),
    memory("caches", "parts of what is listed above, as it was read or written last", "caches", kContent, kUser,
           "so that the disk is not asked for everything", "the same as in the tables", "until the memory is needed"),
};

}  // namespace

HoldingLists holding_lists() { return {kRooms, kUsers, kKeyTables, kRest, kInMemory}; }

}  // namespace peyk::app
