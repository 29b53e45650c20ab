#include "async/run_loop.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/logging.h"

namespace peyk {

namespace asio = boost::asio;

struct RunLoop::Impl {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread;
};

RunLoop::RunLoop(std::string name) : impl_(std::make_unique<Impl>()) {
    impl_->thread = std::thread([this, name = std::move(name)] {
        set_current(this);
        pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
        impl_->context.run();
    });
}

RunLoop::~RunLoop() { stop(); }

void RunLoop::post(Job job) { asio::post(impl_->context, std::move(job)); }

void RunLoop::call_after(Millis delay, Job job) {
    auto timer = std::make_shared<asio::steady_timer>(impl_->context, delay);
    timer->async_wait([timer, job = std::move(job)](boost::system::error_code error) mutable {
        if (!error) job();
    });
}

void RunLoop::stop() {
    if (!impl_->thread.joinable()) return;
    asio::post(impl_->context, [this] { impl_->context.stop(); });
    impl_->thread.join();
}

struct Descriptor::State {
    State(asio::io_context& context, int fd, Listener& to) : descriptor(context, fd), listener(&to) {}
    asio::posix::stream_descriptor descriptor;
    Listener* listener;
    bool armed[2] = {};
};

Descriptor::Descriptor(RunLoop& loop, int fd, Listener& listener)
    : state_(std::make_shared<State>(loop.impl_->context, fd, listener)) {}

Descriptor::~Descriptor() {
    state_->listener = nullptr;
    boost::system::error_code ignored;
    state_->descriptor.close(ignored);
}

int Descriptor::fd() const { return state_->descriptor.native_handle(); }

bool Descriptor::armed(Interest interest) const { return state_->armed[static_cast<int>(interest)]; }

void Descriptor::arm(Interest interest) {
    auto& armed = state_->armed[static_cast<int>(interest)];
    if (std::exchange(armed, true)) return;
    auto kind =
        interest == Interest::read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
    // The state is kept until the operation is over, which closing brings about.
    state_->descriptor.async_wait(kind, [state = state_, interest](boost::system::error_code) {
        state->armed[static_cast<int>(interest)] = false;
        if (state->listener) state->listener->ready(interest);
    });
}

}  // namespace peyk
