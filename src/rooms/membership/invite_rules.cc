#include "rooms/membership/invite_rules.h"

#include <algorithm>

namespace peyk::rooms {
namespace {

constexpr std::size_t kMaxPatterns = 1'000;

// '*' stands for any number of characters, '?' for one. Linear: each star is tried at its last place only.
bool matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p, ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    return pattern.substr(p).find_first_not_of('*') == std::string_view::npos;
}

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
        if (std::ranges::any_of(list.patterns, [&](const auto& pattern) { return matches(pattern, text); }))
            return list.verdict;
    }
    return InviteVerdict::allow;
}

}  // namespace peyk::rooms
