#pragma once
// Kept connections and turns, by origin. Runs on the loop's thread.

#include <deque>
#include <list>
#include <map>

#include "http/client/link.h"

namespace peyk::http {

class Pool final : private Link::Keeper {
public:
    Pool(LoopDeadlines& deadlines, std::size_t per_origin, Millis idle_time)
        : deadlines_(deadlines), per_origin_(per_origin), idle_time_(idle_time) {}

    // A turn at an origin: at most `per_origin` requests have one. Given back at its end, together with a link if that
    // can be used again.
    class Turn {
    public:
        Turn(Pool& pool, std::string origin) : pool_(pool), origin_(std::move(origin)) {}
        ~Turn() { pool_.leave(origin_, std::move(link)); }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        std::unique_ptr<Link> link;

    private:
        Pool& pool_;
        std::string origin_;
    };
    // `origin` names everything that makes connections interchangeable.
    Task<Result<std::unique_ptr<Turn>>> enter(Bounds bounds, std::string origin);
    // A kept link, the newest first; null when there is none.
    std::unique_ptr<Link> take(const std::string& origin);
    std::size_t idle() const { return idle_; }
    void clear() { origins_.clear(); }

private:
    struct Origin {
        std::size_t active = 0;
        std::list<std::unique_ptr<Link>> kept;  // the newest last
        std::deque<LoopWait*> waiting;
    };
    void leave(const std::string& origin, std::unique_ptr<Link> link);
    void ended(Link& link) override;
    void sweep();
    void forget_if_unused(const std::string& origin);

    static constexpr std::size_t kMaxIdle = 64;
    LoopDeadlines& deadlines_;
    std::size_t per_origin_;
    Millis idle_time_;
    std::map<std::string, Origin> origins_;
    std::size_t idle_ = 0;
    bool sweeping_ = false;
};

}  // namespace peyk::http
