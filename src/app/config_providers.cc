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

void add_cas_keys(std::vector<Key>& keys) {
    keys.push_back({.name = "validation",
                    .slot = At<std::string>{PROVIDER(options.validation)},
                    .about = "Of CAS: where tickets are validated, below `issuer`. `p3/serviceValidate` brings "
                             "attributes; servers of CAS 2 have `serviceValidate`. With `proxyValidate` and "
                             "`p3/proxyValidate` too, tickets that came by way of another service are refused."});
    keys.push_back(
        {.name = "accounts_by_name",
         .slot = At<bool>{PROVIDER(options.accounts_by_name)},
         .about = "Of CAS: whom it calls `ada` is the account `ada` of this server, letter for letter, without "
                  "having linked it. For servers whose accounts are all CAS's; where people can register "
                  "otherwise, somebody could take another's name before they come.",
         .privacy = "Whoever runs the CAS server can then sign in as anybody here. A second factor of the account is "
                    "asked for all the same."});
    keys.push_back(
        {.name = "synapse_addresses",
         .slot = At<bool>{PROVIDER(options.synapse_addresses)},
         .about = "Of CAS: take Synapse's place. Browsers come back to `/_matrix/client/r0/login/cas/ticket`, which is "
                  "entered at the CAS server already, apps find `m.login.cas`, and those that do not name a "
                  "provider are sent straight to it. One provider can have this.",
         .privacy = "Such an answer is not bound to the browser that asked. The page that follows says as whom and to "
                    "which app somebody is about to be signed in, and waits for them."});
    keys.push_back(
        {.name = "unbound_stages",
         .slot = At<bool>{PROVIDER(options.unbound_stages)},
         .about = "With `synapse_addresses`: a confirmation counts although no page of this server has told the person "
                  "what for. For test suites; it needs `outside_tests.enabled`.",
         .privacy = "Whoever has stolen a token could lead its owner to confirm what they have not seen."});
}

using Text = At<std::string>;
using List = At<std::vector<std::string>>;

// Which provider it is.
void add_identity_keys(std::vector<Key>& keys) {
    keys.push_back({.name = "id",
                    .slot = Text{PROVIDER(options.id)},
                    .about = "A short word of `a-z 0-9 . _ -`, which stands in addresses; the provider is told the "
                             "address `/_peyk/provider/ID/callback`. Changing it changes nothing else."});
    keys.push_back(
        {.name = "kind",
         .slot = ChoiceAt{
             [](void* root, std::size_t index) {
                 static_cast<ProviderConfig*>(root)->options.kind = static_cast<oauth::ProviderKind>(index);
             },
             [](void* root) { return static_cast<std::size_t>(static_cast<ProviderConfig*>(root)->options.kind); }},
         .about = "What the provider speaks: `openid` for OpenID Connect, `cas` for a CAS server.",
         .choices = {"openid", "cas"}});
    keys.push_back({.name = "name", .slot = Text{PROVIDER(options.name)}, .about = "What people call the provider."});
    keys.push_back(
        {.name = "issuer",
         .slot = Text{PROVIDER(options.issuer)},
         .about = "The provider's address, letter for letter as its discovery document writes it, with or "
                  "without a slash at the end. `https://`; `http://` only on this machine. It may be in a "
                  "private network. Accounts are linked with it: another one is another provider. Of a CAS server "
                  "it is what stands before `/login`, such as `https://cas.school.example/cas`.",
         .privacy = "The provider learns who signs in here and when. It does not learn with whom they talk."});
    keys.push_back({.name = "client_id",
                    .slot = Text{PROVIDER(options.client_id)},
                    .about = "The name under which the provider knows this server. CAS has none."});
    keys.push_back(
        {.name = "client_secret",
         .slot = At<Secret>{PROVIDER(options.client_secret)},
         .about = "The secret that goes with it. Empty: none, for a client that the provider calls public."});
}

std::vector<Key> make_provider_keys() {
    std::vector<Key> keys;
    add_identity_keys(keys);
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
    add_cas_keys(keys);
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
    bool cas = options.kind == oauth::ProviderKind::cas;
    if (!cas && (!is_visible(options.client_id) || options.client_id.size() > kMaxClientId))
        out.emplace_back("a provider needs a client_id: the provider gives it when this server is entered there");
    if (!provider.icon.empty() && !provider.icon.starts_with("mxc://"))
        out.emplace_back("the icon of a provider must be an mxc:// address");
    if (!provider.brand.empty() && !is_made_of(provider.brand, kWord))
        out.emplace_back("the brand of a provider must be a word of a-z 0-9 . _ -");
}

// What one kind has and the other has not.
void check_kind(const oauth::ProviderOptions& options, std::vector<std::string>& out) {
    const oauth::ProviderOptions standard;
    if (options.kind == oauth::ProviderKind::openid) {
        bool cas = options.validation != standard.validation || options.accounts_by_name || options.synapse_addresses ||
                   options.unbound_stages;
        if (cas)
            out.emplace_back(
                "validation, accounts_by_name, synapse_addresses and unbound_stages are of providers with kind = "
                "\"cas\"");
        return;
    }
    static constexpr std::string_view kPlaces[] = {"p3/serviceValidate", "serviceValidate", "p3/proxyValidate",
                                                   "proxyValidate"};
    if (std::ranges::find(kPlaces, options.validation) == std::end(kPlaces))
        out.emplace_back(
            "validation of a provider must be p3/serviceValidate, serviceValidate, p3/proxyValidate or proxyValidate");
    bool openid = !options.client_id.empty() || !options.client_secret.empty() || options.scopes != standard.scopes;
    if (openid) out.emplace_back("client_id, client_secret and scopes are of providers with kind = \"openid\"");
    if (!options.email_domains.empty())
        out.emplace_back(
            "email_domains is of providers with kind = \"openid\": CAS does not say whether an address was confirmed; "
            "see required_claims");
    if (options.unbound_stages && !options.synapse_addresses)
        out.emplace_back("unbound_stages of a provider needs synapse_addresses");
}

}  // namespace

std::span<const Key> provider_keys() {
    static const std::vector<Key> keys = make_provider_keys();
    return keys;
}

std::vector<std::string> problems_of(const ProviderConfig& provider) {
    std::vector<std::string> out;
    check_identity(provider, out);
    check_kind(provider.options, out);
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
    bool openid = options.kind == oauth::ProviderKind::openid;
    if (openid && !options.email_domains.empty() && !asks_for("email"))
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
