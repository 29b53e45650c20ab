#pragma once
// Answers that were given lately, in memory only: the links of conversations are never written down.

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/error.h"
#include "media/media_id.h"

namespace peyk::media {

struct PreviewAnswer {
    Result<std::string> json = std::string("{}");
    std::optional<MediaId> image = {};  // that the answer names
    Millis at{0};                       // wall clock, when the page was asked for
};

// Purpose:  the newest answer for each address, bounded in number and bytes; the ones that nobody asked for longest go
//           first.
// Runs on:  any thread.
class PreviewCache {
public:
    struct Limits {
        std::size_t count = 2'000;
        std::size_t bytes = 4 * 1024 * 1024;
    };
    explicit PreviewCache(Limits limits) : limits_(limits) {}

    std::optional<PreviewAnswer> find(const std::string& url);
    void put(const std::string& url, PreviewAnswer answer);
    void drop(const std::string& url);
    std::size_t size() const;

private:
    struct Entry {
        std::string url;
        PreviewAnswer answer;
    };
    static std::size_t bytes_of(const Entry& entry);
    void erase(std::list<Entry>::iterator at);

    const Limits limits_;
    mutable std::mutex mutex_;
    std::list<Entry> entries_;  // the one asked for last comes first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_url_;
    std::size_t bytes_ = 0;
};

}  // namespace peyk::media
