#include "users/names.h"

#include <algorithm>

#include "base/bytes.h"
#include "core/json.h"
#include "core/text_fold.h"
#include "users/tables.h"

namespace peyk::users {
namespace {

constexpr std::size_t kPage = 500;
constexpr std::size_t kMaxWords = 24;  // of one name

bool begins_with(const std::vector<std::string>& words, const std::string& prefix) {
    return std::ranges::any_of(words, [&](const std::string& word) { return word.starts_with(prefix); });
}

}  // namespace

std::vector<std::string> folded_words(std::string_view text) {
    std::vector<std::string> words;
    auto folded = fold_text_utf8(text);
    for (std::size_t at = 0; at < folded.size() && words.size() < kMaxWords;) {
        auto end = std::min(folded.find(' ', at), folded.size());
        words.push_back(folded.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

Result<void> NameIndex::load() {
    {
        std::lock_guard lock(mutex_);
        loaded_ = true;
    }
    std::string next;
    do {
        PEYK_TRY(auto accounts, accounts_.page(next, kPage));
        for (const auto& account : accounts) {
            if (account->deactivated) continue;
            PEYK_TRY(auto row, context_.db.get(kProfiles, account->number, ""));
            std::optional<std::string> name;
            if (row && !row->gone) {
                PEYK_TRY(json::Value profile, json::parse(row->body));
                if (auto text = profile.get_string("displayname")) name = std::string(*text);
            }
            put(account->id, account->number, name);
        }
    } while (!next.empty());
    return {};
}

void NameIndex::put(const UserId& user, std::uint64_t number, const std::optional<std::string>& display_name) {
    auto words = folded_words(user.localpart());
    if (display_name) {
        for (auto& word : folded_words(*display_name)) words.push_back(std::move(word));
    }
    std::lock_guard lock(mutex_);
    if (!loaded_) return;
    drop(number);
    for (const auto& word : words) words_.emplace(word, number);
    people_.emplace(number, Person{user, std::move(words)});
}

void NameIndex::remove(std::uint64_t number) {
    std::lock_guard lock(mutex_);
    drop(number);
}

void NameIndex::drop(std::uint64_t number) {
    auto found = people_.find(number);
    if (found == people_.end()) return;
    for (const auto& word : found->second.words) words_.erase({word, number});
    people_.erase(found);
}

std::vector<NameIndex::Found> NameIndex::search(const std::vector<std::string>& term, std::string& after,
                                                std::size_t limit) const {
    std::vector<Found> out;
    if (term.empty()) {
        after.clear();
        return out;
    }
    // The longest word leads to the fewest people; the others are checked one by one.
    const auto& lead = *std::ranges::max_element(term, {}, &std::string::size);
    std::lock_guard lock(mutex_);
    auto at = words_.lower_bound({lead, 0});
    if (!after.empty()) at = words_.upper_bound({after.substr(8), get_u64be(after.data())});
    for (; at != words_.end() && at->first.starts_with(lead); ++at) {
        if (out.size() == limit) return out;
        after.clear();
        put_u64be(after, at->second);
        after += at->first;
        const auto& person = people_.at(at->second);
        // Somebody with several such words is found by the first of them.
        auto first = std::ranges::min(
            person.words, {}, [&](const std::string& word) { return std::pair(!word.starts_with(lead), word); });
        if (first != at->first) continue;
        if (std::ranges::all_of(term, [&](const std::string& word) { return begins_with(person.words, word); }))
            out.push_back({person.user, at->second});
    }
    after.clear();
    return out;
}

}  // namespace peyk::users
