#include "client_api/media/endpoints.h"

namespace peyk::client_api {

void add_media_endpoints(Api& api, media::Media& media, media::Previews* previews, MediaEndpointOptions options) {
    add_upload_endpoints(api, media, options);
    add_download_endpoints(api, media, options);
    add_thumbnail_endpoints(api, media, options);
    add_media_information_endpoints(api, media);
    add_media_removal_endpoints(api, media, options);
    add_own_file_endpoints(api, media, options);
    add_preview_endpoints(api, previews);
}

}  // namespace peyk::client_api
