#pragma once
// One connection to another server, while a request uses it and while it is kept.

#include <optional>

#include "http/client/client.h"
#include "http/client/loop_wait.h"
#include "http/codec.h"
#include "http/stream.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace peyk::http {

// What a request is bound by while it uses a link.
struct Bounds {
    LoopDeadlines& deadlines;
    LoopWait& wait;
    Millis until;
};

// Runs on: the loop's thread.
class Link final : private Descriptor::Listener {
public:
    // Told when something happens on a kept link: it is of no use any more.
    class Keeper {
    public:
        virtual ~Keeper() = default;
        virtual void ended(Link& link) = 0;
    };

    // Begins to connect; call connected() next. Errors: unavailable.
    static Result<std::unique_ptr<Link>> open(RunLoop& loop, const ClientAddress& address, std::uint16_t port);

    Task<Result<void>> connected(Bounds bounds);
    Task<Result<void>> secure(Bounds bounds, SSL_CTX* context, std::string name);
    // `untouched` is set when the link ended before one byte of an answer, so that another may be tried.
    struct Outcome {
        Result<ClientResponse> response;
        bool untouched = false;
        bool keep = false;
    };
    // The request outlives the task.
    Task<Outcome> exchange(Bounds bounds, std::string head, const ClientRequest& request);

    // From here on the keeper is told of events; null: in use again.
    void keep(Keeper* keeper);
    Millis kept_since{};

private:
    Link(RunLoop& loop, int fd);
    void ready(Interest interest) override;
    Task<Result<void>> wait(Bounds bounds, Interest interest);
    Task<Result<void>> write(Bounds bounds, const std::string* head, const std::string* body);
    Task<Result<bool>> receive(Bounds bounds);  // false: the end
    Task<Result<AnswerHead>> read_head(Bounds bounds, std::size_t max);
    Task<Result<bool>> read_body(Bounds bounds, const AnswerHead& head, std::size_t max, std::string& body);

    Descriptor descriptor_;
    std::unique_ptr<Stream> stream_;
    LoopWait* waiter_ = nullptr;
    Keeper* keeper_ = nullptr;
    std::string in_;
    bool touched_ = false;  // a byte of the answer came
};

}  // namespace peyk::http
