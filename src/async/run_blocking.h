#pragma once
// Included by task.h: bridges a plain thread to a coroutine.

#include <future>
#include <memory>

namespace peyk {
namespace detail {

// A coroutine that owns itself: it starts at once and frees its frame at the end.
struct Detached {
    struct promise_type {
        Detached get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }
    };
};

template <class T>
Detached drive(Executor& executor, Task<T> task, std::shared_ptr<std::promise<T>> done) {
    co_await move_to(executor);
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(task);
            done->set_value();
        } else {
            done->set_value(co_await std::move(task));
        }
    } catch (...) {
        done->set_exception(std::current_exception());
    }
}

}  // namespace detail

template <class T>
T run_blocking(Executor& executor, Task<T> task) {
    auto done = std::make_shared<std::promise<T>>();  // shared: the setter may still be inside when get() returns
    auto result = done->get_future();
    detail::drive(executor, std::move(task), done);
    return result.get();
}

}  // namespace peyk
