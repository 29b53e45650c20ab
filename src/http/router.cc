#include "http/router.h"

#include <map>

#include "base/logging.h"

namespace peyk::http {
namespace {

struct Segment {
    enum class Kind : unsigned char { literal, capture, rest };
    Kind kind;
    std::string text;  // the literal, or the capture's name
};

Segment parse_segment(std::string_view text) {
    if (text.size() >= 2 && text.front() == '{' && text.back() == '}') {
        auto name = text.substr(1, text.size() - 2);
        if (name.ends_with("...")) return {Segment::Kind::rest, std::string(name.substr(0, name.size() - 3))};
        return {Segment::Kind::capture, std::string(name)};
    }
    return {Segment::Kind::literal, std::string(text)};
}

// "/a/b" is "a", "b"; "/a/" is "a", "".
std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> parts;
    if (path.empty() || path.front() != '/') return parts;
    path.remove_prefix(1);
    for (;;) {
        auto slash = path.find('/');
        parts.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        path.remove_prefix(slash + 1);
    }
}

struct Entry {
    Route route;
    std::vector<std::string> names;  // of the captures, in order: two routes may name one place differently
};

}  // namespace

struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> capture;
    std::unique_ptr<Node> rest;
    std::vector<std::unique_ptr<Entry>> entries;  // stable addresses: a Match points to the route

    const Entry* entry(Method method) const {
        for (const auto& entry : entries) {
            if (entry->route.method == method) return entry.get();
        }
        return nullptr;
    }
    const Node* literal(std::string_view segment) const {
        if (auto found = literals.find(segment); found != literals.end()) return found->second.get();
        if (segment.find('%') == std::string_view::npos) return nullptr;
        // "%6Din" is "min": escapes of plain characters mean the same path.
        auto decoded = percent_decode(segment);
        if (!decoded) return nullptr;
        auto found = literals.find(*decoded);
        return found == literals.end() ? nullptr : found->second.get();
    }

    // Visits the nodes that the path leads to, the most literal first, until `visit` returns true.
    template <class Visit>
    static bool walk(const Node& node, std::span<const std::string_view> parts, std::vector<std::string_view>& values,
                     const Visit& visit) {
        if (parts.empty()) return !node.entries.empty() && visit(node, values);
        auto segment = parts.front();
        auto after = parts.subspan(1);
        if (const auto* next = node.literal(segment); next && walk(*next, after, values, visit)) return true;
        // An empty segment is captured only at the end: "/state/{type}/{key}" takes an empty key.
        if (node.capture && (!segment.empty() || after.empty())) {
            values.push_back(segment);
            if (walk(*node.capture, after, values, visit)) return true;
            values.pop_back();
        }
        if (node.rest) {
            // The parts are views into one path, so the rest reaches from here to the end of the last one.
            values.emplace_back(segment.data(), static_cast<std::size_t>(parts.back().end() - segment.begin()));
            if (visit(*node.rest, values)) return true;
            values.pop_back();
        }
        return false;
    }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

void Router::add(Route route) {
    auto* node = root_.get();
    std::vector<std::string> names;
    for (auto part : split(route.pattern)) {
        auto segment = parse_segment(part);
        auto& next = segment.kind == Segment::Kind::literal   ? node->literals[segment.text]
                     : segment.kind == Segment::Kind::capture ? node->capture
                                                              : node->rest;
        if (!next) next = std::make_unique<Node>();
        node = next.get();
        if (segment.kind != Segment::Kind::literal) names.push_back(std::move(segment.text));
    }
    if (node->entry(route.method)) {
        panic(fmt::format("two routes for {} {}", method_name(route.method), route.pattern));
    }
    // For who debugs, and for the test that looks for routes nobody thought of.
    log::debug("http", "route {} {}", method_name(route.method), route.pattern);
    node->entries.push_back(std::make_unique<Entry>(std::move(route), std::move(names)));
}

Router::Match Router::match(Method method, std::string_view path) const {
    Match match;
    const Entry* found = nullptr;
    std::vector<std::string_view> values;
    auto parts = split(path);
    if (parts.empty()) return match;
    auto visit = [&](const Node& node, const std::vector<std::string_view>&) {
        match.path_known = true;
        found = node.entry(method);
        if (!found && method == Method::head) found = node.entry(Method::get);
        return found != nullptr;
    };
    if (!Node::walk(*root_, parts, values, visit)) return match;
    match.route = &found->route;
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto value = percent_decode(values[i]);
        if (!value) {
            match.bad_encoding = true;
            return match;
        }
        match.captures.emplace_back(found->names[i], *std::move(value));
    }
    return match;
}

std::vector<Method> Router::methods(std::string_view path) const {
    std::vector<Method> methods;
    std::vector<std::string_view> values;
    auto parts = split(path);
    if (parts.empty()) return methods;
    auto visit = [&](const Node& node, const std::vector<std::string_view>&) {
        for (const auto& entry : node.entries) {
            if (std::ranges::find(methods, entry->route.method) == methods.end())
                methods.push_back(entry->route.method);
        }
        return false;
    };
    Node::walk(*root_, parts, values, visit);
    return methods;
}

}  // namespace peyk::http
