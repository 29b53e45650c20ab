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

Html privacy_body(const Facts& facts, Language language) {
    auto say = [language](const Words& words) { return words.in(language); };
    Html html;
    html.element("h1", say(words::kPrivacy)).element("p", say(words::kPrivacyIntro));
    html.element("h2", say(words::kNever)).raw("<ul>");
    for (const auto& line : {words::kNever1, words::kNever2, words::kNever3, words::kNever4})
        html.element("li", say(line));
    html.raw("</ul>").element("h2", say(words::kHeld)).element("p", say(words::kNamesNote));
    // The catalog is written in English; a reader of Persian sees it as such.
    html.raw("<table lang=\"en\" dir=\"ltr\"><tr>").element("th", say(words::kHeldWhat));
    html.element("th", say(words::kHeldCategory)).element("th", say(words::kHeldKept)).raw("</tr>");
    for (const auto& held : facts.held) {
        html.raw("<tr>").element("td", held.about).element("td", held.category).element("td", held.kept).raw("</tr>");
    }
    html.raw("</table>").element("h2", say(words::kSwitches)).raw("<table lang=\"en\" dir=\"ltr\">");
    for (const auto& feature : facts.features) {
        html.raw("<tr>")
            .element("td", feature.about)
            .element("td", say(feature.on ? words::kOn : words::kOff))
            .raw("</tr>");
    }
    html.raw("</table>");
    if (!facts.providers.empty()) {
        html.element("h2", say(words::kPrivacyProviders)).element("p", say(words::kPrivacyProvidersAbout)).raw("<ul>");
        for (const auto& provider : facts.providers) {
            html.raw("<li><bdi>").text(provider.name).raw("</bdi> (<code dir=\"ltr\">").text(provider.host);
            html.raw("</code>)</li>");
        }
        html.raw("</ul>");
    }
    html.element("h2", say(words::kDisk));
    html.element("p", say(facts.key_place == KeyPlace::passphrase ? words::kDiskPassphrase : words::kDiskKeyFile));
    html.element("h2", say(words::kLimits)).raw("<ul>");
    for (const auto& line : {words::kLimit1, words::kLimit2, words::kLimit3, words::kLimit4})
        html.element("li", say(line));
    html.raw("</ul>");
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
