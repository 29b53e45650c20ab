#include "media/records.h"

#include "base/bytes.h"

namespace peyk::media {
namespace {

constexpr std::uint8_t kVersion = 1;

void put_file(std::string& out, const std::optional<StoredFile>& file) {
    put_u8(out, file ? 1 : 0);
    if (!file) return;
    put_bytes(out, file->name);
    out.append(reinterpret_cast<const char*>(file->key.bytes.data()), file->key.bytes.size());
    put_varint(out, file->size);
}

std::optional<StoredFile> take_file(ByteReader& in) {
    if (in.u8() == 0) return std::nullopt;
    StoredFile file;
    file.name = in.bytes();
    const auto key = in.take(file.key.bytes.size());
    std::copy(key.begin(), key.end(), file.key.bytes.begin());
    file.size = in.varint();
    return file;
}

}  // namespace

std::string MediaRecord::encode() const {
    std::string out;
    put_u8(out, kVersion);
    put_bytes(out, media_id);
    put_u64be(out, uploader);
    put_varint(out, expires_ms);
    put_file(out, file);
    put_bytes(out, content_type);
    put_bytes(out, file_name);
    return out;
}

Result<MediaRecord> MediaRecord::decode(std::string_view body) {
    ByteReader in(body);
    MediaRecord record;
    const bool known = in.u8() == kVersion;
    record.media_id = in.bytes();
    record.uploader = in.u64be();
    record.expires_ms = in.varint();
    record.file = take_file(in);
    record.content_type = in.bytes();
    record.file_name = in.bytes();
    if (!known || !in.done()) return fail(Errc::corrupt, "a row of media cannot be read");
    return record;
}

std::string ThumbnailRecord::encode() const {
    std::string out;
    put_u8(out, kVersion);
    put_u8(out, static_cast<std::uint8_t>(state));
    put_u8(out, format);
    put_file(out, file);
    return out;
}

Result<ThumbnailRecord> ThumbnailRecord::decode(std::string_view body) {
    ByteReader in(body);
    ThumbnailRecord record;
    const bool known = in.u8() == kVersion;
    record.state = static_cast<ThumbnailState>(in.u8());
    record.format = in.u8();
    record.file = take_file(in);
    if (!known || !in.done()) return fail(Errc::corrupt, "a row of thumbnails cannot be read");
    return record;
}

}  // namespace peyk::media
