#pragma once
// Finds the handler of a request. Patterns: "/a/{name}/b"; a capture is one segment; "{name...}" at the end takes the
// rest, slashes included. Matching is on the percent-encoded path, segment by segment, so an encoded slash stays inside
// its segment. Literals win over captures, captures over the rest; an empty segment is captured only as the last one.
// HEAD is served by the GET route where it has none of its own.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/message.h"

namespace peyk::http {

using Handler = std::function<Task<Response>(Request)>;

struct Route {
    Method method;
    std::string pattern;
    Handler handler;
    std::size_t max_body = 1024 * 1024;
    bool streams_body = false;
    bool long_poll = false;  // not counted as work in progress when the server drains
};

class Router {
public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    // Two routes with one method and pattern are a broken invariant.
    void add(Route route);

    struct Match {
        const Route* route = nullptr;  // null: no such path, or no such method on it
        bool path_known = false;
        bool bad_encoding = false;  // a capture does not decode
        std::vector<std::pair<std::string, std::string>> captures;
    };
    Match match(Method method, std::string_view path) const;
    // Methods of a path, for Allow.
    std::vector<Method> methods(std::string_view path) const;

private:
    struct Node;
    std::unique_ptr<Node> root_;
};

}  // namespace peyk::http
