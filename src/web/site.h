#pragma once
// The web client as people meet it: /, /i/TOKEN, /room/… and the files that these load.

#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "http/router.h"
#include "web/pack.h"

namespace peyk::web {

// How long a browser may go without asking again.
enum class Keep : unsigned char {
    for_ever,  // a file whose name carries the sum of what is in it
    ask,       // everything else: an answer 304 when nothing has changed
};
// By its name: "-" and eight of A-Z 0-9 before the first dot behind it, as bundlers write the sum of a file.
Keep keep_of(std::string_view path);

// By the ending of the name; application/octet-stream for those that are not known.
std::string_view content_type_of(std::string_view path);

// Purpose:  serves the files of one pack.
// Owner:    app::Server; outlives the router's use.  Runs on: any worker; nothing changes after make().
class Site {
public:
    // `pack` outlives the site. Errors: corrupt; bad_request (no index.html).
    static Result<Site> make(std::string_view pack);
    // From a folder of the disk, read now and kept in memory. Errors: as pack_folder().
    static Result<Site> load(const std::filesystem::path& folder);

    void add_routes(http::Router& router) const;
    const std::vector<PackedFile>& files() const { return files_; }

private:
    explicit Site(std::vector<PackedFile> files) : files_(std::move(files)) {}
    static Task<http::Response> serve(const PackedFile& file, http::Request request);

    // On the heap, since a string that moves may take its bytes along. Empty: the pack is somebody else's.
    std::unique_ptr<const std::string> own_;
    std::vector<PackedFile> files_;
};

}  // namespace peyk::web
