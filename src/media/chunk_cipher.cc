#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "media/sealed_file.h"

namespace peyk::media {
namespace {

std::array<std::uint8_t, 12> nonce_of(std::uint64_t number, ChunkCipher::Place place) {
    std::array<std::uint8_t, 12> nonce{};
    nonce[0] = place == ChunkCipher::Place::last ? 1 : 0;
    for (int i = 0; i < 8; ++i) nonce[static_cast<std::size_t>(11 - i)] = static_cast<std::uint8_t>(number >> (8 * i));
    return nonce;
}

std::uint8_t* bytes_of(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }
const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

void must(int done) {
    if (done != 1) panic("AES-256-GCM is not available");
}

}  // namespace

FileKey::~FileKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

FileKey FileKey::make(Random& random) {
    FileKey key;
    random.fill(key.bytes);
    return key;
}

void ChunkCipher::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

ChunkCipher::ChunkCipher(const FileKey& key) : key_(key), context_(EVP_CIPHER_CTX_new()) {
    if (!context_) panic("out of memory");
}

std::string ChunkCipher::seal(std::uint64_t number, Place place, std::string_view content) const {
    const auto nonce = nonce_of(number, place);
    std::string sealed(content.size() + kTagBytes, '\0');
    int length = 0;
    must(EVP_EncryptInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, key_.bytes.data(), nonce.data()));
    must(EVP_EncryptUpdate(context_.get(), bytes_of(sealed), &length, bytes_of(content),
                           static_cast<int>(content.size())));
    must(EVP_EncryptFinal_ex(context_.get(), bytes_of(sealed) + length, &length));
    must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, bytes_of(sealed) + content.size()));
    return sealed;
}

Result<std::string> ChunkCipher::open(std::uint64_t number, Place place, std::string_view sealed) const {
    if (sealed.size() < kTagBytes) return fail(Errc::corrupt, "a media file ends early");
    const auto nonce = nonce_of(number, place);
    const auto length = sealed.size() - kTagBytes;
    std::string content(length, '\0');
    std::array<std::uint8_t, kTagBytes> tag{};
    std::copy_n(bytes_of(sealed) + length, kTagBytes, tag.begin());
    int written = 0;
    must(EVP_DecryptInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, key_.bytes.data(), nonce.data()));
    must(EVP_DecryptUpdate(context_.get(), bytes_of(content), &written, bytes_of(sealed), static_cast<int>(length)));
    must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()));
    if (EVP_DecryptFinal_ex(context_.get(), bytes_of(content) + written, &written) != 1)
        return fail(Errc::corrupt, "a chunk of a media file fails its check");
    return content;
}

}  // namespace peyk::media
