#include "core/patterns.h"

namespace peyk {

std::vector<std::string> split_property_path(std::string_view path) {
    std::vector<std::string> out(1);
    for (std::size_t i = 0; i < path.size(); ++i) {
        bool escapes = path[i] == '\\' && i + 1 < path.size() && (path[i + 1] == '.' || path[i + 1] == '\\');
        if (escapes) {
            out.back() += path[++i];
        } else if (path[i] == '.') {
            out.emplace_back();
        } else {
            out.back() += path[i];
        }
    }
    return out;
}

bool glob_matches(std::string_view pattern, std::string_view text, QuestionMark question_mark) {
    bool any = question_mark == QuestionMark::any_character;
    // Only the last star is tried at further places: what stood before it fits already.
    std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.size() && (pattern[p] == text[t] || (any && pattern[p] == '?'))) {
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

}  // namespace peyk
