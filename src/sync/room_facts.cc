#include "sync/room_facts.h"

#include <algorithm>
#include <array>

namespace peyk::sync {
namespace {

// How far back activity is looked for when nothing is known yet. NOTSPEC: behind it the oldest event that was looked at
// counts, so that a room of thousands of joins costs no more than one page.
constexpr std::size_t kBumpSearch = 32;

constexpr std::array<std::string_view, 8> kBumpTypes{
    "m.room.create", "m.room.message", "m.room.encrypted", "m.sticker",
    "m.call.invite", "m.poll.start",   "m.beacon_info",    "org.matrix.msc3381.poll.start"};

bool bumps(const rooms::StoredEvent& event) {
    return std::find(kBumpTypes.begin(), kBumpTypes.end(), event.event->type) != kBumpTypes.end();
}

std::optional<std::string> text_in(const rooms::StoredEventPtr& event, std::string_view key) {
    const auto* value = event ? event->event->content.find(key) : nullptr;
    return value && value->string() ? std::optional(*value->string()) : std::nullopt;
}

}  // namespace

Result<void> FactsReader::find_bump(const rooms::RoomInfo& room, const rooms::StoredEventPtr& last,
                                    RoomFacts& facts) const {
    auto set = [&](const rooms::StoredEvent& event) {
        facts.bump_number = event.number;
        facts.bump_stamp = event.event->origin_server_ts;
    };
    if (bumps(*last)) {
        set(*last);
        return {};
    }
    auto low = facts.bump_number + 1;
    if (facts.bump_number == 0 || last->number > facts.bump_number + kBumpSearch)
        low = last->number > kBumpSearch ? last->number - kBumpSearch : 1;
    PEYK_TRY(auto events, store_.events(room, low, last->number + 1, kBumpSearch + 1, storage::Store::Order::reverse));
    for (const auto& event : events) {
        if (!bumps(*event)) continue;
        set(*event);
        return {};
    }
    if (facts.bump_number == 0 && !events.empty()) set(*events.back());
    return {};
}

Result<void> FactsReader::read_state(const rooms::RoomInfo& room, const rooms::StateRoots& roots,
                                     RoomFacts& facts) const {
    if (facts.state == roots.others && facts.state != 0) return {};
    facts.state = roots.others;
    PEYK_TRY(auto encryption, store_.state(room, roots, "m.room.encryption"));
    facts.encrypted = encryption != nullptr;
    PEYK_TRY(auto create, store_.state(room, roots, "m.room.create"));
    facts.type = text_in(create, "type");
    PEYK_TRY(auto name, store_.state(room, roots, "m.room.name"));
    facts.name = text_in(name, "name").value_or("");
    return {};
}

Result<RoomFactsPtr> FactsReader::room(rooms::RoomNumber number) const {
    auto newest = activity_.newest(number);
    auto cached = rooms_.get(number, 0);
    if (cached && newest && cached->newest == *newest) return cached;
    auto ticket = activity_.ticket(number);
    PEYK_TRY(auto room, store_.find(number));
    if (!room) return nullptr;
    PEYK_TRY(auto last, store_.last(*room));
    if (!last) return nullptr;
    auto facts = cached ? std::make_shared<RoomFacts>(*cached) : std::make_shared<RoomFacts>();
    if (facts->last_number != last->number) {
        PEYK_CHECK(find_bump(*room, last, *facts));
        PEYK_CHECK(read_state(*room, last->after, *facts));
        facts->last_number = last->number;
        facts->last_event = last->position;
    }
    PEYK_TRY(auto stream, stream_.newest(number));
    facts->newest = std::max(last->position, stream);
    activity_.learn(number, facts->newest, ticket);
    rooms_.put(number, 0, facts);
    return facts;
}

Result<RoomFactsPtr> FactsReader::at_end(const rooms::RoomMembership& row) const {
    if (auto cached = ends_.get(row.number, row.event)) return cached;
    PEYK_TRY(auto room, store_.find(row.number));
    if (!room) return nullptr;
    PEYK_TRY(auto event, store_.event(*room, row.event));
    if (!event) return nullptr;
    auto facts = std::make_shared<RoomFacts>();
    PEYK_CHECK(read_state(*room, event->after, *facts));
    ends_.put(row.number, row.event, facts);
    return facts;
}

void FactsReader::take(const AccountDataItem& item, UserFacts& facts) const {
    if (!item.room && item.type == "m.direct") {
        facts.direct.clear();
        auto content = json::parse_object(item.content);
        if (!content) return;
        for (const auto& member : *content) {
            if (!member.value.array()) continue;
            for (const auto& room : *member.value.array()) {
                auto id = room.string() ? RoomId::parse(*room.string()) : fail(Errc::bad_request);
                if (id) facts.direct.insert(store_.number(*id));
            }
        }
    }
    if (item.room && item.type == "m.tag") {
        auto number = store_.number(*item.room);
        facts.tags.erase(number);
        auto content = json::parse_object(item.content);
        const auto* tags = content ? content->find("tags") : nullptr;
        if (!tags || !tags->object()) return;
        for (const auto& tag : *tags->object()) facts.tags[number].push_back(tag.key);
    }
}

Result<UserFactsPtr> FactsReader::user(std::uint64_t user, storage::Position to) const {
    auto cached = users_.get(0, user);
    if (cached && cached->position >= to) return cached;
    auto concerns = [](const AccountDataItem& item) { return item.type == (item.room ? "m.tag" : "m.direct"); };
    auto facts = std::make_shared<UserFacts>();
    if (cached) {
        PEYK_TRY(auto changes, account_data_.changes(user, cached->position, to));
        *facts = *cached;
        for (const auto& item : changes) {
            if (concerns(item)) take(item, *facts);
        }
    } else {
        // Read after `to` was fixed, so what it holds is at least that new.
        PEYK_TRY(auto items, account_data_.snapshot(user));
        for (const auto& item : items) {
            if (concerns(item)) take(item, *facts);
        }
    }
    facts->position = to;
    users_.put(0, user, facts);
    return facts;
}

Result<FactsReader::Children> FactsReader::children(rooms::RoomNumber space) const {
    PEYK_TRY(auto room, store_.find(space));
    if (!room) return nullptr;
    PEYK_TRY(auto last, store_.last(*room));
    if (!last) return nullptr;
    if (auto cached = children_.get(space, last->after.others)) return cached;
    auto out = std::make_shared<std::unordered_set<rooms::RoomNumber>>();
    PEYK_TRY(auto entries, store_.others(*room, last->after));
    PEYK_TRY(auto events, store_.load(*room, entries));
    for (const auto& event : events) {
        if (!event->event->is("m.space.child")) continue;
        // Spec: Spaces: a child without `via` was removed.
        const auto* via = event->event->content.find("via");
        auto child = RoomId::parse(*event->event->state_key);
        if (child && via && via->array() && !via->array()->empty()) out->insert(store_.number(*child));
    }
    Children shared = std::move(out);
    children_.put(space, last->after.others, shared);
    return shared;
}

Result<bool> FactsReader::was_removed(std::uint64_t user, const rooms::RoomMembership& row) const {
    if (row.membership == rooms::Membership::ban) return true;
    auto cached = removals_.get(user, row.number);
    if (cached >> 1 == row.event) return (cached & 1) != 0;
    PEYK_TRY(auto room, store_.find(row.number));
    if (!room) return false;
    PEYK_TRY(auto event, store_.event(*room, row.event));
    bool removed = event && store_.number(event->event->sender) != user;
    removals_.put(user, row.number, row.event << 1 | (removed ? 1 : 0));
    return removed;
}

}  // namespace peyk::sync
