#pragma once
// What push/ asks of rooms/ and users/.

#include "push/sender.h"
#include "rooms/ephemeral/room_stream.h"
#include "rooms/retention/sweep.h"
#include "sync/ports.h"
#include "users/users.h"

namespace peyk::app {

class RoomsForPush final : public push::RoomSource {
public:
    RoomsForPush(const rooms::RoomStore& store, const rooms::Memberships& memberships, const rooms::RoomStream& stream,
                 const sync::AccountDataSource& account_data, const Clock& clock)
        : store_(store), memberships_(memberships), stream_(stream), account_data_(account_data), clock_(clock) {}

    Result<std::vector<push::StoredEventPtr>> events(const push::RoomKey& room, push::EventNumber from,
                                                     push::EventNumber to) const override;
    Result<push::StoredEventPtr> event(const push::RoomKey& room, const EventId& id) const override;
    Result<push::StoredEventPtr> state(const push::RoomKey& room, const rooms::StateRoots& roots, std::string_view type,
                                       std::string_view key) const override;
    Result<bool> may_notify(const push::RoomKey& room, const push::StoredEvent& event,
                            std::string_view key) const override;
    Result<push::EventNumber> last(const push::RoomKey& room, storage::Position at) const override;
    Result<std::vector<push::ReadMark>> read_marks(push::RoomNumber room, push::UserNumber user) const override;
    Result<std::optional<push::JoinedRoom>> joined(push::UserNumber user, push::RoomNumber room) const override;
    Result<std::vector<push::JoinedRoom>> joined(push::UserNumber user) const override;
    Result<std::vector<push::Invitation>> invitations(push::UserNumber user) const override;
    Result<void> write_event(std::string& out, const push::RoomKey& room, const push::StoredEvent& event,
                             const UserId& reader) const override;

private:
    Result<push::JoinedRoom> joined(const rooms::RoomMembership& row) const;

    const rooms::RoomStore& store_;
    const rooms::Memberships& memberships_;
    const rooms::RoomStream& stream_;
    const sync::AccountDataSource& account_data_;
    const Clock& clock_;
};

// What push/ keeps of a room's events goes with them.
class TracesInPush final : public rooms::EventTraces {
public:
    explicit TracesInPush(push::UnreadCounts& counts) : counts_(counts) {}
    Result<void> erase(storage::Change& change, rooms::RoomNumber room,
                       std::span<const rooms::EventNumber> events) override {
        return counts_.pages().forget(change, room, events);
    }
    void erased(rooms::RoomNumber room, std::span<const rooms::EventNumber> events) override {
        counts_.pages().forgotten(room, events);
    }
    Result<void> redact(storage::Change& change, rooms::RoomNumber room, rooms::EventNumber event) override {
        return counts_.pages().unmention(change, room, event);
    }
    void redacted(rooms::RoomNumber room, rooms::EventNumber event) override {
        counts_.pages().unmentioned(room, event);
    }

private:
    push::UnreadCounts& counts_;
};

class RulesForPush final : public push::RuleSource {
public:
    RulesForPush(const users::Users& users, const storage::Db& db) : users_(users), db_(db) {}
    Result<push::UserRules> rules(const UserId& user) const override;

private:
    const users::Users& users_;
    const storage::Db& db_;
};

class PushersForPush final : public push::PusherSource {
public:
    explicit PushersForPush(users::Users& users) : users_(users) {}
    Result<std::vector<push::UserNumber>> owners() const override { return users_.pushers.owners(); }
    Result<std::vector<Pusher>> of(push::UserNumber user) const override;
    Task<Result<void>> remove(push::UserNumber user, std::string key) override {
        return users_.pushers.remove(user, std::move(key));
    }

private:
    users::Users& users_;
};

// Notices by e-mail: the address must still be the user's, and has mails enough for now at some point.
class NoticesByMail final : public push::Notices {
public:
    NoticesByMail(users::Users& users, std::string base_url) : users_(users), base_url_(std::move(base_url)) {}
    Task<Result<void>> send(UserId user, std::string address, std::uint64_t unread) override;

private:
    users::Users& users_;
    const std::string base_url_;
};

// users/ tells push/ of pushers. The target is set before traffic starts.
class PusherChanges final : public users::PusherObserver {
public:
    void bind(push::Sender& sender) { sender_ = &sender; }
    void pushers_changed(std::uint64_t user) override { sender_->pushers_changed(user); }

private:
    push::Sender* sender_ = nullptr;
};

}  // namespace peyk::app
