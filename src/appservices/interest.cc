#include "appservices/interest.h"

#include <algorithm>

namespace peyk::appservices {
namespace {

constexpr std::size_t kMaxKnown = 200'000;  // rooms; about 40 bytes each
constexpr std::size_t kPage = 200;          // members read at once

std::optional<UserId> target_of(const Event& event) {
    if (!event.is_state() || !event.is("m.room.member")) return std::nullopt;
    auto user = UserId::parse(*event.state_key);
    if (!user) return std::nullopt;
    return *std::move(user);
}

rooms::Membership membership_in(const Event& member) {
    const auto* value = member.content.find("membership");
    return value && value->string() ? rooms::membership_of(*value->string()) : rooms::Membership::none;
}

}  // namespace

Result<bool> Interest::in(const rooms::RoomInfo& room, const rooms::StoredEvent& event) {
    // The members first, whatever the rest says: they are followed event by event.
    PEYK_TRY(bool member, has_member(room, event));
    if (member || is_ours(event.event->sender)) return true;
    if (auto target = target_of(*event.event); target && is_ours(*target)) return true;
    return by_name(room);
}

Result<bool> Interest::in(const rooms::RoomInfo& room) {
    PEYK_TRY(bool named, by_name(room));
    if (named) return true;
    PEYK_TRY(auto last, store_.last(room));
    if (!last) return false;
    if (auto found = known_.find(room.number); found != known_.end() && found->second.root == last->after.members)
        return found->second.member.has_value();
    PEYK_TRY(auto member, find_member(room, last->after));
    keep(room, last->after, member);
    return member.has_value();
}

void Interest::keep(const rooms::RoomInfo& room, const rooms::StateRoots& roots,
                    std::optional<rooms::UserNumber> member) {
    if (known_.size() >= kMaxKnown) known_.clear();
    known_[room.number] = {roots.members, member};
}

Result<bool> Interest::by_name(const rooms::RoomInfo& room) const {
    if (service_.rooms.covers(room.id.view())) return true;
    if (service_.aliases.empty()) return false;
    PEYK_TRY(auto aliases, directory_.aliases_of(room.id));
    return std::ranges::any_of(aliases, [&](const auto& alias) { return service_.aliases.covers(alias.view()); });
}

Result<bool> Interest::has_member(const rooms::RoomInfo& room, const rooms::StoredEvent& event) {
    auto found = known_.find(room.number);
    bool follows = found != known_.end() && found->second.root == event.before.members;
    bool known = found != known_.end() && found->second.root == event.after.members;
    if (known && event.before.members == event.after.members) return found->second.member.has_value();
    if (follows) {
        auto target = target_of(*event.event);
        bool ours = target && is_ours(*target);
        bool joins = ours && membership_in(*event.event) == rooms::Membership::join;
        if (joins) found->second.member = store_.number(*target);
        bool lost = ours && !joins && found->second.member == store_.number(*target);
        if (!lost) {
            found->second.root = event.after.members;
            return found->second.member.has_value();
        }
    }
    PEYK_TRY(auto member, find_member(room, event.after));
    keep(room, event.after, member);
    return member.has_value();
}

Result<std::optional<rooms::UserNumber>> Interest::find_member(const rooms::RoomInfo& room,
                                                               const rooms::StateRoots& roots) const {
    // The sender of the service is the likeliest one, and costs one look.
    auto sender = store_.number(service_.sender);
    PEYK_TRY(auto membership, store_.membership(room, roots, sender));
    if (membership == rooms::Membership::join) return sender;
    if (service_.users.empty()) return std::nullopt;
    PEYK_TRY(auto entries, store_.members(room, roots));
    std::erase_if(entries, [](const auto& entry) {
        return static_cast<rooms::Membership>(entry.note) != rooms::Membership::join;
    });
    for (std::size_t at = 0; at < entries.size(); at += kPage) {
        auto page = std::span(entries).subspan(at, std::min(kPage, entries.size() - at));
        PEYK_TRY(auto members, store_.load(room, page));
        for (const auto& member : members) {
            auto user = member ? target_of(*member->event) : std::nullopt;
            if (user && is_ours(*user)) return store_.number(*user);
        }
    }
    return std::nullopt;
}

}  // namespace peyk::appservices
