#pragma once
// Endpoints of the content repository.  Spec: Client-Server API › Content repository.

#include <cstdint>
#include <optional>
#include <string>

#include "client_api/endpoint.h"
#include "media/media.h"
#include "media/previews/previews.h"

namespace peyk::client_api {

struct MediaEndpointOptions {
    std::string server_name;  // of this server, as in mxc://
    // The deprecated endpoints without authentication. Off: 404 for all media, as for media after the freeze.
    bool unauthenticated_media = false;
    // With the above: only media created before this day (days since 1970) is served so. Absent: all.
    std::optional<std::uint64_t> frozen_since_day = {};
};

// `media` and `previews` outlive `api`. `previews` null: switched off.
void add_media_endpoints(Api& api, media::Media& media, media::Previews* previews, MediaEndpointOptions options);

// Inner parts, one per file of this folder.
void add_upload_endpoints(Api& api, media::Media& media, const MediaEndpointOptions& options);
void add_download_endpoints(Api& api, media::Media& media, const MediaEndpointOptions& options);
void add_thumbnail_endpoints(Api& api, media::Media& media, const MediaEndpointOptions& options);
void add_media_information_endpoints(Api& api, media::Media& media);
void add_media_removal_endpoints(Api& api, media::Media& media, const MediaEndpointOptions& options);
void add_own_file_endpoints(Api& api, media::Media& media, const MediaEndpointOptions& options);
void add_preview_endpoints(Api& api, media::Previews* previews);

}  // namespace peyk::client_api
