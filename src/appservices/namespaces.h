#pragma once
// Which names a service is interested in. Spec: Application Service API › Registration.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace re2 {
class RE2;
}

namespace peyk::appservices {

// A regular expression that is matched in time linear in the text, whatever it says: it comes from a file, but what it
// is held against comes from anybody.
class Pattern {
public:
    // Errors: bad_request; the detail is a clause that says what is wrong with the expression.
    static Result<Pattern> compile(const std::string& expression);
    // From the first character on, not necessarily to the last one: "@_irc_" covers "@_irc_ada:example.org", as bridges
    // expect that were written against other servers. "$" asks for the end.
    bool matches(std::string_view text) const;

private:
    explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
    std::shared_ptr<const re2::RE2> compiled_;
};

struct Namespace {
    Pattern pattern;
    bool exclusive = false;
};

class Namespaces {
public:
    void add(Namespace entry) { entries_.push_back(std::move(entry)); }
    bool covers(std::string_view text) const;
    bool covers_exclusively(std::string_view text) const;
    bool empty() const { return entries_.empty(); }

private:
    std::vector<Namespace> entries_;
};

}  // namespace peyk::appservices
