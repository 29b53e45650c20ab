// /privacy: what the server holds, in words for people, and the catalog behind it for those who want to check.

#include <algorithm>

#include "pages/page.h"
#include "pages/words_held.h"
#include "pages/words_providers.h"

namespace peyk::pages {
namespace {

const HeldWords* words_of(const HeldGroup& group) {
    auto found = std::ranges::find(words::kHeldGroups, std::string_view(group.group), &HeldWords::group);
    return found == std::end(words::kHeldGroups) ? nullptr : found;
}

// Names of the kinds of data of a group, "·" between them.
void write_labels(Html& html, const HeldGroup& group, Language language) {
    bool first = true;
    auto add = [&](const Words& words) {
        if (!std::exchange(first, false)) html.raw(" · ");
        html.text(words.in(language));
    };
    for (std::size_t i = 0; i < words::kLabels.size(); ++i) {
        if (group.labels & (1U << i)) add(words::kLabels[i]);
    }
    if (group.written) add(words::kWrittenByPeople);
    if (first) html.text(words::kNothingHeld.in(language));
}

void write_places(Html& html, const HeldGroup& group, Language language) {
    if (group.sealed) html.text(words::kOnDisk.in(language));
    if (group.sealed && group.clear) html.raw(" · ");
    if (group.clear) html.text(words::kInClear.in(language));
    if (!group.sealed && !group.clear) html.text(words::kInMemoryOnly.in(language));
}

void write_groups(Html& html, const Facts& facts, Language language) {
    auto say = [language](const Words& words) { return words.in(language); };
    html.raw("<table><tr>");
    for (const auto& heading :
         {words::kHeldWhat, words::kHeldWhy, words::kHeldKept, words::kHeldWhere, words::kHeldCategory})
        html.element("th", say(heading));
    html.raw("</tr>");
    for (const auto& group : facts.groups) {
        const auto* about = words_of(group);
        if (!about) continue;  // a test of app/ finds groups without words
        html.raw("<tr>").element("td", say(about->what)).element("td", say(about->why));
        html.element("td", say(about->kept)).raw("<td>");
        write_places(html, group, language);
        html.raw("</td><td>");
        write_labels(html, group, language);
        html.raw("</td></tr>");
    }
    html.raw("</table>");
}

void write_sixteen(Html& html, const Facts& facts, Language language) {
    bool written = std::ranges::any_of(facts.groups, &HeldGroup::written);
    html.element("h2", words::kSixteen.in(language)).raw("<table>");
    for (std::size_t i = 0; i < words::kLabels.size(); ++i) {
        html.raw("<tr>").element("td", words::kLabels[i].in(language)).raw("<td>");
        bool none = true;
        for (const auto& group : facts.groups) {
            const auto* about = words_of(group);
            if (!about || !(group.labels & (1U << i))) continue;
            if (!std::exchange(none, false)) html.raw("<br>");
            html.text(about->what.in(language));
        }
        // Places, health, money, belief and the like: nothing takes them, but anybody may write of them.
        bool writable = written && ((i >= 1 && i <= 4) || i == 10 || i == 13 || i == 14);
        if (none) html.text((writable ? words::kOnlyAsWritten : words::kNothingHeld).in(language));
        html.raw("</td></tr>");
    }
    html.raw("</table>");
}

// The catalog is written in English; a reader of Persian sees it as such.
void write_catalog(Html& html, const Facts& facts, Language language) {
    auto say = [language](const Words& words) { return words.in(language); };
    html.raw("<details><summary>").text(say(words::kEveryTable)).raw("</summary>");
    html.raw("<table lang=\"en\" dir=\"ltr\"><tr>").element("th", say(words::kHeldWhat));
    html.element("th", say(words::kHeldCategory)).element("th", say(words::kHeldKept)).raw("</tr>");
    for (const auto& held : facts.held) {
        html.raw("<tr>").element("td", held.about).element("td", held.category).element("td", held.kept).raw("</tr>");
    }
    html.raw("</table></details>");
}

void write_switches(Html& html, const Facts& facts, Language language) {
    auto say = [language](const Words& words) { return words.in(language); };
    html.element("h2", say(words::kSwitches)).raw("<table lang=\"en\" dir=\"ltr\">");
    for (const auto& feature : facts.features) {
        html.raw("<tr>")
            .element("td", feature.about)
            .element("td", say(feature.on ? words::kOn : words::kOff))
            .raw("</tr>");
    }
    html.raw("</table>");
    if (facts.providers.empty()) return;
    html.element("h2", say(words::kPrivacyProviders)).element("p", say(words::kPrivacyProvidersAbout)).raw("<ul>");
    for (const auto& provider : facts.providers) {
        html.raw("<li><bdi>").text(provider.name).raw("</bdi> (<code dir=\"ltr\">").text(provider.host);
        html.raw("</code>)</li>");
    }
    html.raw("</ul>");
}

}  // namespace

Html privacy_body(const Facts& facts, Language language) {
    auto say = [language](const Words& words) { return words.in(language); };
    Html html;
    html.element("h1", say(words::kPrivacy)).element("p", say(words::kPrivacyIntro));
    html.element("h2", say(words::kNever)).raw("<ul>");
    for (const auto& line : {words::kNever1, words::kNever2, words::kNever3, words::kNever4})
        html.element("li", say(line));
    html.raw("</ul>").element("h2", say(words::kHeld)).element("p", say(words::kNamesNote));
    write_groups(html, facts, language);
    html.element("p", say(words::kHowOperators));
    write_sixteen(html, facts, language);
    write_catalog(html, facts, language);
    write_switches(html, facts, language);
    html.element("h2", say(words::kDisk));
    html.element("p", say(facts.key_place == KeyPlace::passphrase ? words::kDiskPassphrase : words::kDiskKeyFile));
    html.element("h2", say(words::kLimits)).raw("<ul>");
    for (const auto& line : {words::kLimit1, words::kLimit2, words::kLimit3, words::kLimit4})
        html.element("li", say(line));
    html.raw("</ul>");
    return html;
}

}  // namespace peyk::pages
