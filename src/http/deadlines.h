#pragma once
// Time-outs of many connections without a timer for each: all deadlines of one kind last equally long, so a list per
// kind is in order already. Setting one is O(1); a tick looks at the heads only.

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace peyk::http {

enum class Wait : unsigned char { none, head, body, idle, write, linger };
inline constexpr std::size_t kWaits = 6;

class Deadlines {
public:
    class Entry {
    public:
        Wait waiting() const { return kind_; }

    protected:
        ~Entry() = default;

    private:
        friend class Deadlines;
        virtual void overdue(Wait kind) = 0;  // may set deadlines and destroy the entry
        Entry* before_ = nullptr;
        Entry* after_ = nullptr;
        Millis since_{};
        Wait kind_ = Wait::none;
    };

    explicit Deadlines(const std::array<Millis, kWaits>& durations) : durations_(durations) {}
    // Starts (anew) to wait for `kind`; none takes the entry out. An entry has one deadline at a time.
    void set(Entry& entry, Wait kind, Millis now) {
        if (kind != Wait::none && kind == entry.kind_ && list(kind).last == &entry) {
            entry.since_ = now;
            return;
        }
        take_out(entry);
        if (kind == Wait::none) return;
        entry.kind_ = kind;
        entry.since_ = now;
        auto& to = list(kind);
        entry.before_ = to.last;
        (to.last ? to.last->after_ : to.first) = &entry;
        to.last = &entry;
        ++size_;
    }
    void run(Millis now) {
        for (std::size_t i = 1; i < kWaits; ++i) {
            while (lists_[i].first && lists_[i].first->since_ + durations_[i] <= now) {
                auto* entry = lists_[i].first;
                take_out(*entry);
                entry->overdue(static_cast<Wait>(i));
            }
        }
    }
    bool empty() const { return size_ == 0; }

private:
    struct List {
        Entry* first = nullptr;
        Entry* last = nullptr;
    };
    List& list(Wait kind) { return lists_[static_cast<std::size_t>(kind)]; }
    void take_out(Entry& entry) {
        if (entry.kind_ == Wait::none) return;
        auto& from = list(entry.kind_);
        (entry.before_ ? entry.before_->after_ : from.first) = entry.after_;
        (entry.after_ ? entry.after_->before_ : from.last) = entry.before_;
        entry.before_ = entry.after_ = nullptr;
        entry.kind_ = Wait::none;
        --size_;
    }

    std::array<Millis, kWaits> durations_;
    std::array<List, kWaits> lists_{};
    std::size_t size_ = 0;
};

}  // namespace peyk::http
