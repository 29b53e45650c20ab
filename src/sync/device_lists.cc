#include "sync/device_lists.h"

namespace peyk::sync {

using rooms::Membership;

std::string device_lists_json(const DeviceLists& lists) {
    json::Writer writer;
    writer.begin_object();
    for (auto [name, users] : {std::pair{"changed", &lists.changed}, {"left", &lists.left}}) {
        writer.key(name).begin_array();
        for (const auto& user : *users) writer.string(user.view());
        writer.end_array();
    }
    writer.end_object();
    return writer.take();
}

Result<std::string> key_counts(const EncryptionSource& encryption, const UserId& user, const DeviceId& device) {
    PEYK_TRY(auto counts, encryption.one_time_key_counts(user, device));
    json::Object by_algorithm;
    for (auto& [algorithm, count] : counts) by_algorithm.set(std::move(algorithm), count);
    PEYK_TRY(auto fallback, encryption.unused_fallback_types(user, device));
    json::Array types(fallback.begin(), fallback.end());
    return "\"device_one_time_keys_count\":" + json::write(by_algorithm) +
           ",\"device_unused_fallback_key_types\":" + json::write(json::Value(std::move(types)));
}

Result<void> DeviceListReader::read_room(const rooms::RoomMembership& row, rooms::UserNumber user,
                                         storage::Position from, storage::Position to, DeviceLists& lists,
                                         std::set<UserId>& departed) const {
    bool joined = row.membership == Membership::join;
    bool entered = joined && row.entered > from;
    bool ended = !joined && row.was_joined && row.entered > from;
    if (!joined && !ended) return {};
    if (!entered && !ended) {
        auto newest = activity_.newest(row.number);
        if (newest && *newest <= from) return {};
    }
    PEYK_TRY(auto room, store_.find(row.number));
    if (!room) return {};
    auto add = [&](const rooms::StateEntry& entry, std::set<UserId>& into) -> Result<void> {
        if (entry.place == user) return {};
        PEYK_TRY(auto event, store_.event(*room, entry.event));
        if (event) into.insert(UserId::trusted(*event->event->state_key));
        return {};
    };
    if (entered || ended) {
        // All members come into view, or may go out of it.
        PEYK_TRY(auto event, ended ? store_.event(*room, row.event) : store_.last(*room, to));
        if (!event) return {};
        PEYK_TRY(auto members, store_.members(*room, event->after));
        for (const auto& entry : members) {
            if (static_cast<Membership>(entry.note) == Membership::join)
                PEYK_CHECK(add(entry, entered ? lists.arrived : departed));
        }
        return {};
    }
    PEYK_TRY(auto stream, stream_.changes(row.number, from, to, rooms::ReceiptLimit{}));
    lists.changed.insert(stream.device_lists.begin(), stream.device_lists.end());
    PEYK_TRY(auto then, store_.last(*room, from));
    PEYK_TRY(auto now, store_.last(*room, to));
    if (!then || !now || then->after.members == now->after.members) return {};
    PEYK_TRY(auto changes, rooms::tree_diff(store_.nodes(*room), then->after.members, now->after.members));
    for (const auto& change : changes) {
        bool before = change.before && static_cast<Membership>(change.before->note) == Membership::join;
        bool after = change.after && static_cast<Membership>(change.after->note) == Membership::join;
        if (before == after) continue;
        PEYK_CHECK(add(after ? *change.after : *change.before, after ? lists.arrived : departed));
    }
    return {};
}

Result<bool> DeviceListReader::share_a_room(const UserId& other, const rooms::RoomMemberships& rows,
                                            storage::Position to) const {
    auto number = store_.number(other);
    for (const auto& row : rows) {
        if (row.membership != Membership::join) continue;
        PEYK_TRY(auto room, store_.find(row.number));
        if (!room) continue;
        PEYK_TRY(auto last, store_.last(*room, to));
        if (!last) continue;
        PEYK_TRY(auto membership, store_.membership(*room, last->after, number));
        if (membership == Membership::join) return true;
    }
    return false;
}

Result<DeviceLists> DeviceListReader::read(const UserId& user, const rooms::RoomMemberships& rows,
                                           storage::Position from, storage::Position to) const {
    DeviceLists lists;
    std::set<UserId> departed;
    auto number = store_.number(user);
    for (const auto& row : rows) PEYK_CHECK(read_room(row, number, from, to, lists, departed));
    lists.changed.insert(lists.arrived.begin(), lists.arrived.end());
    PEYK_TRY(auto own, encryption_.last_device_change(user));
    if (own > from && own <= to) lists.changed.insert(user);
    PEYK_TRY(auto signed_users, encryption_.signed_since(user, from, to));
    lists.changed.insert(signed_users.begin(), signed_users.end());
    for (const auto& other : departed) {
        PEYK_TRY(bool shared, share_a_room(other, rows, to));
        if (shared) continue;
        lists.left.insert(other);
        lists.changed.erase(other);
        lists.arrived.erase(other);
    }
    return lists;
}

}  // namespace peyk::sync
