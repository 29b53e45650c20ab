#include "sync/sliding_lists.h"

#include <algorithm>

#include "core/text_fold.h"
#include "sync/room_parts.h"

namespace peyk::sync {
namespace {

using rooms::Membership;

constexpr std::size_t kSearchedName = 1000;  // bytes

// What an invitation or knock says of its room.
struct Stripped {
    bool known = false;
    bool encrypted = false;
    std::optional<std::string> type;
    std::string name;
};

Stripped read_stripped(const std::string& text) {
    Stripped out;
    auto parsed = json::parse(text.empty() ? "[]" : text);
    if (!parsed || !parsed->array()) return out;
    for (const auto& event : *parsed->array()) {
        auto type = event.get_string("type");
        const auto* content = event.get("content");
        if (!type || !content) continue;
        out.known = true;
        if (*type == "m.room.encryption") out.encrypted = true;
        if (*type == "m.room.create") {
            if (auto room_type = content->get_string("type")) out.type = std::string(*room_type);
        }
        if (*type == "m.room.name") out.name = content->get_string("name").value_or("");
    }
    return out;
}

class ListFilter {
public:
    ListFilter(const FactsReader& reader, const rooms::RoomStore& store, const RoomFilters& filters,
               const std::unordered_set<rooms::RoomNumber>& joined, const UserFacts& user)
        : reader_(reader), store_(store), filters_(filters), joined_(joined), user_(user) {
        needs_state_ = filters.is_encrypted || filters.room_types || !filters.not_room_types.empty() ||
                       (filters.name_like && !filters.name_like->empty());
        if (filters.name_like) name_like_ = fold_text(*filters.name_like);
    }

    Result<void> prepare() {
        if (!filters_.spaces) return {};
        for (const auto& text : *filters_.spaces) {
            auto id = RoomId::parse(text);
            if (!id) continue;
            auto number = store_.number(*id);
            if (!joined_.contains(number)) continue;
            PEYK_TRY(auto children, reader_.children(number));
            if (children) spaces_.push_back(std::move(children));
        }
        return {};
    }

    Result<bool> matches(const ListedRoom& room) const {
        const auto& row = *room.row;
        // Of a removed room nothing is known. It is among these only to tell a client who had it.
        if (row.removed) return true;
        if (filters_.is_invited && *filters_.is_invited != (row.membership == Membership::invite)) return false;
        if (filters_.is_dm && *filters_.is_dm != user_.direct.contains(row.number)) return false;
        if (filters_.spaces && std::none_of(spaces_.begin(), spaces_.end(),
                                            [&](const auto& children) { return children->contains(row.number); }))
            return false;
        if (!matches_tags(row.number)) return false;
        return needs_state_ ? matches_state(room) : true;
    }

private:
    // Of signs alone nothing is left after folding: they are compared as they are.
    bool is_like(const std::string& name) const {
        if (name_like_.empty()) return name.find(*filters_.name_like) != std::string::npos;
        return fold_text(std::string_view(name).substr(0, kSearchedName)).find(name_like_) != std::u32string::npos;
    }

    bool matches_tags(rooms::RoomNumber room) const {
        if (!filters_.tags && filters_.not_tags.empty()) return true;
        auto found = user_.tags.find(room);
        auto has = [&](const std::string& tag) {
            return found != user_.tags.end() &&
                   std::find(found->second.begin(), found->second.end(), tag) != found->second.end();
        };
        if (std::any_of(filters_.not_tags.begin(), filters_.not_tags.end(), has)) return false;
        return !filters_.tags || std::any_of(filters_.tags->begin(), filters_.tags->end(), has);
    }

    Result<bool> matches_state(const ListedRoom& room) const {
        const auto& row = *room.row;
        Stripped stripped;
        auto facts = room.facts;
        if (!facts && row.was_joined) {
            PEYK_TRY(facts, reader_.at_end(row));
        }
        if (facts) {
            stripped = {true, facts->encrypted, facts->type, facts->name};
        } else {
            stripped = read_stripped(row.stripped_state);
        }
        // Nothing is known of the room: no filter on its state can be said to match.
        if (!stripped.known) return false;
        if (filters_.is_encrypted && *filters_.is_encrypted != stripped.encrypted) return false;
        auto among = [&](const auto& types) {
            return std::find(types.begin(), types.end(), stripped.type) != types.end();
        };
        if (among(filters_.not_room_types)) return false;
        if (filters_.room_types && !among(*filters_.room_types)) return false;
        return !filters_.name_like || is_like(stripped.name);
    }

    const FactsReader& reader_;
    const rooms::RoomStore& store_;
    const RoomFilters& filters_;
    const std::unordered_set<rooms::RoomNumber>& joined_;
    const UserFacts& user_;
    bool needs_state_ = false;
    std::u32string name_like_;
    std::vector<FactsReader::Children> spaces_;
};

void widen(ScopedRoom& scoped, const RoomConfig& config) {
    scoped.timeline_limit = std::max(scoped.timeline_limit, config.timeline_limit);
    scoped.configs.push_back(&config);
    scoped.heroes = scoped.heroes || config.heroes;
}

// Each set of rules is put together once, however many rooms it matches.
void share_wishes(Scope& scope, const SlidingRequest& request) {
    // Rules that ask for the same are one.
    std::vector<const RoomConfig*> all;
    std::map<const RoomConfig*, const RoomConfig*> same;
    auto meet = [&](const RoomConfig& config) {
        auto found = std::ranges::find_if(
            all, [&](const auto* other) { return other->required_state == config.required_state; });
        if (found == all.end()) found = all.insert(all.end(), &config);
        same.emplace(&config, *found);
    };
    for (const auto& list : request.lists) meet(list.config);
    for (const auto& [room, config] : request.subscriptions) meet(config);
    std::map<std::vector<const RoomConfig*>, std::shared_ptr<const Wish>> wishes;
    for (auto& [number, scoped] : scope.rooms) {
        auto& configs = scoped.configs;
        for (auto& config : configs) config = same.at(config);
        std::sort(configs.begin(), configs.end());
        configs.erase(std::unique(configs.begin(), configs.end()), configs.end());
        auto& shared = wishes[configs];
        if (!shared) {
            auto wish = std::make_shared<Wish>();
            for (const auto* config : configs) wish->required.add(config->required_state);
            wish->encoded = wish->required.encode();
            shared = std::move(wish);
        }
        scoped.wish = shared;
    }
}

// Spec: Subscriptions: in the room, invited or knocking, or once in it.
bool may_subscribe(const rooms::RoomMembership& row) {
    return !is_end(row.membership) || row.was_joined || row.removed;
}

}  // namespace

Result<std::vector<ListedRoom>> list_rooms(const FactsReader& reader, std::uint64_t user,
                                           const rooms::RoomMemberships& rows, const ConnectionState& known,
                                           storage::Position position) {
    std::vector<ListedRoom> out;
    out.reserve(rows.size());
    for (const auto& row : rows) {
        ListedRoom room{&row, nullptr, row.changed};
        if (is_end(row.membership)) {
            const auto* record = known.find(row.number);
            bool untold = record && row.changed > (record->behind ? record->behind : position);
            if (!untold) {
                if (!row.was_joined) continue;
                PEYK_TRY(bool removed, reader.was_removed(user, row));
                if (!removed) continue;
            }
        } else if (row.membership == Membership::join) {
            PEYK_TRY(room.facts, reader.room(row.number));
            if (!room.facts) continue;
            room.activity = room.facts->last_event;
        }
        out.push_back(std::move(room));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
        return a.activity != b.activity ? a.activity > b.activity : a.row->number < b.row->number;
    });
    return out;
}

Result<Scope> apply_rules(const FactsReader& reader, const rooms::RoomStore& store, const SlidingRequest& request,
                          const rooms::RoomMemberships& rows, const UserFacts& user,
                          const std::vector<ListedRoom>& sorted) {
    Scope scope;
    std::unordered_set<rooms::RoomNumber> joined;
    for (const auto& row : rows) {
        if (row.membership == Membership::join) joined.insert(row.number);
    }
    for (const auto& list : request.lists) {
        ListFilter filter(reader, store, list.filters, joined, user);
        PEYK_CHECK(filter.prepare());
        std::size_t index = 0;
        for (const auto& room : sorted) {
            PEYK_TRY(bool matches, filter.matches(room));
            if (!matches) continue;
            auto at = index++;
            bool shown = !list.ranges || std::any_of(list.ranges->begin(), list.ranges->end(), [&](const auto& range) {
                return at >= range.first && at <= range.second;
            });
            if (!shown) continue;
            auto& scoped = scope.rooms[room.row->number];
            if (!scoped.room.row) scoped.room = room;
            widen(scoped, list.config);
            scoped.lists.push_back(list.name);
        }
        scope.counts.emplace_back(list.name, index);
    }
    for (const auto& [id, config] : request.subscriptions) {
        auto number = store.number(id);
        auto row =
            std::find_if(rows.begin(), rows.end(), [&](const auto& candidate) { return candidate.number == number; });
        if (row == rows.end() || row->room != id || !may_subscribe(*row)) continue;
        auto& scoped = scope.rooms[number];
        if (!scoped.room.row) {
            scoped.room = {&*row, nullptr, row->changed};
            if (row->membership == Membership::join) {
                PEYK_TRY(scoped.room.facts, reader.room(number));
            }
        }
        widen(scoped, config);
        scoped.subscribed = true;
    }
    share_wishes(scope, request);
    return scope;
}

}  // namespace peyk::sync
