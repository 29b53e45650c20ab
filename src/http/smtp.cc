#include "http/smtp.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>
#include <ctime>
#include <memory>

#include "base/bytes.h"
#include "base/random.h"
#include "http/tls_stream.h"

namespace peyk::http {
namespace {

constexpr int kAnswers = 4;  // all of them together take no longer than so many
constexpr std::size_t kMaxAnswer = 16 * 1024;
constexpr std::size_t kBase64Line = 76;

struct FreeBio {
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

bool is_plain_address(std::string_view address) {
    if (address.empty() || address.size() > 254 || address.find('@') == std::string_view::npos) return false;
    for (unsigned char c : address) {
        if (c <= ' ' || c == 0x7f || c == '<' || c == '>') return false;
    }
    return true;
}

std::string base64_lines(std::string_view text) {
    auto encoded = base64_encode(text);
    while (encoded.size() % 4 != 0) encoded += '=';
    std::string out;
    for (std::size_t at = 0; at < encoded.size(); at += kBase64Line) {
        out += encoded.substr(at, kBase64Line);
        out += "\r\n";
    }
    return out;
}

// One conversation with the mail server.
class Talk {
public:
    // What comes byte by byte does not go on for ever.
    explicit Talk(const MailServer& server)
        : server_(server), until_(std::chrono::steady_clock::now() + kAnswers * server.time) {}

    Result<void> open() {
        auto address = fmt::format("{}:{}", server_.host, server_.port);
        bio_.reset(BIO_new_connect(address.c_str()));
        if (!bio_) return fail(Errc::internal, "no memory for a connection to the mail server");
        BIO_set_nbio(bio_.get(), 1);
        auto seconds = static_cast<int>(std::max<std::int64_t>(1, server_.time.count() / 1000));
        if (BIO_do_connect_retry(bio_.get(), seconds, 20) != 1)
            return fail(Errc::unavailable, "the mail server cannot be reached");
        BIO_set_nbio(bio_.get(), 0);
        int socket = -1;
        BIO_get_fd(bio_.get(), &socket);
        timeval limit{.tv_sec = seconds, .tv_usec = 0};
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        // The descriptor was made non-blocking for the connection.
        BIO_socket_nbio(socket, 0);
        if (server_.security == MailSecurity::tls) PEYK_CHECK(secure());
        return expect('2');
    }

    Result<void> secure() {
        context_.reset(SSL_CTX_new(TLS_client_method()));
        if (!context_) return fail(Errc::internal, "no memory for TLS with the mail server");
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
        if (server_.verify_certificate) {
            trust_system_authorities(context_.get());
            SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        }
        auto* tls = BIO_new_ssl(context_.get(), 1);
        SSL* session = nullptr;
        BIO_get_ssl(tls, &session);
        SSL_set_tlsext_host_name(session, server_.host.c_str());
        if (server_.verify_certificate) SSL_set1_host(session, server_.host.c_str());
        bio_.reset(BIO_push(tls, bio_.release()));
        pending_.clear();  // nothing that came before TLS counts after it
        if (BIO_do_handshake(bio_.get()) != 1) return fail(Errc::unavailable, "TLS with the mail server failed");
        return {};
    }

    // Sends a line and waits for an answer of the class `wanted` ('2', '3').
    Result<void> say(std::string line, char wanted) {
        PEYK_CHECK(write(line + "\r\n"));
        return expect(wanted);
    }

    Result<void> greet() {
        auto greeted = say("EHLO " + server_.helo_name, '2');
        if (!greeted && greeted.error().code == Errc::forbidden) return say("HELO " + server_.helo_name, '2');
        return greeted;
    }

    Result<void> write(std::string_view text) {
        for (std::size_t at = 0; at < text.size();) {
            if (std::chrono::steady_clock::now() >= until_) return fail(Errc::timeout, "the mail server is too slow");
            int written = BIO_write(bio_.get(), text.data() + at, static_cast<int>(text.size() - at));
            if (written <= 0) return fail(Errc::unavailable, "the mail server went away");
            at += static_cast<std::size_t>(written);
        }
        return {};
    }

private:
    // An answer is lines "250-…" and a last one "250 …".
    Result<void> expect(char wanted) {
        std::size_t taken = 0;
        for (;;) {
            PEYK_TRY(auto line, read_line());
            taken += line.size();
            if (line.size() < 3 || taken > kMaxAnswer) return fail(Errc::unavailable, "the mail server talks nonsense");
            if (line.size() > 3 && line[3] == '-') continue;
            if (line[0] == wanted) return {};
            return fail(line[0] == '5' ? Errc::forbidden : Errc::unavailable,
                        fmt::format("the mail server answered {}", line.substr(0, 3)));
        }
    }

    Result<std::string> read_line() {
        for (;;) {
            if (auto end = pending_.find('\n'); end != std::string::npos) {
                auto line = pending_.substr(0, end);
                pending_.erase(0, end + 1);
                if (line.ends_with('\r')) line.pop_back();
                return line;
            }
            if (pending_.size() > kMaxAnswer) return fail(Errc::unavailable, "the mail server talks nonsense");
            if (std::chrono::steady_clock::now() >= until_) return fail(Errc::timeout, "the mail server is too slow");
            char buffer[1024];
            int got = BIO_read(bio_.get(), buffer, sizeof buffer);
            if (got <= 0) return fail(Errc::timeout, "the mail server did not answer");
            pending_.append(buffer, static_cast<std::size_t>(got));
        }
    }

    const MailServer& server_;
    const std::chrono::steady_clock::time_point until_;
    std::unique_ptr<SSL_CTX, FreeContext> context_;
    std::unique_ptr<BIO, FreeBio> bio_;
    std::string pending_;
};

std::string now_text() {
    auto now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    auto size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &parts);
    return {text, size};
}

}  // namespace

std::string mail_message(const MailServer& server, const Mail& mail, std::string_view date, std::string_view id) {
    return fmt::format(
        "From: <{}>\r\nTo: <{}>\r\nSubject: =?utf-8?B?{}?=\r\nDate: {}\r\nMessage-ID: <{}@{}>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\nAuto-Submitted: "
        "auto-generated\r\n\r\n{}",
        server.from, mail.to,
        [&] {
            auto subject = base64_encode(mail.subject.substr(0, 45));
            while (subject.size() % 4 != 0) subject += '=';
            return subject;
        }(),
        date, id, server.helo_name, base64_lines(mail.text));
}

Result<void> send_mail(const MailServer& server, const Mail& mail) {
    if (!is_plain_address(mail.to) || !is_plain_address(server.from))
        return fail(Errc::bad_request, "not an e-mail address");
    SystemRandom random;
    auto id = random.alphanumeric(20);
    Talk talk(server);
    PEYK_CHECK(talk.open());
    PEYK_CHECK(talk.greet());
    if (server.security == MailSecurity::starttls) {
        PEYK_CHECK(talk.say("STARTTLS", '2'));
        PEYK_CHECK(talk.secure());
        PEYK_CHECK(talk.greet());
    }
    if (!server.user.empty()) {
        std::string plain;
        plain += '\0' + server.user;
        plain += '\0';
        plain += server.password.reveal();
        auto encoded = base64_encode(plain);
        while (encoded.size() % 4 != 0) encoded += '=';
        PEYK_CHECK(talk.say("AUTH PLAIN " + encoded, '2'));
    }
    PEYK_CHECK(talk.say("MAIL FROM:<" + server.from + ">", '2'));
    PEYK_CHECK(talk.say("RCPT TO:<" + mail.to + ">", '2'));
    PEYK_CHECK(talk.say("DATA", '3'));
    // Base64 has no line that begins with a dot.
    PEYK_CHECK(talk.write(mail_message(server, mail, now_text(), id)));
    PEYK_CHECK(talk.say(".", '2'));
    (void)talk.write("QUIT\r\n");
    return {};
}

}  // namespace peyk::http
