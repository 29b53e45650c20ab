#include "oauth/providers/cas.h"

#include <fmt/format.h>

#include <algorithm>

#include "oauth/form.h"
#include "oauth/providers/cas_answer.h"
#include "oauth/providers/xml.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxTicket = 1024;

bool is_ticket(std::string_view text) {
    return !text.empty() && text.size() <= kMaxTicket &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::string CasProvider::base() const {
    std::string out = options().issuer;
    while (out.ends_with('/')) out.pop_back();
    return out;
}

std::string CasProvider::service(std::string_view redirect_uri, std::string_view state) {
    return std::string(redirect_uri) + "?state=" + http::percent_encode(state);
}

std::string CasProvider::login_address(std::string_view service, bool anew) const {
    return base() + "/login?service=" + http::percent_encode(service) + (anew ? "&renew=true" : "");
}

Task<Outcome<std::string>> CasProvider::ask(std::string query) {
    http::ClientRequest request;
    auto url = http::Url::parse(base() + "/" + options().validation + query);
    if (!url) co_return stopped(Fault::mismatch, "its address cannot be used");
    request.url = *std::move(url);
    PEYK_CO_TRY(auto answer, co_await send(std::move(request), "application/xml, text/xml"));
    if (auto trouble = trouble_of_status(answer.status)) co_return std::unexpected(*std::move(trouble));
    if (answer.status != 200)
        co_return stopped(Fault::mismatch, fmt::format("it answers {} where tickets are validated", answer.status));
    co_return std::move(answer.body);
}

Task<Outcome<json::Object>> CasProvider::validate(std::string ticket, std::string service, bool anew) {
    if (!is_ticket(ticket)) co_return stopped(Fault::untrusted, "it sent no ticket");
    std::vector<std::pair<std::string, std::string>> fields{{"service", std::move(service)},
                                                            {"ticket", std::move(ticket)}};
    if (anew) fields.emplace_back("renew", "true");
    PEYK_CO_TRY(auto text, co_await ask("?" + encode_form(fields)));
    co_return read_cas_answer(text);
}

Outcome<Person> CasProvider::judge(const json::Object& claims, const IsKnown& is_known) const {
    if (!may_come(options(), claims)) return stopped(Fault::not_allowed, "the person is not among those who may come");
    Person person{.subject = *claims.find("user")->string(), .localpart = {}, .display_name = {}};
    if (is_known(person.subject)) return person;
    person.localpart = name().of(claims);
    person.display_name = display_name(claims);
    return person;
}

Task<Outcome<std::string>> CasProvider::address_for(Question question) {
    co_return login_address(service(question.redirect_uri, question.state), question.anew);
}

Task<Outcome<Person>> CasProvider::identify(Answer answer, IsKnown is_known) {
    PEYK_CO_TRY(auto claims, co_await validate(std::move(answer.code), service(answer.redirect_uri, answer.state),
                                               answer.asked_anew.has_value()));
    co_return judge(claims, is_known);
}

Task<Outcome<void>> CasProvider::check() {
    PEYK_CO_TRY(auto text,
                co_await ask("?service=" + http::percent_encode("https://nobody.invalid/") + "&ticket=ST-0"));
    auto root = parse_xml(text);
    bool is_cas = root && root->name == "serviceResponse" && root->children.size() == 1 &&
                  root->children.front().name == "authenticationFailure";
    if (!is_cas)
        co_return stopped(Fault::mismatch, fmt::format("there is no CAS at {}: /{} refuses no ticket", options().issuer,
                                                       options().validation));
    co_return Outcome<void>{};
}

}  // namespace peyk::oauth
