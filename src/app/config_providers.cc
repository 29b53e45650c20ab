// The keys of [[auth.provider]], and what no single one of them can tell.

#include <algorithm>

#include "app/config_keys.h"
#include "oauth/providers/claims.h"
#include "oauth/providers/metadata.h"
#include "users/options.h"

namespace peyk::app {
namespace {

constexpr std::size_t kMaxId = 64, kMaxName = 64, kMaxClientId = 512;

#define PROVIDER(member) [](void* root) -> auto& { return static_cast<ProviderConfig*>(root)->member; }

std::vector<Key> make_provider_keys() {
    using Text = At<std::string>;
    using List = At<std::vector<std::string>>;
    std::vector<Key> keys;
    keys.push_back({.name = "id",
                    .slot = Text{PROVIDER(options.id)},
                    .about = "A short word of `a-z 0-9 . _ -`, which stands in addresses; the provider is told the "
                             "address `/_peyk/provider/ID/callback`. Changing it changes nothing else."});
    keys.push_back({.name = "name", .slot = Text{PROVIDER(options.name)}, .about = "What people call the provider."});
    keys.push_back(
        {.name = "issuer",
         .slot = Text{PROVIDER(options.issuer)},
         .about = "The provider's address, letter for letter as its discovery document writes it, with or "
                  "without a slash at the end. `https://`; `http://` only on this machine. It may be in a "
                  "private network. Accounts are linked with it: another one is another provider.",
         .privacy = "The provider learns who signs in here and when. It does not learn with whom they talk."});
    keys.push_back({.name = "client_id",
                    .slot = Text{PROVIDER(options.client_id)},
                    .about = "The name under which the provider knows this server."});
    keys.push_back(
        {.name = "client_secret",
         .slot = At<Secret>{PROVIDER(options.client_secret)},
         .about = "The secret that goes with it. Empty: none, for a client that the provider calls public."});
    keys.push_back({.name = "scopes",
                    .slot = List{PROVIDER(options.scopes)},
                    .about = "What is asked for; `openid` must be among them. `profile` brings the name to propose, "
                             "`email` the address that `email_domains` looks at.",
                    .privacy =
                        "What is told is looked at and forgotten. Only a keyed digest of the provider's name for "
                        "the person is kept, and the display name if the person wants it."});
    keys.push_back({.name = "localpart",
                    .slot = Text{PROVIDER(options.localpart)},
                    .about = "The user name that is proposed: text with names of claims in `{}`, such as "
                             "`{given_name}.{family_name}`. Of each claim what stands before an `@` is taken."});
    keys.push_back({.name = "ask_name",
                    .slot = At<bool>{PROVIDER(options.ask_name)},
                    .about = "Who is new chooses a user name. `false`: the proposal is taken without asking where it "
                             "is free and possible."});
    keys.push_back(
        {.name = "registration",
         .slot = At<bool>{PROVIDER(options.registration)},
         .about = "Whoever the provider knows may make an account here, whatever `registration.mode` says."});
    keys.push_back({.name = "linking",
                    .slot = At<bool>{PROVIDER(options.linking)},
                    .about = "Who has an account may link it with the provider, by its password.",
                    .privacy = "Whoever runs the provider can then sign in as these people. A second factor of the "
                               "account is asked for all the same."});
    keys.push_back({.name = "email_domains",
                    .slot = List{PROVIDER(options.email_domains)},
                    .about = "Only people with a confirmed e-mail address in one of these domains. Empty: any."});
    keys.push_back({.name = "required_claims",
                    .slot = At<std::map<std::string, std::string>>{PROVIDER(options.required_claims)},
                    .about = "Only people of whom the provider says all this, such as `{ groups = \"teachers\" }`: the "
                             "claim is that text, or a list with it. `a.b` is the member `b` of `a`."});
    keys.push_back({.name = "icon",
                    .slot = Text{PROVIDER(icon)},
                    .about = "An `mxc://` address of a picture for older apps. They fetch it without a token, so it "
                             "is seen only with `media.unauthenticated`."});
    keys.push_back({.name = "brand",
                    .slot = Text{PROVIDER(brand)},
                    .about = "A word such as `github`, by which older apps know a button's look."});
    return keys;
}

bool is_made_of(std::string_view text, std::string_view letters) {
    return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

bool is_visible(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyz0123456789._-";

void check_identity(const ProviderConfig& provider, std::vector<std::string>& out) {
    const auto& options = provider.options;
    if (!is_made_of(options.id, kWord) || options.id.size() > kMaxId || options.id.starts_with('.'))
        out.emplace_back("a provider needs an id of a-z 0-9 . _ -");
    if (options.id == users::kOwnPages)
        out.push_back(fmt::format("a provider cannot have the id \"{}\": it is that of this server's own pages",
                                  users::kOwnPages));
    bool line = std::ranges::all_of(options.name, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
    if (options.name.empty() || options.name.size() > kMaxName || !line)
        out.emplace_back("a provider needs a name of one line for people, of at most 64 bytes");
    if (!oauth::is_provider_address(options.issuer, options.issuer) || options.issuer.contains('?'))
        out.emplace_back(
            "a provider needs an issuer: an address with https:// (http:// on this machine only), without a question "
            "mark");
    if (!is_visible(options.client_id) || options.client_id.size() > kMaxClientId)
        out.emplace_back("a provider needs a client_id: the provider gives it when this server is entered there");
    if (!provider.icon.empty() && !provider.icon.starts_with("mxc://"))
        out.emplace_back("the icon of a provider must be an mxc:// address");
    if (!provider.brand.empty() && !is_made_of(provider.brand, kWord))
        out.emplace_back("the brand of a provider must be a word of a-z 0-9 . _ -");
}

}  // namespace

std::span<const Key> provider_keys() {
    static const std::vector<Key> keys = make_provider_keys();
    return keys;
}

std::vector<std::string> problems_of(const ProviderConfig& provider) {
    std::vector<std::string> out;
    check_identity(provider, out);
    const auto& options = provider.options;
    auto asks_for = [&](std::string_view scope) {
        return std::ranges::find(options.scopes, scope) != options.scopes.end();
    };
    if (!asks_for("openid")) out.emplace_back("the scopes of a provider must have \"openid\" among them");
    if (!std::ranges::all_of(options.scopes, is_visible))
        out.emplace_back("each scope of a provider must be one word in quotes of its own");
    if (!oauth::NameTemplate::parse(options.localpart))
        out.emplace_back(
            "the localpart of a provider must be names of claims in {}, and between them only a-z 0-9 . _ = - / +");
    if (!options.email_domains.empty() && !asks_for("email"))
        out.emplace_back("email_domains of a provider needs \"email\" among its scopes");
    for (const auto& domain : options.email_domains) {
        if (domain.contains('@') || !is_visible(domain) || !domain.contains('.'))
            out.emplace_back("email_domains of a provider are written like \"school.example\", without an @");
    }
    for (const auto& [name, value] : options.required_claims) {
        if (name.empty() || value.empty())
            out.emplace_back("required_claims of a provider need a name and a text each");
    }
    return out;
}

}  // namespace peyk::app
