#pragma once
// The second half of an mxc:// URI.  Spec: Client-Server API › Content repository › Security considerations.

#include <algorithm>
#include <string>
#include <string_view>

#include "base/random.h"
#include "core/errors.h"

namespace peyk::media {

// [A-Za-z0-9_-], so that no path can be walked with it.
class MediaId {
public:
    // Errors: not_found. An id that cannot exist does not exist.
    static Result<MediaId> parse(std::string_view text) {
        auto allowed = [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        };
        if (text.empty() || text.size() > 255 || !std::ranges::all_of(text, allowed))
            return m::not_found("There is no such media");
        return MediaId(std::string(text));
    }
    // 142 bits: knowing the id is what lets someone read the media.
    static MediaId make(Random& random) { return MediaId(random.alphanumeric(24)); }
    // For text that was parsed before it was stored.
    static MediaId trusted(std::string text) { return MediaId(std::move(text)); }

    const std::string& str() const { return text_; }
    bool operator==(const MediaId&) const = default;

private:
    explicit MediaId(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace peyk::media
