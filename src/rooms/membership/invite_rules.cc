#include "rooms/membership/invite_rules.h"

#include <algorithm>

#include "core/patterns.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kMaxPatterns = 1'000;

}  // namespace

InviteRules::InviteRules(const json::Value* permission, const json::Value* filter) {
    block_all_ = permission && permission->get_string("default_action") == "block";
    if (!filter || !filter->get_bool("enabled").value_or(true)) return;
    struct Name {
        std::string_view key;
        bool servers;
        InviteVerdict verdict;
    };
    constexpr Name kNames[] = {
        {"allowed_users", false, InviteVerdict::allow},   {"ignored_users", false, InviteVerdict::ignore},
        {"blocked_users", false, InviteVerdict::block},   {"allowed_servers", true, InviteVerdict::allow},
        {"ignored_servers", true, InviteVerdict::ignore}, {"blocked_servers", true, InviteVerdict::block}};
    for (const auto& name : kNames) {
        const auto* given = filter->get_array(name.key);
        if (!given) continue;
        List list{name.servers, name.verdict, {}};
        for (const auto& pattern : *given) {
            if (pattern.string() && list.patterns.size() < kMaxPatterns) list.patterns.push_back(*pattern.string());
        }
        lists_.push_back(std::move(list));
    }
}

InviteVerdict InviteRules::verdict(const UserId& inviter) const {
    if (block_all_) return InviteVerdict::block;
    for (const auto& list : lists_) {
        auto text = list.servers ? inviter.server() : inviter.view();
        if (std::ranges::any_of(list.patterns, [&](const auto& pattern) {
                return glob_matches(pattern, text, QuestionMark::any_character);
            }))
            return list.verdict;
    }
    return InviteVerdict::allow;
}

}  // namespace peyk::rooms
