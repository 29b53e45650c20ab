#pragma once
// Whose invitations a user wants. Spec: Client-Server API › Invite permission; MSC4155: by user and server.

#include <memory>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/json.h"

namespace peyk::rooms {

enum class InviteVerdict : std::uint8_t {
    allow,
    ignore,  // it stands, but the user is not told
    block    // the inviter is: M_INVITE_BLOCKED
};

class InviteRules {
public:
    // `permission`: m.invite_permission_config; `filter`: org.matrix.msc4155.invite_permission_config. Null: not set.
    // What is malformed counts as not there.
    InviteRules(const json::Value* permission, const json::Value* filter);
    InviteVerdict verdict(const UserId& inviter) const;

private:
    struct List {
        bool servers;  // patterns of server names, else of user ids
        InviteVerdict verdict;
        std::vector<std::string> patterns;
    };
    bool block_all_ = false;
    std::vector<List> lists_;  // the first that matches decides
};
using InviteRulesPtr = std::shared_ptr<const InviteRules>;  // null: every invitation is welcome

// Port: the rules are account data of the user. Implemented over users/.
class InvitePolicies {
public:
    virtual ~InvitePolicies() = default;
    virtual Result<InviteRulesPtr> invite_rules_of(std::uint64_t) const { return nullptr; }  // may block
};

}  // namespace peyk::rooms
