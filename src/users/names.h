#pragma once
// Finding people by the beginnings of their names. Spec: Client-Server API › User Directory.

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ids.h"
#include "users/accounts.h"

namespace peyk::users {

// The words of a text as they are compared (core/text_fold.h), at most 24.
std::vector<std::string> folded_words(std::string_view text);

// Purpose:  the words of local users' names (localpart and display name), in memory, in order.
// Owner:    Users. Empty until load(); nothing is kept while the directory is switched off.  Runs on: any thread.
class NameIndex {
public:
    NameIndex(const Context& context, const Accounts& accounts) : context_(context), accounts_(accounts) {}

    // Reads all accounts; before traffic.
    Result<void> load();

    void put(const UserId& user, std::uint64_t number, const std::optional<std::string>& display_name);
    void remove(std::uint64_t number);

    struct Found {
        UserId user;
        std::uint64_t number;
    };
    // Users each word of `term` of whom one of their words begins with, at most `limit`, behind those that `after`
    // names; `after` becomes where to go on, and empty at the end.
    std::vector<Found> search(const std::vector<std::string>& term, std::string& after, std::size_t limit) const;

private:
    struct Person {
        UserId user;
        std::vector<std::string> words;
    };
    using Word = std::pair<std::string, std::uint64_t>;
    void drop(std::uint64_t number);

    const Context& context_;
    const Accounts& accounts_;
    mutable std::mutex mutex_;
    bool loaded_ = false;
    std::unordered_map<std::uint64_t, Person> people_;
    std::set<Word> words_;
};

}  // namespace peyk::users
