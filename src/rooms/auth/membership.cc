// The rules for m.room.member. Step numbers are those of version 8 to 11 below the rule's own number 4 (5 in version
// 12); versions before 8 lack step 2 and so count one less from there. rule_number() has the exact ones.

#include "base/bytes.h"
#include "core/signing.h"
#include "rooms/auth/state_view.h"

namespace peyk::rooms {
namespace {

struct MemberChange {
    const Event& event;
    const StateView& state;
    std::string_view sender;
    std::string_view target;

    bool on_self() const { return sender == target; }
    Standing sender_was() const { return state.membership(sender); }
    Standing target_was() const { return state.membership(target); }
    Level power() const { return state.levels().user_level(sender); }
    Level target_power() const { return state.levels().user_level(target); }
};

bool is_restricted_rule(std::string_view join_rule, const RoomRules& rules) {
    return (rules.restricted_joins && join_rule == "restricted") ||
           (rules.knock_restricted && join_rule == "knock_restricted");
}

bool is_knock_rule(std::string_view join_rule, const RoomRules& rules) {
    return (rules.knocking && join_rule == "knock") || (rules.knock_restricted && join_rule == "knock_restricted");
}

// 3.5: somebody in the room who could have invited the user vouches instead. That the vouching user's server signed
// the event is one of required_signers().
Verdict check_restricted_join(const MemberChange& change, Standing was) {
    if (was == Standing::join || was == Standing::invite) return allow(Rule::join_restricted_inside);
    const auto authoriser = string_in(change.event.content, "join_authorised_via_users_server");
    const PowerLevels& levels = change.state.levels();
    const bool vouched = !authoriser.empty() && change.state.membership(authoriser) == Standing::join &&
                         levels.user_level(authoriser) >= levels.invite_level();
    return vouched ? allow(Rule::join_restricted_allowed) : reject(Rule::join_restricted_authoriser);
}

// 3: "join".
Verdict check_join(const MemberChange& change) {
    const RoomRules& rules = change.state.rules();
    const Event& create = *change.state.create();
    // 3.1: the first join follows the create event alone. Additional creators are no exception to the rules behind.
    const bool follows_create = change.event.pdu.value().prev_events == std::vector{create.id};
    const bool is_maker =
        rules.creator_from_sender ? create.sender.view() == change.target : is_creator(create, change.target, rules);
    if (follows_create && is_maker) return allow(Rule::join_first);
    // 3.2, 3.3
    if (!change.on_self()) return reject(Rule::join_for_another);
    const Standing was = change.sender_was();
    if (was == Standing::ban) return reject(Rule::join_banned);
    // 3.4: an invite, and a knock that was answered with one.
    const std::string join_rule = change.state.join_rule();
    const bool takes_invited = join_rule == "invite" || (rules.knocking && join_rule == "knock");
    if (takes_invited && (was == Standing::invite || was == Standing::join)) return allow(Rule::join_invited);
    if (is_restricted_rule(join_rule, rules)) return check_restricted_join(change, was);
    // 3.6, 3.7
    return join_rule == "public" ? allow(Rule::join_public) : reject(Rule::join_refused);
}

// Public keys of an m.room.third_party_invite: `public_key` and those in `public_keys`. Decoded.
std::vector<std::string> keys_of_invite(const json::Object& content) {
    std::vector<std::string> keys;
    auto add = [&keys](const json::Value* text) {
        if (!text || !text->string()) return;
        auto key = base64_decode(*text->string());
        if (!key) key = base64_decode(*text->string(), Base64::url);
        if (key) keys.push_back(*std::move(key));
    };
    add(content.find("public_key"));
    const json::Value* list = content.find("public_keys");
    if (list && list->array()) {
        for (const json::Value& entry : *list->array()) add(entry.get("public_key"));
    }
    return keys;
}

// More keys or signatures than this are not tried: a signature costs a hundred times more than all other rules.
constexpr std::size_t kMaxInviteChecks = 64;

bool any_signature_holds(const json::Object& proof, const std::vector<std::string>& keys) {
    const json::Value* signatures = proof.find("signatures");
    if (!signatures || !signatures->object() || keys.empty()) return false;
    const std::string text = signed_text(proof);
    std::size_t checks = 0;
    for (const auto& [server, of_server] : *signatures->object()) {
        if (!of_server.object()) continue;
        for (const auto& [key_id, encoded] : *of_server.object()) {
            auto signature =
                encoded.string() && is_known_key_id(key_id) ? base64_decode(*encoded.string()) : std::nullopt;
            if (!signature) continue;
            for (const std::string& key : keys) {
                if (++checks > kMaxInviteChecks) return false;
                if (verify_signature(key, text, *signature)) return true;
            }
        }
    }
    return false;
}

// 4.1: an invite by e-mail address or the like that its owner has taken up.
Verdict check_third_party_invite(const MemberChange& change, const json::Value& invite) {
    if (change.target_was() == Standing::ban) return reject(Rule::third_party_banned);
    const json::Object* proof = invite.get_object("signed");
    if (!proof) return reject(Rule::third_party_unsigned);
    const json::Value* mxid = proof->find("mxid");
    const json::Value* token = proof->find("token");
    if (!mxid || !mxid->string() || !token || !token->string()) return reject(Rule::third_party_incomplete);
    if (*mxid->string() != change.target) return reject(Rule::third_party_other_user);
    auto original = change.state.third_party_invite(*token->string());
    if (!original) return reject(Rule::third_party_no_event);
    if (original->sender.view() != change.sender) return reject(Rule::third_party_other_sender);
    if (any_signature_holds(*proof, keys_of_invite(original->content))) return allow(Rule::third_party_allowed);
    return reject(Rule::third_party_bad_signature);
}

// 4: "invite".
Verdict check_invite(const MemberChange& change) {
    if (const json::Value* invite = change.event.content.find("third_party_invite")) {
        return check_third_party_invite(change, *invite);
    }
    if (change.sender_was() != Standing::join) return reject(Rule::invite_from_outside);
    const Standing target_was = change.target_was();
    if (target_was == Standing::join || target_was == Standing::ban) return reject(Rule::invite_of_member);
    return change.power() >= change.state.levels().invite_level() ? allow(Rule::invite_allowed)
                                                                  : reject(Rule::invite_level);
}

// 5: "leave", which is also a kick and the lifting of a ban.
Verdict check_leave(const MemberChange& change) {
    const Standing target_was = change.target_was();
    // 5.1: leaving by oneself needs something to leave.
    if (change.on_self()) {
        const bool knocked = change.state.rules().knocking && target_was == Standing::knock;
        return {target_was == Standing::invite || target_was == Standing::join || knocked, Rule::leave_self};
    }
    // 5.2: acting on another user needs a seat in the room.
    if (change.sender_was() != Standing::join) return reject(Rule::leave_from_outside);
    // 5.3: lifting a ban takes the ban level, and then all that a kick takes.
    const PowerLevels& levels = change.state.levels();
    const Level power = change.power();
    if (target_was == Standing::ban && power < levels.ban_level()) return reject(Rule::unban_level);
    // 5.4, 5.5
    const bool may_kick = power >= levels.kick_level() && change.target_power() < power;
    return may_kick ? allow(Rule::kick_allowed) : reject(Rule::kick_refused);
}

// 6: "ban".
Verdict check_ban(const MemberChange& change) {
    if (change.sender_was() != Standing::join) return reject(Rule::ban_from_outside);
    const Level power = change.power();
    const bool may_ban = power >= change.state.levels().ban_level() && change.target_power() < power;
    return may_ban ? allow(Rule::ban_allowed) : reject(Rule::ban_refused);
}

// 7: "knock".
Verdict check_knock(const MemberChange& change) {
    if (!is_knock_rule(change.state.join_rule(), change.state.rules())) return reject(Rule::knock_join_rule);
    if (!change.on_self()) return reject(Rule::knock_for_another);
    const Standing was = change.sender_was();
    const bool outside = was != Standing::ban && was != Standing::invite && was != Standing::join;
    return outside ? allow(Rule::knock_allowed) : reject(Rule::knock_refused);
}

}  // namespace

Verdict check_membership(const Event& event, const StateView& state) {
    // 1: both are needed; a membership of another kind than text is none.
    const json::Value* membership = event.content.find("membership");
    if (!event.state_key || !membership || !membership->string()) return reject(Rule::member_incomplete);
    // 2: there must be a server that can have signed for the authorising user.
    const json::Value* authoriser = event.content.find("join_authorised_via_users_server");
    if (state.rules().restricted_joins && authoriser &&
        (!authoriser->string() || !UserId::parse(*authoriser->string()).has_value())) {
        return reject(Rule::member_authoriser);
    }
    const MemberChange change{event, state, event.sender.view(), *event.state_key};
    switch (membership_from(*membership->string())) {
        case Standing::join: return check_join(change);
        case Standing::invite: return check_invite(change);
        case Standing::leave: return check_leave(change);
        case Standing::ban: return check_ban(change);
        case Standing::knock: return state.rules().knocking ? check_knock(change) : reject(Rule::membership_unknown);
        case Standing::unknown: break;
    }
    return reject(Rule::membership_unknown);
}

}  // namespace peyk::rooms
