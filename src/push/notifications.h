#pragma once
// What notified a user, newest first. Spec: Client-Server API › GET /notifications.

#include "push/unread.h"

namespace peyk::push {

class NotificationList {
public:
    // Events of each room that are looked at, counted from its last one.
    static constexpr EventNumber kWindow = 4 * kPageEvents;

    NotificationList(storage::Db& db, const RoomSource& source, UnreadCounts& counts)
        : db_(db), source_(source), counts_(counts) {}

    struct Query {
        std::string from;  // a next_token, or empty
        std::size_t limit = 20;
        bool highlights_only = false;
    };
    // The answer as JSON. Errors: M_INVALID_PARAM (token). Blocks.
    Result<std::string> list(const UserId& user, UserNumber number, const Query& query);

private:
    struct Cursor;
    struct Place;
    Result<std::optional<Place>> place_of(const std::string& token, UserNumber number) const;
    Result<void> look(const UserId& user, UserNumber number, const Query& query, Cursor& cursor) const;
    Result<bool> advance(const UserId& user, UserNumber number, const Query& query, Cursor& cursor) const;
    Result<void> write(std::string& out, const UserId& user, UserNumber number, const Cursor& cursor) const;

    storage::Db& db_;
    const RoomSource& source_;
    UnreadCounts& counts_;
};

}  // namespace peyk::push
