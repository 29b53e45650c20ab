#pragma once
// Pages for keys: never swapped, never in a core dump, empty in a forked child, zeroed when they are given back.

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace peyk {

// 64-byte units out of a few pages that are locked at the first use. Where the limit of locked memory leaves no room,
// the pages are not locked, and memory_is_locked() says so; everything else holds all the same. Any thread.
void* locked_allocate(std::size_t bytes);
void locked_free(void* at, std::size_t bytes) noexcept;
// Whether all that was handed out so far lies in locked pages.
bool memory_is_locked();

// Purpose:  a T in such pages, with the value semantics of T.
template <class T>
class Locked {
    static_assert(std::is_nothrow_destructible_v<T> && alignof(T) <= 64);

public:
    Locked() : at_(new(locked_allocate(sizeof(T))) T()) {}
    Locked(const T& value) : at_(new(locked_allocate(sizeof(T))) T(value)) {}  // NOLINT: stands for the value
    Locked(const Locked& other) : Locked(*other) {}
    Locked& operator=(const Locked& other) {
        *at_ = *other.at_;
        return *this;
    }
    ~Locked() {
        at_->~T();
        locked_free(at_, sizeof(T));
    }
    T& operator*() { return *at_; }
    const T& operator*() const { return *at_; }
    T* operator->() { return at_; }
    const T* operator->() const { return at_; }

private:
    T* at_;
};

}  // namespace peyk
