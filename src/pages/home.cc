#include "pages/page.h"
#include "pages/words_providers.h"

namespace peyk::pages {
namespace {

Words how_to_register(Registration registration) {
    switch (registration) {
        case Registration::open: return words::kRegisterOpen;
        case Registration::token: return words::kRegisterToken;
        case Registration::closed: return words::kRegisterClosed;
    }
    return words::kRegisterClosed;
}

}  // namespace

Html home_body(const Facts& facts, Language language) {
    auto say = [language](const Words& words) { return words.in(language); };
    Html html;
    html.raw("<h1>").text(facts.server_name).raw("</h1><p>").raw("<bdi>").text(facts.server_name).raw("</bdi> ");
    html.text(say(words::kWhatItIs)).raw("</p>");
    if (facts.trial) html.raw("<p class=\"note\">").text(say(words::kTrial)).raw("</p>");
    html.element("h2", say(words::kConnect)).raw("<ol>");
    html.element("li", say(words::kConnect1));
    html.raw("<li>").text(say(words::kConnect2)).raw("<br><code class=\"address\" dir=\"ltr\">").text(facts.base_url);
    html.raw("</code></li>").element("li", say(how_to_register(facts.registration)));
    if (!facts.providers.empty()) {
        html.raw("<li>").text(say(words::kSignInWith));
        for (const auto& provider : facts.providers) html.raw(" · <bdi>").text(provider.name).raw("</bdi>");
        html.raw("</li>");
    }
    html.element("li", say(words::kRecovery)).raw("</ol><p>").text(say(words::kYourName));
    html.raw(" <code dir=\"ltr\">@sara:").text(facts.server_name).raw("</code></p>");
    if (facts.authority->now()) {
        html.raw("<p>").text(say(words::kCaHint)).raw(" <a href=\"/_peyk/ca\">").text(say(words::kCa)).raw("</a></p>");
    }
    return html;
}

Html certificate_body(const Facts& facts, Language language, std::string_view here) {
    auto say = [language](const Words& words) { return words.in(language); };
    Html html;
    html.element("h1", say(words::kCa)).element("p", say(words::kCaIntro));
    html.raw("<p><a class=\"button\" href=\"/_peyk/ca.crt\">").text(say(words::kCaDownload)).raw("</a></p>");
    html.element("p", say(words::kCaFingerprint))
        .raw("<p><code dir=\"ltr\">")
        .text(facts.authority->now()->fingerprint)
        .raw("</code></p>");
    html.raw("<ul>");
    for (const auto& line : {words::kCaAndroid, words::kCaIos, words::kCaWindows, words::kCaMac, words::kCaLinux}) {
        html.element("li", say(line));
    }
    html.raw("</ul>");
    if (!here.empty()) {
        html.element("p", say(words::kCaScan))
            .append(qr_code(here))
            .raw("<p><code dir=\"ltr\">")
            .text(here)
            .raw("</code></p>");
    }
    return html;
}

Html reset_body(Language language, std::string_view token, const Words* complaint) {
    auto say = [language](const Words& words) { return words.in(language); };
    Html html;
    html.element("h1", say(words::kReset)).element("p", say(words::kResetIntro));
    if (complaint) html.raw("<p class=\"complaint\" role=\"alert\">").text(say(*complaint)).raw("</p>");
    html.raw("<form method=\"post\" action=\"/_peyk/reset?lang=").text(language_code(language));
    html.raw("\"><input type=\"hidden\" name=\"token\" value=\"")
        .text(token)
        .raw("\"><label>")
        .text(say(words::kResetNew));
    html.raw(
        "<input type=\"password\" name=\"password\" autocomplete=\"new-password\" required "
        "maxlength=\"512\"></label><label>");
    html.text(say(words::kResetRepeat));
    html.raw(
        "<input type=\"password\" name=\"repeat\" autocomplete=\"new-password\" required maxlength=\"512\"></label>");
    html.raw("<button>").text(say(words::kResetButton)).raw("</button></form>");
    return html;
}

}  // namespace peyk::pages
