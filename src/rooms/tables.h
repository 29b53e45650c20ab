#pragma once
// The tables of rooms/. Layouts of the values stand beside the code that writes them.

#include <array>

#include "storage/content_format.h"
#include "storage/table.h"

namespace peyk::rooms {

using storage::Category;
using storage::Owner;
using storage::Seal;
using storage::Table;

// Of the store's formats (storage/migrations.h) the first whose events are rows in parts with short keys. Rows of
// before stay as they are and are read.
inline constexpr storage::ContentFormat kFormatOfShortKeys = 3;

inline constexpr Table kRoomInfo{.id = 1,
                                 .name = "room_info",
                                 .about = "the room's id and version, and the name of the server's signing key",
                                 .rest = "",
                                 .owner = Owner::room,
                                 .seal = Seal::owner,
                                 .category = Category::identifiers,
                                 .kept = "until the room is removed"};

inline constexpr Table kEvents{
    .id = 2,
    .name = "events",
    .about = "an event as signed JSON, in order of arrival, with the roots of the state after it",
    .rest = "event number u64be",
    .owner = Owner::room,
    .seal = Seal::row,
    .category = Category::user_content,
    .kept =
        "until redacted, the end of its lifetime (where one is set; its key within two minutes) or the room is removed",
    .stamped = true,
    .headed = true};

inline constexpr Table kEventIndex{.id = 3,
                                   .name = "event_numbers",
                                   .about = "hash of an event id -> event number",
                                   .rest = "digest of the event id, 10 bytes; 16 in rows of before format 3",
                                   .owner = Owner::room,
                                   .seal = Seal::none,
                                   .category = Category::none,
                                   .kept = "as long as the event"};

inline constexpr Table kStateNodes{.id = 4,
                                   .name = "state_nodes",
                                   .about = "a node of the trees that hold the room's states",
                                   .rest = "node number u64be",
                                   .owner = Owner::room,
                                   .seal = Seal::owner,
                                   .category = Category::contacts,
                                   .kept = "until the room is removed"};

inline constexpr Table kRedactedEvents{.id = 5,
                                       .name = "redacted_events",
                                       .about = "what remains of a redacted event, and the redaction's number",
                                       .rest = "event number u64be",
                                       .owner = Owner::room,
                                       .seal = Seal::owner,
                                       .category = Category::identifiers,
                                       .kept = "until the event is past its lifetime, or the room is removed"};

inline constexpr Table kTransactions{
    .id = 6,
    .name = "transactions",
    .about = "hash of a client's transaction id -> event number, so that a retry is no new event",
    .rest = "digest of user, device, path and transaction id, 8 bytes; 16 in rows of before format 3",
    .owner = Owner::room,
    .seal = Seal::none,
    .category = Category::none,
    .kept = "one to two days"};

inline constexpr Table kRoomStream{.id = 7,
                                   .name = "room_stream",
                                   .about = "changes that are no events: receipts, device lists of members",
                                   .rest = "position u64be",
                                   .owner = Owner::room,
                                   .seal = Seal::owner,
                                   .category = Category::usage_data,
                                   .kept = "until the next one of the same user"};

inline constexpr Table kReceipts{.id = 8,
                                 .name = "receipts",
                                 .about = "the newest read receipt of a user by kind and thread",
                                 .rest = "digest of user, kind and thread, 16 bytes",
                                 .owner = Owner::room,
                                 .seal = Seal::owner,
                                 .category = Category::usage_data,
                                 .kept = "until the next one; of the threads of a room the 1,000 newest of a user",
                                 .stamped = true};

inline constexpr Table kMemberships{.id = 9,
                                    .name = "memberships",
                                    .about = "the rooms of a user: membership, since when, invitation",
                                    .rest = "room number u64be",
                                    .owner = Owner::user,
                                    .seal = Seal::owner,
                                    .category = Category::contacts,
                                    .kept = "until the user forgets the room; 30 days once the room was removed",
                                    .stamped = true};

inline constexpr Table kOutbox{.id = 10,
                               .name = "room_outbox",
                               .about = "membership events whose effect on the user's rows may not be applied yet",
                               .rest = "event number u64be",
                               .owner = Owner::room,
                               .seal = Seal::none,
                               .category = Category::none,
                               .kept = "until applied, normally milliseconds"};

inline constexpr Table kAliases{.id = 11,
                                .name = "aliases",
                                .about = "a local alias -> room id and who made it",
                                .rest = "digest of the alias, 16 bytes",
                                .owner = Owner::server,
                                .seal = Seal::owner,
                                .category = Category::identifiers,
                                .kept = "until deleted"};

inline constexpr Table kRoomAliases{.id = 12,
                                    .name = "room_aliases",
                                    .about = "the local aliases of a room",
                                    .rest = "room number u64be, digest of the alias, 16 bytes",
                                    .owner = Owner::server,
                                    .seal = Seal::owner,
                                    .category = Category::identifiers,
                                    .kept = "until deleted"};

inline constexpr Table kDirectory{.id = 13,
                                  .name = "room_directory",
                                  .about = "rooms that their admins published",
                                  .rest = "room number u64be",
                                  .owner = Owner::server,
                                  .seal = Seal::owner,
                                  .category = Category::identifiers,
                                  .kept = "until unpublished"};

inline constexpr Table kRelations{
    .id = 14,
    .name = "relations",
    .about = "an event -> the events that relate to it: kind, type and sender",
    .rest = "digest of the parent's id, 16 bytes, event number u64be",
    .owner = Owner::room,
    .seal = Seal::owner,
    .category = Category::usage_data,
    .kept = "until the relating event is redacted or past its lifetime, or the room is removed"};

inline constexpr Table kThreads{.id = 15,
                                .name = "threads",
                                .about = "the newest event of a thread -> the thread's root",
                                .rest = "event number u64be",
                                .owner = Owner::room,
                                .seal = Seal::owner,
                                .category = Category::identifiers,
                                .kept = "until the thread is empty or the room is removed"};

inline constexpr Table kAnnotations{
    .id = 16,
    .name = "annotations",
    .about = "who annotated what with which key -> event number, so that none is twice",
    .rest = "digest of parent, sender, type and key, 16 bytes",
    .owner = Owner::room,
    .seal = Seal::none,
    .category = Category::none,
    .kept = "until the annotation is redacted or past its lifetime, or the room is removed"};

inline constexpr Table kReports{.id = 17,
                                .name = "reports",
                                .about = "what a user reported to the administrators: event, room or user, and why",
                                .rest = "position u64be",
                                .owner = Owner::server,
                                .seal = Seal::owner,
                                .category = Category::user_content,
                                .kept = "until an administrator deletes the report"};

inline constexpr Table kReadMarks{
    .id = 18,
    .name = "read_marks",
    .about = "how far a user has read, by kind of receipt and thread, to count from there",
    .rest = "user number u64be, digest of user, kind and thread, 16 bytes",
    .owner = Owner::room,
    .seal = Seal::owner,
    .category = Category::usage_data,
    .kept = "until the room is removed; of the threads of a room the 1,000 newest of a user"};

inline constexpr Table kDeviceListRows{.id = 21,
                                       .name = "device_list_rows",
                                       .about = "where in room_stream the newest change of a member's devices stands",
                                       .rest = "user number u64be",
                                       .owner = Owner::room,
                                       .seal = Seal::none,
                                       .category = Category::none,
                                       .kept = "until the room is removed",
                                       .stamped = true};

inline constexpr Table kErasedUsers{.id = 20,
                                    .name = "erased_users",
                                    .about = "ended accounts whose messages are hidden from those who come later",
                                    .rest = "user number u64be",
                                    .owner = Owner::server,
                                    .seal = Seal::none,
                                    .category = Category::none,
                                    .kept = "for ever"};

inline constexpr Table kDelayedEvents{.id = 19,
                                      .name = "delayed_events",
                                      .about = "an event that its sender has scheduled, or what became of it",
                                      .rest = "digest of the delay's id, 16 bytes",
                                      .owner = Owner::user,
                                      .seal = Seal::owner,
                                      .category = Category::user_content,
                                      .kept = "until it is sent or cancelled, and 7 days more"};

inline constexpr Table kRetention{
    .id = 23,
    .name = "retention",
    .about =
        "up to which event of a room all that are past their lifetime are destroyed, and which were left for later",
    .rest = "",
    .owner = Owner::room,
    .seal = Seal::none,
    .category = Category::none,
    .kept = "until the room is removed"};

inline constexpr Table kRetentionTime{
    .id = 24,
    .name = "retention_time",
    .about = "when events were last looked at for their age, to notice a clock that leaps",
    .rest = "",
    .owner = Owner::server,
    .seal = Seal::none,
    .category = Category::none,
    .kept = "for ever; overwritten every hour"};

inline constexpr Table kStateNames{.id = 25,
                                   .name = "state_names",
                                   .about = "id and state key of a state event that others refer to by its number",
                                   .rest = "event number u64be",
                                   .owner = Owner::room,
                                   .seal = Seal::owner,
                                   .category = Category::identifiers,
                                   .kept = "until the room is removed"};

inline constexpr Table kRemovedRooms{
    .id = 26,
    .name = "removed_rooms",
    .about = "a room that an administrator removes: how far that is, since when, and its id until it is gone",
    .rest = "room number u64be",
    .owner = Owner::server,
    .seal = Seal::owner,
    .category = Category::identifiers,
    .kept = "the id until the room is gone, normally seconds; number and time for 30 days"};

inline constexpr std::array<const Table*, 25> kTables{
    &kRoomInfo,  &kEvents,        &kEventIndex, &kStateNodes,  &kRedactedEvents, &kTransactions, &kRoomStream,
    &kReceipts,  &kMemberships,   &kOutbox,     &kAliases,     &kRoomAliases,    &kDirectory,    &kRelations,
    &kThreads,   &kAnnotations,   &kReports,    &kReadMarks,   &kDelayedEvents,  &kErasedUsers,  &kDeviceListRows,
    &kRetention, &kRetentionTime, &kStateNames, &kRemovedRooms};

}  // namespace peyk::rooms
