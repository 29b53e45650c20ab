#include "rooms/directory/space_tree.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/errors.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kMaxChildren = 1'000;  // of one space
constexpr std::size_t kMaxOrder = 50;

// An m.space.child event, in the order of its space.
struct SpaceChild {
    RoomId room;
    StoredEventPtr event;
};

bool has_via(const Event& event) {
    const auto* via = event.content.find("via");
    return via && via->array() && !via->array()->empty() &&
           std::ranges::all_of(*via->array(), [](const auto& server) { return server.is_string(); });
}

// Nothing when absent or invalid. Spec: Ordering of children within a space.
std::optional<std::string> order_of(const Event& event) {
    const auto* value = event.content.find("order");
    if (!value || !value->string() || value->string()->size() > kMaxOrder) return std::nullopt;
    bool printable = std::ranges::all_of(*value->string(), [](char c) { return c >= 0x20 && c <= 0x7e; });
    return printable ? std::optional(*value->string()) : std::nullopt;
}

json::Array stripped(const std::vector<SpaceChild>& children) {
    json::Array out;
    for (const auto& child : children) {
        const auto& event = *child.event->event;
        out.push_back(json::Object{{"content", event.content},
                                   {"origin_server_ts", event.origin_server_ts},
                                   {"sender", event.sender.str()},
                                   {"state_key", *event.state_key},
                                   {"type", event.type}});
    }
    return out;
}

// Children with a valid `via`, ordered as the specification says. Adds to `read` what it had to read.
Result<std::vector<SpaceChild>> space_children(const RoomStore& store, const RoomInfo& room, const StateRoots& roots,
                                               bool suggested_only, std::size_t& read) {
    PEYK_TRY(auto entries, store.others(room, roots));
    read += entries.size();
    PEYK_TRY(auto events, store.load(room, entries));
    std::vector<SpaceChild> out;
    for (auto& stored : events) {
        const auto& event = *stored->event;
        if (!event.is("m.space.child") || !has_via(event)) continue;
        const auto* suggested = event.content.find("suggested");
        if (suggested_only && !(suggested && suggested->boolean().value_or(false))) continue;
        if (auto id = RoomId::parse(*event.state_key)) out.push_back({*std::move(id), std::move(stored)});
    }
    std::ranges::sort(out, {}, [](const SpaceChild& child) {
        auto order = order_of(*child.event->event);
        bool none = !order;
        return std::tuple(none, std::move(order).value_or(""), child.event->event->origin_server_ts, child.room.str());
    });
    if (out.size() > kMaxChildren) out.erase(out.begin() + kMaxChildren, out.end());
    return out;
}

}  // namespace

Result<SpacePage> walk_space(const RoomStore& store, const Memberships& memberships, const RoomId& root,
                             const SpaceQuery& query) {
    struct Step {
        RoomId room;
        std::size_t depth;
    };
    SpacePage page;
    std::vector<Step> stack{{root, 0}};
    std::set<RoomId> visited;
    std::size_t shown = 0, steps = 0, state_read = 0;
    while (!stack.empty() && visited.size() < query.limits.rooms && state_read < query.limits.state) {
        auto step = std::move(stack.back());
        stack.pop_back();
        if (!visited.insert(step.room).second) continue;
        PEYK_TRY(auto room, store.find(step.room));
        StoredEventPtr last;
        if (room) {
            PEYK_TRY(last, store.last(*room));
        }
        bool known = false;
        std::optional<RoomSummary> summary;
        if (last) {
            PEYK_TRY(summary, summarise_room(store, *room, last->after));
            PEYK_TRY(known, may_know_of(store, memberships, *room, *summary, query.user));
        }
        if (!known && step.depth == 0) return m::forbidden("You may not see this room, or there is no such room");
        if (!known) continue;
        if (page.rooms.size() == query.limit) {
            page.more = true;
            break;
        }
        std::vector<SpaceChild> children;
        if (summary->is_space()) {
            PEYK_TRY(children, space_children(store, *room, last->after, query.suggested_only, state_read));
        }
        if (shown++ >= query.skip) {
            summary->json.set("children_state", stripped(children));
            page.rooms.push_back(std::move(summary->json));
        }
        if (step.depth >= query.max_depth) continue;
        std::erase_if(children, [&](const SpaceChild& child) { return visited.contains(child.room); });
        auto left = query.limits.steps - steps;
        if (children.size() > left)
            children.erase(children.begin() + static_cast<std::ptrdiff_t>(left), children.end());
        steps += children.size();
        for (auto child = children.rbegin(); child != children.rend(); ++child)
            stack.push_back({child->room, step.depth + 1});
    }
    return page;
}

}  // namespace peyk::rooms
