#include "rooms/membership/invite_rules.h"

#include <gtest/gtest.h>

namespace peyk::rooms {
namespace {

InviteVerdict verdict(const char* permission, const char* filter, const char* inviter) {
    auto first = json::parse(permission), second = json::parse(filter);
    return InviteRules(&*first, &*second).verdict(UserId::trusted(inviter));
}

TEST(InviteRules, the_first_list_that_matches_decides) {
    constexpr auto kAllow = InviteVerdict::allow, kIgnore = InviteVerdict::ignore, kBlock = InviteVerdict::block;
    struct Row {
        const char* permission;
        const char* filter;
        const char* inviter;
        InviteVerdict verdict;
    };
    const Row rows[] = {
        {"{}", "{}", "@a:x", kAllow},
        {R"({"default_action":"block"})", "{}", "@a:x", kBlock},
        {R"({"default_action":"block"})", R"({"allowed_users":["@a:x"]})", "@a:x", kBlock},
        {R"({"default_action":"allow"})", "{}", "@a:x", kAllow},
        {R"({"default_action":true})", "{}", "@a:x", kAllow},
        {"[]", R"("text")", "@a:x", kAllow},
        {"{}", R"({"blocked_users":["@a:x"]})", "@a:x", kBlock},
        {"{}", R"({"blocked_users":["@a:x"]})", "@ab:x", kAllow},
        {"{}", R"({"blocked_users":["@a*:x"]})", "@ab:x", kBlock},
        {"{}", R"({"blocked_users":["@?:x"]})", "@b:x", kBlock},
        {"{}", R"({"blocked_users":["@?:x"]})", "@bc:x", kAllow},
        {"{}", R"({"ignored_users":["@a:x"],"blocked_users":["@*"]})", "@a:x", kIgnore},
        {"{}", R"({"allowed_users":["@a:x"],"blocked_servers":["*"]})", "@a:x", kAllow},
        {"{}", R"({"allowed_users":["@a:x"],"blocked_servers":["*"]})", "@b:x", kBlock},
        {"{}", R"({"allowed_servers":["x"],"ignored_servers":["*"]})", "@a:x", kAllow},
        {"{}", R"({"allowed_servers":["x"],"ignored_servers":["*"]})", "@a:sub.x", kIgnore},
        {"{}", R"({"enabled":false,"blocked_users":["@a:x"]})", "@a:x", kAllow},
        {"{}", R"({"blocked_users":[1,null,"@a:x"]})", "@a:x", kBlock},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(verdict(row.permission, row.filter, row.inviter), row.verdict)
            << row.permission << ' ' << row.filter << ' ' << row.inviter;
    }
}

}  // namespace
}  // namespace peyk::rooms
