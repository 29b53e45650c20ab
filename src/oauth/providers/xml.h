#pragma once
// Small XML documents of others: XML 1.0 in UTF-8 with namespaces, and without document types, so that nothing expands
// and nothing is fetched.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peyk::oauth {

struct XmlAttribute {
    std::string name, value;  // without those that have a prefix, and those that declare namespaces
};

struct XmlElement {
    std::string space, name;  // the address of the namespace, or empty; the name without its prefix
    std::string text;         // that stands in it directly, as it is
    bool plain = true;        // text is all that stands in it: no element, no comment, no instruction
    std::vector<XmlAttribute> attributes = {};
    std::vector<XmlElement> children = {};

    bool is(std::string_view wanted_space, std::string_view wanted_name) const {
        return space == wanted_space && name == wanted_name;
    }
};

inline constexpr std::size_t kMaxXmlDepth = 16, kMaxXmlElements = 2'000;

// The outermost element. Nothing: it is not well-formed, has a document type, is in another encoding, or has more
// levels or elements than it may.
std::optional<XmlElement> parse_xml(std::string_view text);

}  // namespace peyk::oauth
