#include "http/client/resolver.h"

#include <netdb.h>

#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "http/proxies.h"

namespace peyk::http {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kMaxQuestions = 512;
constexpr std::size_t kMaxAddresses = 16;

Result<Resolver::Addresses> ask(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    if (code != 0) return fail(Errc::unavailable, std::string("the name does not resolve: ") + ::gai_strerror(code));
    Resolver::Addresses out;
    for (auto* entry = found; entry && out.size() < kMaxAddresses; entry = entry->ai_next) {
        sockaddr_storage storage{};
        std::memcpy(&storage, entry->ai_addr, std::min<std::size_t>(entry->ai_addrlen, sizeof storage));
        if (storage.ss_family == AF_INET || storage.ss_family == AF_INET6) out.push_back(address_of(storage));
    }
    if (out.empty()) return fail(Errc::unavailable, "the name has no address");
    return out;
}

}  // namespace

struct SystemResolver::Desk {
    std::mutex mutex;
    std::map<std::string, std::vector<Done>> questions;
    std::deque<std::string> names;  // not taken by a thread yet
    std::size_t askers = 0;
    std::size_t threads = 0;
    bool closed = false;
};

SystemResolver::SystemResolver() : desk_(std::make_shared<Desk>()) {}

SystemResolver::~SystemResolver() {
    std::map<std::string, std::vector<Done>> dropped;
    std::lock_guard lock(desk_->mutex);
    desk_->closed = true;
    desk_->names.clear();
    dropped.swap(desk_->questions);
}

void SystemResolver::resolve(std::string host, Done done) {
    std::unique_lock lock(desk_->mutex);
    if (desk_->askers >= kMaxQuestions) {
        lock.unlock();
        done(fail(Errc::unavailable, "too many names are being resolved"));
        return;
    }
    ++desk_->askers;
    auto& askers = desk_->questions[host];
    askers.push_back(std::move(done));
    if (askers.size() > 1) return;
    desk_->names.push_back(std::move(host));
    if (desk_->threads >= kThreads) return;
    ++desk_->threads;
    std::thread([desk = desk_] { work(desk); }).detach();
}

// A thread lives as long as there are names to ask for.
void SystemResolver::work(const std::shared_ptr<Desk>& desk) {
    std::unique_lock lock(desk->mutex);
    while (!desk->names.empty()) {
        auto name = std::move(desk->names.front());
        desk->names.pop_front();
        lock.unlock();
        auto answer = ask(name);
        lock.lock();
        auto question = desk->questions.extract(name);
        if (desk->closed || question.empty()) break;
        desk->askers -= question.mapped().size();
        // Under the lock, so that none is called after the resolver has gone; they only post.
        for (auto& asker : question.mapped()) asker(answer);
    }
    --desk->threads;
}

}  // namespace peyk::http
