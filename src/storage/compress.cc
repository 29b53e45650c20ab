#include "storage/compress.h"

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "base/bytes.h"
#include "storage/base64_runs.h"

namespace peyk::storage {
namespace {

constexpr int kLevel = 1;
constexpr std::size_t kTooSmall = 32;
constexpr std::size_t kMaxBody = std::size_t{4} << 20;

// Dictionary 1. Names and fixed values of the specification only: what people write must never get here, since the
// dictionary outlives every redaction. Common strings stand at the end, where references to them are shortest.
// Its bytes never change; another dictionary gets another number in the format byte.
constexpr std::string_view kDictionary1 =
    R"("m.relates_to":{"rel_type":"m.annotation","event_id":"$","key":")"
    R"("m.new_content":{"rel_type":"m.replace","m.in_reply_to":{"event_id":"$","is_falling_back":true)"
    R"({"rel_type":"m.thread","m.mentions":{"user_ids":["@)"
    R"("info":{"h":,"mimetype":"image/jpeg","size":,"thumbnail_file":{"thumbnail_info":{"thumbnail_url":"mxc://","w":)"
    R"("file":{"hashes":{"sha256":"},"iv":","key":{"alg":"A256CTR","ext":true,"k":","key_ops":["encrypt","decrypt"],)"
    R"("kty":"oct"},"url":"mxc://","v":"v2"},"filename":","format":"org.matrix.custom.html","formatted_body":")"
    R"("type":"m.room.power_levels","ban":50,"events":{"m.room.avatar":50,"m.room.canonical_alias":50,)"
    R"("m.room.encryption":100,"m.room.history_visibility":100,"m.room.name":50,"m.room.server_acl":100,)"
    R"("m.room.tombstone":100},"events_default":0,"historical":100,"invite":0,"kick":50,"redact":50,)"
    R"("state_default":50,"users":{"@":100},"users_default":0)"
    R"("type":"m.room.create","content":{"room_version":"11","creator":"@"type":"m.room.join_rules","content":{)"
    R"("join_rule":"invite","join_rule":"public","allow":[{"room_id":"!","type":"m.room_membership")"
    R"("type":"m.room.guest_access","content":{"guest_access":"can_join"type":"m.room.history_visibility",)"
    R"("content":{"history_visibility":"shared","invited","joined","world_readable"type":"m.room.name",)"
    R"("content":{"name":""type":"m.room.topic","content":{"topic":""type":"m.room.avatar")"
    R"("type":"m.room.canonical_alias","content":{"alias":"#"type":"m.room.redaction","redacts":"$)"
    R"("type":"m.reaction"type":"m.sticker"type":"m.room.encryption","content":{"algorithm":"m.megolm.v1.aes-sha2",)"
    R"("rotation_period_ms":604800000,"rotation_period_msgs":100)"
    R"("device_keys":{"algorithms":["m.olm.v1.curve25519-aes-sha2","m.megolm.v1.aes-sha2"],"device_id":",)"
    R"("keys":{"curve25519:","ed25519:"},"signatures":{"@":{"ed25519:"user_id":"@"type":"m.room.encrypted",)"
    R"("content":{"algorithm":"m.olm.v1.curve25519-aes-sha2","ciphertext":{"body":","type":0},"sender_key":")"
    R"("unsigned":{"age_ts":,"replaces_state":"$","prev_content":{"membership":"invite","membership":"leave")"
    R"({"auth_events":["$","$","$"],"content":{"avatar_url":"mxc://","displayname":","membership":"join"},"depth":)"
    R"({"auth_events":["$","$","$"],"content":{"algorithm":"m.megolm.v1.aes-sha2","ciphertext":"AwgAEpAB)"
    R"(","device_id":","sender_key":","session_id":"},"depth":,"hashes":{"sha256":"},"origin":","origin_server_ts":17,)"
    R"("prev_events":["$"],"room_id":"!:","sender":"@","state_key":"@","type":"m.room.member"},"type":"m.room.encrypted")"
    R"({"auth_events":["$","$","$"],"content":{"body":","msgtype":"m.text"},"depth":,"hashes":{"sha256":")"
    R"("},"origin_server_ts":17,"prev_events":["$"],"room_id":"!","sender":"@","signatures":{":{"ed25519:a_":")"
    R"("}},"type":"m.room.message","unsigned":{}})";

struct CloseCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// The dictionaries live as long as the program: threads may use them while statics are torn down.
ZSTD_CCtx* compressor() {
    static const ZSTD_CDict* const dictionary = ZSTD_createCDict(kDictionary1.data(), kDictionary1.size(), kLevel);
    thread_local const std::unique_ptr<ZSTD_CCtx, CloseCompressor> context = [] {
        std::unique_ptr<ZSTD_CCtx, CloseCompressor> made(ZSTD_createCCtx());
        ZSTD_CCtx_setParameter(made.get(), ZSTD_c_compressionLevel, kLevel);
        ZSTD_CCtx_setParameter(made.get(), ZSTD_c_format, ZSTD_f_zstd1_magicless);
        ZSTD_CCtx_refCDict(made.get(), dictionary);
        return made;
    }();
    return context.get();
}

ZSTD_DCtx* decompressor() {
    static const ZSTD_DDict* const dictionary = ZSTD_createDDict(kDictionary1.data(), kDictionary1.size());
    thread_local const std::unique_ptr<ZSTD_DCtx, CloseCompressor> context = [] {
        std::unique_ptr<ZSTD_DCtx, CloseCompressor> made(ZSTD_createDCtx());
        ZSTD_DCtx_setParameter(made.get(), ZSTD_d_format, ZSTD_f_zstd1_magicless);
        ZSTD_DCtx_refDDict(made.get(), dictionary);
        return made;
    }();
    return context.get();
}

// Appends the compressed text, or returns false and leaves `out` as it is when that would not be smaller.
bool deflate(std::string_view text, std::string& out) {
    if (text.size() < kTooSmall) return false;
    auto start = out.size();
    // One byte less than the text: what would not fit is not worth it.
    out.resize(start + text.size() - 1);
    auto size = ZSTD_compress2(compressor(), out.data() + start, text.size() - 1, text.data(), text.size());
    bool smaller = ZSTD_isError(size) == 0;
    out.resize(start + (smaller ? size : 0));
    return smaller;
}

Error no_form() { return Error{Errc::corrupt, "a stored value does not decompress"}; }

Result<std::string> inflate(std::string_view bytes) {
    ZSTD_frameHeader header{};
    if (ZSTD_getFrameHeader_advanced(&header, bytes.data(), bytes.size(), ZSTD_f_zstd1_magicless) != 0 ||
        header.frameContentSize > kMaxBody) {
        return fail(no_form());
    }
    std::string out(header.frameContentSize, '\0');
    auto size = ZSTD_decompressDCtx(decompressor(), out.data(), out.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0 || size != out.size()) return fail(no_form());
    return out;
}

Result<std::string> join(std::string_view bytes) {
    ByteReader in(bytes);
    std::string out(in.bytes());
    auto head = in.varint();
    if (!in.ok()) return fail(no_form());
    RunPlaces places;
    if (!places.read(static_cast<std::size_t>(head >> 1), in)) return fail(no_form());
    auto packed = in.take(places.packed_bytes());
    std::string inflated;
    auto text = in.rest();
    if (head & 1) {
        PEYK_TRY(inflated, inflate(text));
        text = inflated;
    }
    if (!in.ok() || !places.put_back(packed, text, out)) return fail(no_form());
    return out;
}

}  // namespace

BodyForm compress(std::string_view body, std::size_t noise, std::string& out) {
    if (body.size() < kTooSmall) return BodyForm::stored;
    thread_local WithoutRuns parts;
    take_runs_out(body.substr(noise), parts);
    if (noise == 0 && parts.count == 0) return deflate(body, out) ? BodyForm::zstd : BodyForm::stored;
    auto start = out.size();
    put_bytes(out, body.substr(0, noise));
    auto head = out.size();
    put_varint(out, parts.count << 1);
    out += parts.runs;
    out += parts.packed;
    if (deflate(parts.text, out)) {
        out[head] = static_cast<char>(out[head] | 1);
    } else {
        out += parts.text;
    }
    if (out.size() - start < body.size()) return BodyForm::parted;
    out.resize(start);
    return BodyForm::stored;
}

Result<std::string> decompress(BodyForm form, std::string_view bytes) {
    switch (form) {
        case BodyForm::zstd: return inflate(bytes);
        case BodyForm::parted: return join(bytes);
        case BodyForm::stored: break;
    }
    return fail(no_form());
}

}  // namespace peyk::storage
