#include "rooms/membership/third_party_invites.h"

#include <algorithm>

#include "base/bytes.h"
#include "core/errors.h"
#include "core/json_text.h"
#include "core/signing.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kMaxKeys = 16;

struct Key {
    std::string text, url;  // base64; where its validity is asked
};

// Spec: m.room.third_party_invite: `public_keys`, and the older single key.
std::vector<Key> keys_of(const json::Object& content) {
    std::vector<Key> keys;
    if (const auto* list = content.find("public_keys"); list && list->array()) {
        for (const auto& item : *list->array()) {
            auto text = item.get_string("public_key");
            if (!text || keys.size() == kMaxKeys) continue;
            keys.push_back({std::string(*text), std::string(item.get_string("key_validity_url").value_or(""))});
        }
    }
    auto single = text_in(content, "public_key");
    bool listed = std::ranges::any_of(keys, [&](const Key& key) { return key.text == single; });
    if (!single.empty() && !listed) keys.push_back({std::move(single), text_in(content, "key_validity_url")});
    return keys;
}

bool signed_by(const json::Object& proof, const Key& key) {
    auto bytes = base64_decode(key.text);
    const auto* signatures = proof.find("signatures");
    if (!bytes || !signatures || !signatures->object()) return false;
    for (const auto& [server, by_key] : *signatures->object()) {
        if (!by_key.object() || by_key.object()->size() > kMaxKeys) continue;
        for (const auto& [id, signature] : *by_key.object()) {
            if (verify_json(proof, server, id, *bytes)) return true;
        }
    }
    return false;
}

}  // namespace

struct ThirdPartyInvites::Open {
    UserId sender;
    std::string display_name;
    Key key;  // that signed the proof
};

Result<ThirdPartyInvites::Open> ThirdPartyInvites::find(const RoomId& room, const json::Object& proof) const {
    auto refused = [] { return m::forbidden("There is no such invitation, or this does not prove that it is yours"); };
    const auto& store = rooms_.store();
    PEYK_TRY(auto info, store.find(room));
    if (!info) return m::not_found("This server does not know the room");
    PEYK_TRY(auto last, store.last(*info));
    if (!last) return refused();
    PEYK_TRY(auto invitation, store.state(*info, last->after, "m.room.third_party_invite", text_in(proof, "token")));
    if (!invitation) return refused();
    const auto& content = invitation->event->content;
    for (auto& key : keys_of(content)) {
        if (signed_by(proof, key))
            return Open{invitation->event->sender, text_in(content, "display_name"), std::move(key)};
    }
    return refused();
}

Task<Result<void>> ThirdPartyInvites::exchange(RoomId room, UserId target, json::Object proof) {
    if (text_in(proof, "mxid") != target.view()) co_return m::forbidden("This proves that somebody else was invited");
    PEYK_CO_TRY(auto open, find(room, proof));
    // Outside of the lane: the identity server may take its time.
    auto asking = identity_.key_is_valid(open.key.url, open.key.text);
    auto valid = co_await std::move(asking);
    if (!valid || !*valid) co_return m::forbidden("The key of this invitation is not valid, or nobody says that it is");
    PEYK_CO_TRY(auto write, co_await rooms_.enter(std::move(room)));
    PEYK_CO_TRY(auto was, write.membership(target));
    if (was == Membership::join || was == Membership::invite) co_return Result<void>{};
    PEYK_CO_TRY(auto content, actions_.member_content(target, "invite", {}));
    content.set("third_party_invite",
                json::Object{{"display_name", std::move(open.display_name)}, {"signed", std::move(proof)}});
    Draft draft{"m.room.member", target.str(), std::move(content)};
    PEYK_CO_CHECK(write.add(open.sender, std::move(draft)));
    co_return co_await std::move(write).commit();
}

// What the invited person's mail may say.
Task<Result<json::Object>> ThirdPartyInvites::describe(UserId sender, RoomId room) const {
    json::Object about{{"room_id", room.str()}, {"sender", sender.str()}};
    PEYK_CO_TRY(auto write, co_await rooms_.enter(std::move(room)));
    PEYK_CO_TRY(auto was, write.membership(sender));
    if (was != Membership::join) co_return m::forbidden("You are not in this room");
    PEYK_CO_TRY(auto name, write.state("m.room.name"));
    if (name) about.set("room_name", text_in(name->content, "name"));
    PEYK_CO_TRY(auto member, write.state("m.room.member", sender.view()));
    if (member) about.set("sender_display_name", text_in(member->content, "displayname"));
    // Tried, and dropped: nobody is asked about an address, or writes to it, for who may not invite.
    Draft tried{"m.room.third_party_invite", "", {}};
    PEYK_CO_CHECK(write.add(sender, std::move(tried)));
    co_return about;
}

Task<Result<void>> ThirdPartyInvites::invite(UserId sender, RoomId room, ThirdPartyAddress address,
                                             MembershipActions::Extra extra) {
    PEYK_CO_TRY(auto about, co_await describe(sender, room));
    PEYK_CO_TRY(auto known, co_await identity_.look_up(address));
    if (known) {
        co_return co_await actions_.invite(std::move(sender), std::move(room), *std::move(known), std::move(extra));
    }
    about.set("medium", address.medium);
    about.set("address", address.address);
    PEYK_CO_TRY(auto stored, co_await identity_.store_invite(std::move(address), std::move(about)));
    auto token = text_in(stored, "token");
    auto keys = keys_of(stored);
    if (token.empty() || keys.empty()) co_return m::unknown("The identity server stored no invitation");
    json::Array list;
    for (const auto& key : keys) {
        json::Object item{{"public_key", key.text}};
        if (!key.url.empty()) item.set("key_validity_url", key.url);
        list.push_back(std::move(item));
    }
    json::Object content{{"display_name", text_in(stored, "display_name")},
                         {"public_key", keys.front().text},
                         {"key_validity_url", keys.front().url},
                         {"public_keys", std::move(list)}};
    Draft draft{"m.room.third_party_invite", std::move(token), std::move(content)};
    auto sending = rooms_.send(std::move(sender), std::move(room), std::move(draft), std::nullopt);
    PEYK_CO_CHECK(co_await std::move(sending));
    co_return Result<void>{};
}

}  // namespace peyk::rooms
