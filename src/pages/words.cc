#include "pages/words.h"

namespace peyk::pages {

std::string_view language_code(Language language) { return language == Language::english ? "en" : "fa"; }
std::string_view direction(Language language) { return language == Language::english ? "ltr" : "rtl"; }

Language choose_language(std::optional<std::string_view> wanted, std::optional<std::string_view> accepted) {
    if (wanted == "fa") return Language::persian;
    if (wanted == "en") return Language::english;
    // Browsers list what they prefer first; weights only repeat that order.
    std::string_view rest = accepted.value_or("");
    while (!rest.empty()) {
        while (rest.starts_with(" ") || rest.starts_with(",")) rest.remove_prefix(1);
        if (rest.starts_with("fa")) return Language::persian;
        if (rest.starts_with("en")) return Language::english;
        auto comma = rest.find(',');
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma);
    }
    return Language::english;
}

}  // namespace peyk::pages
