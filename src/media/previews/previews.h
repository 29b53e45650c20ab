#pragma once
// Previews of web pages.  Spec: Client-Server API › Content repository › GET /_matrix/client/v1/media/preview_url.

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "async/executor.h"
#include "async/lane.h"
#include "async/turns.h"
#include "http/client/client.h"
#include "media/media.h"
#include "media/previews/links.h"
#include "media/previews/page_card.h"
#include "media/previews/preview_cache.h"

namespace peyk::media {

struct PreviewOptions {
    std::string server_name;
    LinkPolicy::Options links = {};
    std::filesystem::path reader = {};         // the program; empty: find_child()
    Millis time{30'000};                       // for a page and its picture, redirects included
    std::size_t max_bytes = 10 * 1024 * 1024;  // of the page, and of the picture
    Millis reading_time{4'000};                // wall clock, of the child that reads a page
    std::size_t at_once = 8;                   // fetches, of all users together
    PreviewCache::Limits cache = {};
};

// Purpose:  asks pages for what they say about themselves, and keeps their pictures for a while.
// Owner:    app::Services, where previews are switched on.
// Runs on:  any worker; pages are read and pictures measured by children, on a pool of two threads.
// Stops by: stop(), after the HTTP server has drained.
class Previews {
public:
    Previews(PreviewOptions options, Media& media, http::Outbound& outbound, const Clock& clock);
    ~Previews() { stop(); }
    void stop();

    // The answer as JSON. `moment`: the time for which a preview is wanted; absent: now. Errors: M_INVALID_PARAM (no
    // address that could be fetched); M_UNKNOWN 502 for whatever else goes wrong, in the same words, so that nobody can
    // use this server to look around in its network; cancelled (`hangup`).
    Task<Result<std::string>> preview(std::uint64_t user, std::string link, std::optional<Millis> moment,
                                      std::stop_token hangup);

private:
    struct Fetched;  // previews.cc
    struct Borrowed {
        MediaId id;
        std::uint64_t size;
        MadeThumbnail shape;
    };
    std::optional<PreviewAnswer> remembered(const std::string& url, Millis moment);
    Task<PreviewAnswer> make(http::Url url, std::stop_token hangup);
    Task<Result<http::ClientResponse>> fetch(http::Url url, Millis time, bool only_pictures, std::stop_token hangup);
    Task<std::optional<Borrowed>> first_image(std::vector<http::Url> urls, Millis until, std::stop_token hangup);
    Task<std::optional<Borrowed>> keep_image(std::string bytes);

    PreviewOptions options_;
    Media& media_;
    http::Outbound& outbound_;
    const Clock& clock_;
    const LinkPolicy policy_;
    WorkerPool children_;
    PreviewCache cache_;
    Lanes urls_;   // one fetch for one address
    Lanes users_;  // a few for one user
    Turns turns_;  // some for all
};

}  // namespace peyk::media
