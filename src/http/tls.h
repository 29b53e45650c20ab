#pragma once
// The server's side of TLS. OpenSSL is included by tls.cc only.

#include <filesystem>
#include <memory>

#include "base/error.h"
#include "http/stream.h"

namespace peyk::http {

// Purpose:  a certificate with its key and the settings of new connections: TLS 1.2 or later, session tickets.
// Runs on:  any thread once made; streams keep what they need of it alive.
class TlsContext {
public:
    // Errors: io with the file and the reason.
    static Result<std::shared_ptr<TlsContext>> load(const std::filesystem::path& certificate,
                                                    const std::filesystem::path& key);
    ~TlsContext();
    // Null when there is no memory.
    std::unique_ptr<Stream> accept(int fd) const;

private:
    struct Impl;
    explicit TlsContext(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace peyk::http
