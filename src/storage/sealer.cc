#include "storage/sealer.h"

#include <openssl/evp.h>
#include <sodium.h>

#include "base/bytes.h"
#include "storage/compress.h"
#include "storage/table.h"

namespace peyk::storage {
namespace {

constexpr std::size_t kNonce = 8;  // stored; zeros make up the twelve bytes of the cipher
constexpr std::size_t kFullNonce = 12;
constexpr std::size_t kTag = 16;
constexpr std::uint8_t kFormMask = 0x0f, kHole = 0x10;
constexpr std::size_t kHoleBytes = 8;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_at(std::string& text, std::size_t at) {
    return reinterpret_cast<unsigned char*>(text.data()) + at;
}

// Random bytes in pages of a few hundred nonces: a system call for each would cost more than the cipher.
void fresh_nonce(unsigned char* out) {
    struct Pool {
        std::array<unsigned char, 256 * kNonce> bytes;
        std::size_t used = sizeof bytes;
    };
    thread_local Pool pool;
    if (pool.used == pool.bytes.size()) {
        randombytes_buf(pool.bytes.data(), pool.bytes.size());
        pool.used = 0;
    }
    std::memcpy(out, pool.bytes.data() + pool.used, kNonce);
    pool.used += kNonce;
}

std::array<unsigned char, kFullNonce> full_nonce(const unsigned char* stored) {
    std::array<unsigned char, kFullNonce> nonce{};
    std::memcpy(nonce.data(), stored, kNonce);
    return nonce;
}

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// Fetched once and never freed: looking the cipher up costs more than sealing a small row.
const EVP_CIPHER* aes_gcm() {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    if (!cipher) panic("AES-256-GCM is not available in this OpenSSL");
    return cipher;
}

EVP_CIPHER_CTX* context_for(bool encrypt) {
    thread_local const Context encrypting = [] {
        Context made(EVP_CIPHER_CTX_new());
        EVP_EncryptInit_ex2(made.get(), aes_gcm(), nullptr, nullptr, nullptr);
        return made;
    }();
    thread_local const Context decrypting = [] {
        Context made(EVP_CIPHER_CTX_new());
        EVP_DecryptInit_ex2(made.get(), aes_gcm(), nullptr, nullptr, nullptr);
        return made;
    }();
    return encrypt ? encrypting.get() : decrypting.get();
}

// out: nonce, ciphertext, tag.
void encrypt(const Secret& key, std::string_view aad, std::string_view plain, std::string& out) {
    auto at = out.size();
    out.resize(at + kNonce + plain.size() + kTag);
    fresh_nonce(bytes_at(out, at));
    auto nonce = full_nonce(bytes_at(out, at));
    auto* context = context_for(true);
    int length = 0;
    bool ok = EVP_EncryptInit_ex2(context, nullptr, key.data(), nonce.data(), nullptr) == 1;
    if (!aad.empty()) {
        ok = ok && EVP_EncryptUpdate(context, nullptr, &length, bytes_of(aad), static_cast<int>(aad.size())) == 1;
    }
    ok = ok && EVP_EncryptUpdate(context, bytes_at(out, at + kNonce), &length, bytes_of(plain),
                                 static_cast<int>(plain.size())) == 1;
    auto end = at + kNonce + plain.size();
    ok = ok && EVP_EncryptFinal_ex(context, bytes_at(out, end), &length) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTag, bytes_at(out, end)) == 1;
    if (!ok) panic("sealing a value failed");
}

std::optional<std::string> decrypt(const Secret& key, std::string_view aad, std::string_view in) {
    if (in.size() < kNonce + kTag) return std::nullopt;
    auto cipher = in.substr(kNonce, in.size() - kNonce - kTag);
    std::string tag(in.substr(in.size() - kTag));
    std::string out(cipher.size(), '\0');
    auto* context = context_for(false);
    auto nonce = full_nonce(bytes_of(in));
    int length = 0;
    bool ok = EVP_DecryptInit_ex2(context, nullptr, key.data(), nonce.data(), nullptr) == 1;
    if (!aad.empty()) {
        ok = ok && EVP_DecryptUpdate(context, nullptr, &length, bytes_of(aad), static_cast<int>(aad.size())) == 1;
    }
    ok = ok &&
         EVP_DecryptUpdate(context, bytes_at(out, 0), &length, bytes_of(cipher), static_cast<int>(cipher.size())) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1;
    if (!ok || EVP_DecryptFinal_ex(context, bytes_at(out, 0), &length) != 1) return std::nullopt;
    return out;
}

}  // namespace

std::uint64_t row_number(std::string_view rest) {
    if (rest.size() < sizeof(std::uint64_t)) panic("a key of a table with Seal::row begins with the row number");
    return get_u64be(rest.data());
}

Sealer::Sealer(const Vault& vault) : vault_(vault) {
    std::memcpy(bind_key_.data(), vault.purpose_key("bind").data(), bind_key_.size());
}

// Each key of the store has a cipher key of its own: values cannot be moved between keys, and a random nonce needs to
// be unique only among the rewrites of one row.
Secret Sealer::message_key(const Secret& key, const SealContext& context) const {
    std::array<unsigned char, 11 + 512> name;
    auto* at = name.data();
    *at++ = context.table;
    *at++ = static_cast<unsigned char>(context.before.size());
    *at++ = static_cast<unsigned char>(context.before.size() >> 8);
    std::memcpy(at, &context.owner, sizeof context.owner);
    at += sizeof context.owner;
    if (context.before.size() + context.after.size() > 512) panic("a key is longer than 512 bytes");
    at = std::copy(context.before.begin(), context.before.end(), at);
    at = std::copy(context.after.begin(), context.after.end(), at);
    std::array<std::uint8_t, 16> bound;
    crypto_shorthash_siphashx24(bound.data(), name.data(), static_cast<std::size_t>(at - name.data()),
                                bind_key_.data());
    return key.bind(bound);
}

Result<> Sealer::seal(const KeyName& name, const SealContext& context, std::string_view body, std::size_t noise,
                      std::string& out) const {
    auto key = vault_.key(name);
    if (!key) return fail(Errc::gone, "the key of this row was destroyed");
    thread_local std::string compressed;
    compressed.clear();
    auto form = compress(body, noise, compressed);
    put_u8(out, static_cast<std::uint8_t>(std::to_underlying(form) | (context.hole ? kHole : 0)));
    if (context.hole) put_u8(out, static_cast<std::uint8_t>(context.before.size()));
    put_varint(out, name.slot);
    encrypt(message_key(*key, context), context.header, form == BodyForm::stored ? body : std::string_view(compressed),
            out);
    return {};
}

Result<std::string> Sealer::open(std::string_view stored, const Table& table, std::uint64_t owner,
                                 std::string_view rest, std::string_view header) const {
    ByteReader in(stored);
    auto format = in.u8();
    SealContext context{.table = table.id, .owner = owner, .before = rest, .header = header};
    if (format & kHole) {
        std::size_t at = in.u8();
        if (!in.ok() || at + kHoleBytes > rest.size()) return fail(Errc::corrupt, "a stored value has no valid form");
        context.before = rest.substr(0, at);
        context.after = rest.substr(at + kHoleBytes);
        context.hole = true;
    }
    KeyName name{.slot = in.varint()};
    if (table.seal == Seal::row) {
        name.table = table.id;
        name.row = row_number(rest);
    }
    auto form = static_cast<BodyForm>(format & kFormMask);
    if (!in.ok() || form > BodyForm::parted) return fail(Errc::corrupt, "a stored value has no valid form");
    auto key = vault_.key(name);
    if (!key) return fail(Errc::gone);
    auto plain = decrypt(message_key(*key, context), header, in.rest());
    if (!plain) return fail(Errc::corrupt, "the seal of a stored value does not match");
    if (form == BodyForm::stored) return std::move(*plain);
    return decompress(form, *plain);
}

}  // namespace peyk::storage
