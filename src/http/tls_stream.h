#pragma once
// A stream over OpenSSL's session, for both sides. Included by units that hold an SSL_CTX only.

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "http/stream.h"

namespace peyk::http {

struct TlsSide {
    bool server = true;
    std::string peer_name = {};  // client: what the certificate must be for, unless the context verifies nothing
    bool is_address = false;     // peer_name is an IP literal
};

// Null when there is no memory, or the name is none. The stream does not close the descriptor.
std::unique_ptr<Stream> tls_stream(SSL_CTX* context, int fd, TlsSide side);

// Trusts the authorities of the machine. They are looked up by name when a certificate asks for one: reading all of
// them takes longer than the rest of a start. Whoever sets SSL_CERT_FILE gets that file, read at once.
void trust_system_authorities(SSL_CTX* context);

// Takes what OpenSSL says of its last failure in this thread.
std::string tls_reason();

}  // namespace peyk::http
