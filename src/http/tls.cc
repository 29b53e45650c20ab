#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>

namespace peyk::http {
namespace {

// A BIO over a socket that never raises SIGPIPE, which OpenSSL's own does.
int bio_write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    auto count = ::send(static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))), data,
                        static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(count);
}

int bio_read(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    auto count = ::recv(static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))), data,
                        static_cast<std::size_t>(size), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    return static_cast<int>(count);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* socket_method() {
    static BIO_METHOD* const method = [] {
        auto* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "peyk socket");
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    return method;
}

class TlsStream final : public Stream {
public:
    TlsStream(SSL* ssl, int fd) : ssl_(ssl), fd_(fd) {}
    ~TlsStream() override { SSL_free(ssl_); }

    IoResult handshake() override {
        return result(run([&] { return SSL_accept(ssl_); }), 0);
    }
    IoResult read(std::span<char> into) override {
        std::size_t count = 0;
        auto status = run([&] { return SSL_read_ex(ssl_, into.data(), into.size(), &count); });
        return result(status, count);
    }
    IoResult write(std::string_view first, std::string_view second) override {
        auto piece = first.empty() ? second : first;
        if (piece.empty()) return {};
        std::size_t count = 0;
        auto status = run([&] { return SSL_write_ex(ssl_, piece.data(), piece.size(), &count); });
        return result(status, count);
    }
    bool pending() const override { return SSL_pending(ssl_) > 0; }
    void finish_writing() override {
        if (usable_) run([&] { return SSL_shutdown(ssl_) < 0 ? -1 : 1; });
        ::shutdown(fd_, SHUT_WR);
    }
    bool encrypted() const override { return true; }

private:
    template <class F>
    int run(F operation) {
        ERR_clear_error();
        int code = operation();
        auto status = code > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl_, code);
        // After these two nothing may be asked of the session any more, not even to shut down.
        if (status == SSL_ERROR_SSL || status == SSL_ERROR_SYSCALL) usable_ = false;
        ERR_clear_error();
        return status;
    }
    static IoResult result(int status, std::size_t count) {
        switch (status) {
            case SSL_ERROR_NONE: return {IoResult::Status::ok, count};
            case SSL_ERROR_WANT_READ: return {IoResult::Status::want_read};
            case SSL_ERROR_WANT_WRITE: return {IoResult::Status::want_write};
            case SSL_ERROR_ZERO_RETURN: return {IoResult::Status::end};
            default: return {IoResult::Status::broken};
        }
    }

    SSL* ssl_;
    int fd_;
    bool usable_ = true;
};

std::string reason() {
    char text[256] = "unknown reason";
    if (auto code = ERR_peek_error()) ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return text;
}

// HTTP/1.1 is all there is; a client that offers only others gets an alert instead of garbage.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void*) {
    static constexpr unsigned char kOurs[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

struct TlsContext::Impl {
    SSL_CTX* context = nullptr;
    ~Impl() { SSL_CTX_free(context); }
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::load(const std::filesystem::path& certificate,
                                                     const std::filesystem::path& key) {
    ERR_clear_error();
    auto impl = std::make_unique<Impl>();
    impl->context = SSL_CTX_new(TLS_server_method());
    auto* context = impl->context;
    if (!context) return fail(Errc::io, "cannot set up TLS: " + reason());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    // An idle session without these keeps 34 kB of buffers.
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Sessions are resumed by tickets, which cost the server no memory.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
        return fail(Errc::io, fmt::format("cannot read the certificate {}: {}", certificate.string(), reason()));
    }
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return fail(Errc::io, fmt::format("cannot use the key {}: {}", key.string(), reason()));
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return fail(Errc::io, fmt::format("the key {} does not belong to the certificate {}", key.string(),
                                          certificate.string()));
    }
    return std::shared_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

std::unique_ptr<Stream> TlsContext::accept(int fd) const {
    auto* ssl = SSL_new(impl_->context);
    auto* bio = ssl ? BIO_new(socket_method()) : nullptr;
    if (!bio) {
        SSL_free(ssl);
        return nullptr;
    }
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    return std::make_unique<TlsStream>(ssl, fd);
}

}  // namespace peyk::http
