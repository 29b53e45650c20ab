#include "core/redaction.h"

namespace peyk {
namespace {

bool one_of(std::string_view key, std::initializer_list<std::string_view> keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool survives_at_top(std::string_view key, const RoomRules& rules) {
    if (rules.redaction_keeps_origin && one_of(key, {"origin", "membership", "prev_state"})) return true;
    return one_of(key, {"event_id", "type", "room_id", "sender", "state_key", "content", "hashes", "signatures",
                        "depth", "prev_events", "auth_events", "origin_server_ts"});
}

enum class Keep : unsigned char { nothing, everything, signed_only };

Keep keep_if(bool condition) { return condition ? Keep::everything : Keep::nothing; }

Keep survives_in_member(std::string_view key, const RoomRules& rules) {
    if (key == "membership") return Keep::everything;
    if (key == "join_authorised_via_users_server") return keep_if(rules.redaction_keeps_authorising_user);
    // The proof of a third-party invite stays, the invited person's displayed address does not.
    if (key == "third_party_invite" && rules.redaction_keeps_signed_invite) return Keep::signed_only;
    return Keep::nothing;
}

Keep survives_in_power_levels(std::string_view key, const RoomRules& rules) {
    if (key == "invite") return keep_if(rules.redaction_keeps_invite_level);
    return keep_if(
        one_of(key, {"ban", "events", "events_default", "kick", "redact", "state_default", "users", "users_default"}));
}

Keep survives_in_content(std::string_view type, std::string_view key, const RoomRules& rules) {
    if (!type.starts_with("m.room.")) return Keep::nothing;
    if (type == "m.room.member") return survives_in_member(key, rules);
    if (type == "m.room.create") return keep_if(rules.redaction_keeps_all_of_create || key == "creator");
    if (type == "m.room.join_rules")
        return keep_if(key == "join_rule" || (key == "allow" && rules.redaction_keeps_allow));
    if (type == "m.room.power_levels") return survives_in_power_levels(key, rules);
    if (type == "m.room.history_visibility") return keep_if(key == "history_visibility");
    if (type == "m.room.aliases") return keep_if(key == "aliases" && rules.redaction_keeps_aliases);
    if (type == "m.room.redaction") return keep_if(key == "redacts" && rules.redaction_keeps_redacts);
    return Keep::nothing;
}

// third_party_invite reduced to its `signed`. Nothing when there is none to keep.
std::optional<json::Object> signed_part(const json::Value& invite) {
    const json::Value* proof = invite.get("signed");
    if (!proof) return std::nullopt;
    json::Object kept;
    kept.set("signed", *proof);
    return kept;
}

json::Object redact_content(std::string_view type, const json::Object& content, const RoomRules& rules) {
    json::Object kept;
    for (const auto& [key, value] : content) {
        switch (survives_in_content(type, key, rules)) {
            case Keep::nothing: break;
            case Keep::everything: kept.set(key, value); break;
            case Keep::signed_only:
                if (auto part = signed_part(value)) kept.set(key, *std::move(part));
        }
    }
    return kept;
}

// An event without a type or with content of another kind is no event, but the algorithm still says what is left.
std::string_view type_of(const json::Object& pdu) {
    const json::Value* type = pdu.find("type");
    return type && type->string() ? std::string_view(*type->string()) : std::string_view{};
}

class MemberWriter {
public:
    explicit MemberWriter(std::string& out) : out_(out) { out_ += '{'; }
    std::string& member(std::string_view key) {
        if (!first_) out_ += ',';
        first_ = false;
        json::write_string(out_, key);
        out_ += ':';
        return out_;
    }
    void close() { out_ += '}'; }

private:
    std::string& out_;
    bool first_ = true;
};

}  // namespace

json::Object redact(json::Object pdu, const RoomRules& rules) {
    const std::string type(type_of(pdu));
    json::Object kept;
    for (const auto& [key, value] : pdu) {
        if (!survives_at_top(key, rules)) continue;
        const json::Object* content = key == "content" ? value.object() : nullptr;
        if (content) {
            kept.set(key, redact_content(type, *content, rules));
        } else {
            kept.set(key, value);
        }
    }
    return kept;
}

void write_redacted_content(std::string& out, std::string_view type, const json::Object& content,
                            const RoomRules& rules) {
    MemberWriter writer(out);
    for (const auto& [key, value] : content) {
        switch (survives_in_content(type, key, rules)) {
            case Keep::nothing: break;
            case Keep::everything: json::write_to(writer.member(key), value); break;
            case Keep::signed_only:
                if (auto part = signed_part(value)) json::write_to(writer.member(key), *part);
        }
    }
    writer.close();
}

void write_redacted(std::string& out, const json::Object& pdu, const RoomRules& rules) {
    const std::string_view type = type_of(pdu);
    MemberWriter writer(out);
    for (const auto& [key, value] : pdu) {
        if (key == "signatures" || !survives_at_top(key, rules)) continue;
        const json::Object* content = key == "content" ? value.object() : nullptr;
        if (content) {
            write_redacted_content(writer.member(key), type, *content, rules);
        } else {
            json::write_to(writer.member(key), value);
        }
    }
    writer.close();
}

}  // namespace peyk
