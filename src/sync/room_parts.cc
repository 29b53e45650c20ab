#include "sync/room_parts.h"

#include <algorithm>
#include <map>
#include <thread>

#include "async/parallel.h"

namespace peyk::sync {

using rooms::Membership;
using rooms::StateEntry;

void each_room(Executor* pool, std::size_t count, const std::function<void(std::size_t)>& job) {
    constexpr std::size_t kMany = 16;
    auto helpers = std::max(1u, std::thread::hardware_concurrency()) - 1;
    if (pool && count >= kMany) return run_in_parallel(*pool, helpers, count, job);
    for (std::size_t i = 0; i < count; ++i) job(i);
}

Result<std::vector<rooms::StoredEventPtr>> read_heroes(const rooms::RoomStore& store, const rooms::RoomInfo& room,
                                                       const rooms::StateRoots& roots, rooms::UserNumber me) {
    PEYK_TRY(auto members, store.members(room, roots));
    std::erase_if(members, [&](const auto& entry) { return entry.place == me; });
    auto others = [&](auto wanted) {
        std::vector<StateEntry> out;
        for (const auto& entry : members) {
            if (wanted(static_cast<Membership>(entry.note))) out.push_back(entry);
        }
        return out;
    };
    auto chosen = others([](Membership m) { return m == Membership::join || m == Membership::invite; });
    if (chosen.empty()) chosen = others([](Membership m) { return m == Membership::leave || m == Membership::ban; });
    std::sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) { return a.event < b.event; });
    if (chosen.size() > 5) chosen.resize(5);
    return store.load(room, chosen);
}

Result<std::optional<rooms::RoomMembership>> ended_row(const rooms::RoomStore& store, const rooms::RoomInfo& room,
                                                       const rooms::RoomMembership& row, rooms::UserNumber user,
                                                       const rooms::StateRoots& state) {
    if (row.membership != Membership::join) return std::nullopt;
    auto nodes = store.nodes(room);
    PEYK_TRY(auto member, rooms::tree_find(nodes, state.members, user));
    if (!member || member->event <= row.event) return std::nullopt;
    auto out = row;
    out.membership = static_cast<Membership>(member->note);
    out.event = member->event;
    if (!is_end(out.membership)) return std::nullopt;
    // As Memberships::apply will have it: of several leaves or bans in a row, the first.
    for (;;) {
        PEYK_TRY(auto event, store.event(room, out.event));
        if (!event) return std::nullopt;
        PEYK_TRY(auto before, rooms::tree_find(nodes, event->before.members, user));
        auto was = before ? static_cast<Membership>(before->note) : Membership::none;
        out.was_joined = was == Membership::join;
        if (was != out.membership || before->event <= row.event) return out;
        out.event = before->event;
    }
}

Result<bool> own_receipts_moved(const rooms::RoomStream& stream, rooms::RoomNumber room, const rooms::Reader& reader,
                                storage::Position from, storage::Position to) {
    PEYK_TRY(auto changes, stream.changes(room, from, to, rooms::ReceiptLimit{reader.number, 0}));
    return std::ranges::any_of(changes.receipts, [&](const auto& receipt) { return receipt.user == reader.user; });
}

std::string receipts_event(const std::vector<rooms::Receipt>& receipts, const UserId& reader) {
    // Sorted by event, type and user, as the object is nested.
    std::vector<const rooms::Receipt*> sorted;
    for (const auto& receipt : receipts) {
        if (receipt.type != "m.read.private" || receipt.user == reader) sorted.push_back(&receipt);
    }
    if (sorted.empty()) return {};
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
        return std::tie(a->event, a->type, a->user) < std::tie(b->event, b->type, b->user);
    });
    json::Writer writer;
    writer.begin_object().key("type").string("m.receipt").key("content").begin_object();
    for (std::size_t i = 0; i < sorted.size();) {
        const auto& event = sorted[i]->event;
        writer.key(event.view()).begin_object();
        while (i < sorted.size() && sorted[i]->event == event) {
            const auto& type = sorted[i]->type;
            writer.key(type).begin_object();
            while (i < sorted.size() && sorted[i]->event == event && sorted[i]->type == type) {
                // Of one user with several threads at the same event, the last one.
                const auto* receipt = sorted[i++];
                if (i < sorted.size() && sorted[i]->event == event && sorted[i]->type == type &&
                    sorted[i]->user == receipt->user)
                    continue;
                writer.key(receipt->user.view()).begin_object().key("ts").integer(receipt->ts);
                if (!receipt->thread.empty()) writer.key("thread_id").string(receipt->thread);
                writer.end_object();
            }
            writer.end_object();
        }
        writer.end_object();
    }
    writer.end_object().end_object();
    return writer.take();
}

std::string typing_event(const std::vector<UserId>& users) {
    json::Writer writer;
    writer.begin_object().key("type").string("m.typing").key("content").begin_object().key("user_ids").begin_array();
    for (const auto& user : users) writer.string(user.view());
    writer.end_array().end_object().end_object();
    return writer.take();
}

void append_item(std::string& out, const AccountDataItem& item) {
    out += "{\"content\":" + item.content + ",\"type\":";
    json::write_string(out, item.type);
    out += '}';
}

}  // namespace peyk::sync
