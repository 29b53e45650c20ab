#pragma once
// Everything of this folder in one object.

#include <memory>

#include "appservices/lookups.h"
#include "appservices/network_rooms.h"
#include "appservices/queue.h"
#include "async/feed.h"

namespace peyk::appservices {

// Purpose:  a queue for each service that wants traffic, and what is asked of them.
// Owner:    app::Services.  Runs on: the executor given.
// Stops by: stop(), after the HTTP server has drained and before the store closes.
class Services {
public:
    // `feed` and `activity` get listeners, when there is a service to tell: make it before traffic starts.
    Services(QueueParts parts, Feed& feed, rooms::Activity& activity, Executor& executor);

    // Blocking reads. Rooms that changed while the server was down are found in the background.
    Result<void> start();
    void stop();

    const Registry& registry() const { return parts_.registry; }
    Lookups& lookups() { return lookups_; }
    NetworkRooms& network_rooms() { return network_rooms_; }
    // The service answered something: what waits for it is tried at once.
    void heard_of(std::string_view service);
    QueueTotals totals() const;

private:
    Task<void> recover_and_run(std::vector<Queue*> known);
    Task<Result<void>> recover(const std::vector<Queue*>& known, std::stop_token stop);
    Task<Result<void>> recover_inboxes(std::stop_token stop);
    void on_feed(const FeedEntry& entry);
    void on_user(const FeedEntry& entry);

    const QueueParts parts_;
    Lookups lookups_;
    NetworkRooms network_rooms_;
    std::vector<std::unique_ptr<Queue>> queues_;
    TaskGroup tasks_;
};

}  // namespace peyk::appservices
