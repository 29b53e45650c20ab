#include "push/rule_book.h"

#include <algorithm>

namespace peyk::push {

RuleBook::RuleBook(const storage::Db& db, const RuleSource& source, Feed& feed) : db_(db), source_(source) {
    feed.listen([this](const FeedEntry& entry) {
        if (entry.kind != FeedEntry::Kind::user) return;
        std::lock_guard lock(mutex_);
        ++changes_[entry.number % changes_.size()];
        users_.erase(entry.number);
    });
}

Result<RuleBook::Holder> RuleBook::load(const UserId& user, UserNumber number) {
    std::uint64_t before = 0;
    {
        std::lock_guard lock(mutex_);
        if (auto found = users_.find(number); found != users_.end()) return found->second;
        before = changes_[number % changes_.size()];
    }
    PEYK_TRY(auto rules, source_.rules(user));
    std::ranges::sort(rules.ignored);
    Holder holder{nullptr, std::make_shared<const std::vector<UserNumber>>(std::move(rules.ignored))};
    auto hash = db_.number(rules.json);
    {
        std::lock_guard lock(mutex_);
        holder.edition = editions_[hash].lock();
    }
    if (!holder.edition) {
        holder.edition = std::make_shared<Edition>();
        PEYK_TRY(holder.edition->rules, json::parse_object(rules.json));
        holder.edition->names_rooms = RuleSet::names_rooms(holder.edition->rules);
        holder.edition->shared = rules.default_only;
    }
    std::lock_guard lock(mutex_);
    if (editions_.size() > kMaxUsers)
        std::erase_if(editions_, [](const auto& entry) { return entry.second.expired(); });
    editions_[hash] = holder.edition;
    if (users_.size() > kMaxUsers) users_.clear();
    if (changes_[number % changes_.size()] == before) users_[number] = holder;
    return holder;
}

std::shared_ptr<const RuleSet> RuleBook::compiled(Edition& edition, const RoomKey& room) const {
    std::lock_guard lock(edition.mutex);
    if (edition.by_room.size() > kMaxRoomsOfEdition) edition.by_room.clear();
    auto& slot = edition.names_rooms ? edition.by_room[room.number] : edition.everywhere;
    if (!slot) {
        auto hash = [this](std::string_view text) { return db_.number(text); };
        slot = RuleSet::compile(edition.rules, room.id.view(), hash);
    }
    return slot;
}

Result<RoomRulesOf> RuleBook::of(const UserId& user, UserNumber number, const RoomKey& room) {
    PEYK_TRY(auto holder, load(user, number));
    return RoomRulesOf{compiled(*holder.edition, room), holder.edition->shared, holder.ignored};
}

}  // namespace peyk::push
