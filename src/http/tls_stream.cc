#include "http/tls_stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>

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
        return result(run([&] { return SSL_do_handshake(ssl_); }), 0);
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

}  // namespace

std::unique_ptr<Stream> tls_stream(SSL_CTX* context, int fd, TlsSide side) {
    auto* ssl = SSL_new(context);
    auto* bio = ssl ? BIO_new(socket_method()) : nullptr;
    if (!bio) {
        SSL_free(ssl);
        return nullptr;
    }
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    if (side.server) {
        SSL_set_accept_state(ssl);
    } else {
        SSL_set_connect_state(ssl);
        // An address is named in the certificate as such, and never in the greeting.
        bool good = side.is_address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), side.peer_name.c_str()) == 1
                                    : SSL_set1_host(ssl, side.peer_name.c_str()) == 1 &&
                                          SSL_set_tlsext_host_name(ssl, side.peer_name.c_str()) == 1;
        if (!good) {
            SSL_free(ssl);
            return nullptr;
        }
    }
    return std::make_unique<TlsStream>(ssl, fd);
}

void trust_system_authorities(SSL_CTX* context) {
    SSL_CTX_set_default_verify_dir(context);
    if (getenv(X509_get_default_cert_file_env())) SSL_CTX_set_default_verify_file(context);
}

std::string tls_reason() {
    auto code = ERR_peek_error();
    ERR_clear_error();
    if (code && ERR_SYSTEM_ERROR(code)) return std::system_category().message(ERR_GET_REASON(code));
    const char* reason = code ? ERR_reason_error_string(code) : nullptr;
    return reason ? reason : "unknown reason";
}

}  // namespace peyk::http
