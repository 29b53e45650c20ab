#include "app/push_adapters.h"

#include "rooms/auth/power_levels.h"
#include "rooms/events/client_event.h"
#include "users/push_rules.h"

namespace peyk::app {

using push::EventNumber;
using push::RoomKey;
using push::StoredEvent;
using push::StoredEventPtr;

Result<std::vector<StoredEventPtr>> RoomsForPush::events(const RoomKey& room, EventNumber from, EventNumber to) const {
    PEYK_TRY(auto info, store_.find(room.number));
    if (!info || from >= to) return std::vector<StoredEventPtr>{};
    return store_.events(*info, from, to, to - from, storage::Store::Order::forward);
}

Result<StoredEventPtr> RoomsForPush::event(const RoomKey& room, const EventId& id) const {
    PEYK_TRY(auto info, store_.find(room.number));
    if (!info) return nullptr;
    return store_.event(*info, id);
}

Result<StoredEventPtr> RoomsForPush::state(const RoomKey& room, const rooms::StateRoots& roots, std::string_view type,
                                           std::string_view key) const {
    PEYK_TRY(auto info, store_.find(room.number));
    if (!info) return nullptr;
    return store_.state(*info, roots, type, key);
}

Result<bool> RoomsForPush::may_notify(const RoomKey& room, const StoredEvent& event, std::string_view key) const {
    PEYK_TRY(auto info, store_.find(room.number));
    if (!info) return false;
    PEYK_TRY(auto levels, store_.state(*info, event.before, "m.room.power_levels"));
    PEYK_TRY(auto create, store_.state(*info, event.before, "m.room.create"));
    rooms::PowerLevels power(levels ? levels->event : nullptr, create ? create->event : nullptr, *info->rules);
    return power.user_level(event.event->sender.view()) >= power.notification_level(key);
}

Result<EventNumber> RoomsForPush::last(const RoomKey& room, storage::Position at) const {
    PEYK_TRY(auto info, store_.find(room.number));
    if (!info) return 0;
    PEYK_TRY(auto event, store_.last(*info, at));
    return event ? event->number : 0;
}

Result<std::vector<push::ReadMark>> RoomsForPush::read_marks(push::RoomNumber room, push::UserNumber user) const {
    PEYK_TRY(auto marks, stream_.read_marks(room, user));
    std::vector<push::ReadMark> out;
    for (auto& mark : marks) out.push_back({std::move(mark.thread), mark.event});
    return out;
}

// The row names the newest membership event. That is the one of the joining unless the profile changed since.
Result<push::JoinedRoom> RoomsForPush::joined(const rooms::RoomMembership& row) const {
    push::JoinedRoom out{{row.room, row.number}, row.event};
    if (row.changed == row.entered) return out;
    PEYK_TRY(out.entered, last(out.room, row.entered));
    return out;
}

Result<std::optional<push::JoinedRoom>> RoomsForPush::joined(push::UserNumber user, push::RoomNumber room) const {
    PEYK_TRY(auto row, memberships_.of(user, room));
    if (!row || row->membership != rooms::Membership::join) return std::nullopt;
    PEYK_TRY(auto out, joined(*row));
    return out;
}

Result<std::vector<push::JoinedRoom>> RoomsForPush::joined(push::UserNumber user) const {
    PEYK_TRY(auto rows, memberships_.of(user));
    std::vector<push::JoinedRoom> out;
    for (const auto& row : *rows) {
        if (row.membership != rooms::Membership::join) continue;
        PEYK_TRY(auto room, joined(row));
        out.push_back(std::move(room));
    }
    return out;
}

Result<std::vector<push::Invitation>> RoomsForPush::invitations(push::UserNumber user) const {
    PEYK_TRY(auto rows, memberships_.of(user));
    std::vector<push::Invitation> out;
    // Those that a sync would not show are not pushed either.
    std::optional<UserId> id;
    std::optional<sync::HiddenInvites> hidden;
    for (const auto& row : *rows) {
        if (row.membership != rooms::Membership::invite) continue;
        PEYK_TRY(auto info, store_.find(row.number));
        if (!info) continue;
        PEYK_TRY(auto event, store_.event(*info, row.event));
        if (!event) continue;
        if (!hidden) {
            id = UserId::trusted(*event->event->state_key);
            PEYK_TRY(auto ignored, account_data_.ignored_by(user));
            hidden.emplace(account_data_, *id, user, std::move(ignored), store_);
        }
        PEYK_TRY(bool hides, hidden->hides(row));
        if (!hides) out.push_back({{row.room, row.number}, std::move(event)});
    }
    return out;
}

Result<void> RoomsForPush::write_event(std::string& out, const RoomKey& room, const StoredEvent& event,
                                       const UserId& reader) const {
    PEYK_TRY(auto info, store_.find(room.number));
    if (!info) return fail(Errc::internal, "a room with notifications is not known");
    auto number = store_.number(reader);
    PEYK_TRY(auto row, memberships_.of(number, room.number));
    rooms::Visibility visibility(store_, *info, number, std::move(row));
    rooms::Reader as{reader, number, {}, clock_.now().count()};
    return rooms::write_client_event(out, store_, *info, event, as, visibility, rooms::RoomIdMember::leave_out);
}

Result<std::vector<push::PusherSource::Pusher>> PushersForPush::of(push::UserNumber user) const {
    PEYK_TRY(auto all, users_.pushers.stored(user));
    std::vector<Pusher> out;
    for (auto& one : all) out.push_back({std::move(one.user), std::move(one.key), std::move(one.pusher), one.set_at});
    return out;
}

Result<push::UserRules> RulesForPush::rules(const UserId& user) const {
    push::UserRules out;
    auto number = users_.accounts.number(user);
    PEYK_TRY(auto stored, users_.account_data.stored(number, std::nullopt, users::kPushRulesType));
    out.default_only = true;
    for (std::string_view kind : {"override", "content", "sender", "underride"}) {
        const auto* own = stored.find(kind);
        if (own && own->array() && !own->array()->empty()) out.default_only = false;
    }
    users::PushRuleset rules(UserId::trusted(std::string(push::kSomebody)), std::move(stored));
    out.json = json::write(rules.to_json());
    PEYK_TRY(auto text, users_.account_data.get(number, std::nullopt, "m.ignored_user_list"));
    if (!text) return out;
    PEYK_TRY(auto ignored, json::parse_object(*text));
    const auto* list = ignored.find("ignored_users");
    if (!list || !list->object()) return out;
    for (const auto& [id, about] : *list->object()) out.ignored.push_back(db_.number(id));
    return out;
}

// How much, and nothing else: a mail passes many hands.
Task<Result<void>> NoticesByMail::send(UserId user, std::string address, std::uint64_t unread) {
    const auto& server = users_.options().server_name;
    auto subject = fmt::format("{} unread at {}", unread, server);
    auto text = fmt::format(
        "There are {0} unread messages or invitations for you at {1}.\n\nنزد {1} {0} پیام یا دعوت "
        "خوانده‌نشده "
        "دارید.\n\n{2}\n\nYou asked for this notice. Your messenger app switches it off.\nاین اعلان را خودتان "
        "خواسته‌اید؛ در برنامهٔ پیام‌رسان خاموش می‌شود.\n",
        unread, server, base_url_);
    auto number = users_.accounts.number(user);
    auto sending = users_.third_party.write_to(number, std::move(address), std::move(subject), std::move(text));
    co_return co_await std::move(sending);
}

}  // namespace peyk::app
