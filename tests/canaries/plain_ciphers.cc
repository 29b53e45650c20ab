// A server that seals nothing: for one control of the canary tests, where what is planted must be found on the disk,
// and to measure what sealing costs. Linked into peyk, these stand before the functions of OpenSSL and libsodium of the
// same names: ciphers give back what they are given, and every seal matches. They are hidden, so that the libraries
// among themselves go on as ever. No switch of peyk does this, and nothing of it is in the program that people run.
// Listeners with TLS do not work in it.

#include <cstddef>
#include <cstring>

#define PEYK_INSTEAD extern "C" __attribute__((visibility("hidden")))

namespace {

// `out` is null for data that are signed only.
int give_back(unsigned char* out, int* length, const unsigned char* in, int size) {
    if (out && out != in) std::memmove(out, in, static_cast<std::size_t>(size));
    *length = size;
    return 1;
}

}  // namespace

PEYK_INSTEAD int EVP_EncryptUpdate(void*, unsigned char* out, int* length, const unsigned char* in, int size) {
    return give_back(out, length, in, size);
}

PEYK_INSTEAD int EVP_DecryptUpdate(void*, unsigned char* out, int* length, const unsigned char* in, int size) {
    return give_back(out, length, in, size);
}

PEYK_INSTEAD int EVP_EncryptFinal_ex(void*, unsigned char*, int* length) {
    *length = 0;
    return 1;
}

PEYK_INSTEAD int EVP_DecryptFinal_ex(void*, unsigned char*, int* length) {
    *length = 0;
    return 1;
}

// Tags are asked for and set here.
PEYK_INSTEAD int EVP_CIPHER_CTX_ctrl(void*, int type, int size, void* tag) {
    constexpr int kGetTag = 0x10;  // EVP_CTRL_AEAD_GET_TAG
    if (type == kGetTag) std::memset(tag, 0, static_cast<std::size_t>(size));
    return 1;
}

// Keys of rows: all alike, since nobody uses them.
PEYK_INSTEAD int crypto_core_hchacha20(unsigned char* out, const unsigned char*, const unsigned char*,
                                       const unsigned char*) {
    std::memset(out, 0, 32);
    return 0;
}
