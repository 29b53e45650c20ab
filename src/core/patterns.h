#pragma once
// The small pattern languages of the specification.

#include <string>
#include <string_view>
#include <vector>

namespace peyk {

// "content.m\.relates_to" -> {"content", "m.relates_to"}. Spec: Appendices › Dot-separated property paths.
std::vector<std::string> split_property_path(std::string_view path);

// '*' stands for any number of characters; '?' for one, where the specification says so (it is itself elsewhere: types
// in filters). Compares bytes. Linear in pattern and text together, whatever they hold: each piece between stars is
// looked for once, from where the one before it ended. A piece with '?' between stars that is longer than 255 bytes, as
// no name is, fits nothing. Spec: Appendices › Glob-style matching; Client-Server API › Filtering (types).
enum class QuestionMark : bool { itself, any_character };
bool glob_matches(std::string_view pattern, std::string_view text, QuestionMark question_mark);

}  // namespace peyk
