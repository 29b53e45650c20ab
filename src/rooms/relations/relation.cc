#include "rooms/relations/relation.h"

#include <array>

namespace peyk::rooms {
namespace {
constexpr std::array<std::string_view, 5> kTexts{"", "m.thread", "m.replace", "m.reference", "m.annotation"};
}

RelationKind relation_kind(std::string_view rel_type) {
    for (std::size_t i = 1; i < kTexts.size(); ++i) {
        if (kTexts[i] == rel_type) return static_cast<RelationKind>(i);
    }
    return RelationKind::other;
}

std::string_view relation_text(RelationKind kind) { return kTexts[static_cast<std::size_t>(kind)]; }

std::optional<Relation> relation_of(const Event& event) {
    const auto* relates = event.content.find("m.relates_to");
    if (!relates || !relates->is_object()) return std::nullopt;
    auto type = relates->get_string("rel_type");
    auto target = relates->get_string("event_id");
    if (!type || type->empty() || type->size() > kMaxIdBytes || !target) return std::nullopt;
    auto parent = EventId::parse(*target);
    if (!parent) return std::nullopt;
    Relation out{relation_kind(*type), std::string(*type), *std::move(parent), std::nullopt};
    if (out.kind == RelationKind::annotation) {
        if (auto key = relates->get_string("key")) out.key = std::string(*key);
    }
    return out;
}

}  // namespace peyk::rooms
