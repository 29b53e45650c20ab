#pragma once
// A value that arrives once, from any thread, and the one coroutine that waits for it.

#include <memory>
#include <mutex>
#include <optional>

#include "async/task.h"

namespace peyk {

// Copies share one cell. set() once; `co_await one_shot.get()` once, resumed on the executor it suspended on.
template <class T>
class OneShot {
    struct Cell {
        std::mutex mutex;
        std::optional<T> value;
        std::coroutine_handle<> waiting;
        Executor* home = nullptr;
    };

public:
    OneShot() : cell_(std::make_shared<Cell>()) {}

    void set(T value) const {
        std::unique_lock lock(cell_->mutex);
        cell_->value.emplace(std::move(value));
        auto waiting = cell_->waiting;
        auto* home = cell_->home;
        lock.unlock();
        if (waiting) resume_on(home, waiting);
    }

    struct Awaiter {
        std::shared_ptr<Cell> cell;
        bool await_ready() const {
            std::lock_guard lock(cell->mutex);
            return cell->value.has_value();
        }
        bool await_suspend(std::coroutine_handle<> handle) {
            std::lock_guard lock(cell->mutex);
            if (cell->value) return false;
            cell->waiting = handle;
            cell->home = Executor::current();
            return true;
        }
        T await_resume() {
            std::lock_guard lock(cell->mutex);
            return std::move(*cell->value);
        }
    };
    Awaiter get() const { return Awaiter{cell_}; }

private:
    std::shared_ptr<Cell> cell_;
};

}  // namespace peyk
