#include "media/previews/preview_cache.h"

namespace peyk::media {

std::size_t PreviewCache::bytes_of(const Entry& entry) {
    constexpr std::size_t kAround = 300;  // nodes, pointers, numbers
    const auto& json = entry.answer.json;
    return kAround + entry.url.size() + (json ? json->size() : json.error().detail.size());
}

void PreviewCache::erase(std::list<Entry>::iterator at) {
    bytes_ -= bytes_of(*at);
    by_url_.erase(at->url);
    entries_.erase(at);
}

std::optional<PreviewAnswer> PreviewCache::find(const std::string& url) {
    std::lock_guard lock(mutex_);
    const auto found = by_url_.find(url);
    if (found == by_url_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->answer;
}

void PreviewCache::put(const std::string& url, PreviewAnswer answer) {
    std::lock_guard lock(mutex_);
    if (const auto found = by_url_.find(url); found != by_url_.end()) erase(found->second);
    entries_.push_front({url, std::move(answer)});
    by_url_.emplace(entries_.front().url, entries_.begin());
    bytes_ += bytes_of(entries_.front());
    while (!entries_.empty() && (entries_.size() > limits_.count || bytes_ > limits_.bytes))
        erase(std::prev(entries_.end()));
}

void PreviewCache::drop(const std::string& url) {
    std::lock_guard lock(mutex_);
    if (const auto found = by_url_.find(url); found != by_url_.end()) erase(found->second);
}

std::size_t PreviewCache::size() const {
    std::lock_guard lock(mutex_);
    return entries_.size();
}

}  // namespace peyk::media
