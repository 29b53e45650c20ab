#pragma once
// Task<T>: a lazy coroutine with one awaiter. It starts when awaited and resumes its awaiter by symmetric transfer, so
// a chain of tasks costs no queue and no stack. Parameters by value; views never live across co_await.

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include "async/executor.h"

namespace peyk {

template <class T = void>
class Task;

namespace detail {

struct PromiseBase {
    std::coroutine_handle<> continuation = std::noop_coroutine();
    std::exception_ptr error;

    struct Final {
        bool await_ready() noexcept { return false; }
        template <class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
            return self.promise().continuation;
        }
        void await_resume() noexcept {}
    };
    std::suspend_always initial_suspend() noexcept { return {}; }
    Final final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { error = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value;
    Task<T> get_return_object();
    template <class U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() {
        if (error) std::rethrow_exception(error);
        return std::move(*value);
    }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object();
    void return_void() noexcept {}
    void take() {
        if (error) std::rethrow_exception(error);
    }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    Task() = default;
    explicit Task(Handle handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            if (handle_) handle_.destroy();
            handle_ = std::exchange(other.handle_, {});
        }
        return *this;
    }
    ~Task() {
        if (handle_) handle_.destroy();
    }

    struct Awaiter {
        Handle handle;
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
            handle.promise().continuation = awaiting;
            return handle;
        }
        T await_resume() { return handle.promise().take(); }
    };
    Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }
    Awaiter operator co_await() & noexcept { return Awaiter{handle_}; }

private:
    Handle handle_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() {
    return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
    return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}
}  // namespace detail

// Resumes `handle` on `executor`, or right here when there is none (tests without a pool).
inline void resume_on(Executor* executor, std::coroutine_handle<> handle) {
    if (executor) {
        executor->post([handle] { handle.resume(); });
    } else {
        handle.resume();
    }
}

// co_await move_to(pool): the rest of the coroutine runs on `pool`. Nothing if it is there already.
struct MoveTo {
    Executor& executor;
    bool await_ready() const noexcept { return Executor::current() == &executor; }
    void await_suspend(std::coroutine_handle<> handle) { resume_on(&executor, handle); }
    void await_resume() const noexcept {}
};
inline MoveTo move_to(Executor& executor) { return MoveTo{executor}; }

// co_await offload(pool, job): runs `job` on `pool` and comes back to where it was. `job` is a named local (see
// conventions, the g++ 12 rule).
template <class F>
Task<std::invoke_result_t<F&>> offload(Executor& pool, F job) {
    Executor* home = Executor::current();
    co_await move_to(pool);
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
        job();
        if (home) co_await move_to(*home);
    } else {
        auto result = job();
        if (home) co_await move_to(*home);
        co_return result;
    }
}

// Runs a task from a plain thread and blocks until it is done. Start-up, tools and tests only.
template <class T>
T run_blocking(Executor& executor, Task<T> task);

}  // namespace peyk

#include "async/run_blocking.h"
