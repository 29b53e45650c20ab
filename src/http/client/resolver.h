#pragma once
// Names to addresses, off the run loops: the C library's resolver blocks.

#include <memory>
#include <vector>

#include "async/executor.h"
#include "base/error.h"
#include "http/message.h"

namespace peyk::http {

class Resolver {
public:
    using Addresses = std::vector<ClientAddress>;
    using Done = std::move_only_function<void(Result<Addresses>)>;
    virtual ~Resolver() = default;
    // Calls `done` once, from any thread, without doing more in it than to post, with the
    // addresses in the order in which they should be tried. It may come late: the C library cannot be interrupted.
    // Errors: unavailable (unknown name, no answer, too many questions).
    virtual void resolve(std::string host, Done done) = 0;
};

// Purpose:  getaddrinfo() on a few threads; a name that is being asked for already is not asked for again.
// Stops by: destruction, after which no `done` is called any more. It does not wait for the C library, which may need
//           half a minute to give up: a thread that is inside then ends by itself, touching nothing of this object.
class SystemResolver final : public Resolver {
public:
    SystemResolver();
    ~SystemResolver() override;
    void resolve(std::string host, Done done) override;

private:
    struct Desk;
    static void work(const std::shared_ptr<Desk>& desk);
    std::shared_ptr<Desk> desk_;
};

}  // namespace peyk::http
