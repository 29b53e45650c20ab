#include "search/searcher.h"

#include <algorithm>
#include <queue>

#include "core/errors.h"
#include "core/text_fold.h"

namespace peyk::search {
namespace {

using rooms::EventNumber;
using rooms::Membership;

constexpr EventNumber kBlock = 256;  // events

// One room on its way from its newest block to its oldest.
struct Room {
    rooms::RoomInfoPtr info;
    rooms::Visibility visibility;
    EventNumber end;       // boundary behind the last event that may be seen
    EventNumber last = 0;  // number of the room's last event: blocks behind it are not full
    EventNumber block = 0;
};

struct Next {
    storage::Position newest;  // of the block to read
    std::size_t room;
    bool operator<(const Next& other) const { return newest < other.newest; }
};

std::optional<std::string_view> member(const Event& event, std::string_view key) {
    const auto* value = event.content.find(key);
    if (!value || !value->string()) return std::nullopt;
    return *value->string();
}

}  // namespace

std::optional<std::string_view> searched_text(const Event& event, const Keys& keys) {
    if (event.type == "m.room.message") return keys.body ? member(event, "body") : std::nullopt;
    if (event.type == "m.room.name") return keys.name ? member(event, "name") : std::nullopt;
    if (event.type == "m.room.topic") return keys.topic ? member(event, "topic") : std::nullopt;
    return std::nullopt;
}

// One search, on the thread of searches.
class Searcher::Scan {
public:
    Scan(Searcher& searcher, Request request) : searcher_(searcher), request_(std::move(request)) {}

    Result<Found> run() {
        if (request_.query.terms.empty()) return Found{};
        PEYK_CHECK(open_rooms());
        for (std::size_t at = 0; at < rooms_.size(); ++at) PEYK_CHECK(enter(at));
        while (!next_.empty() && read_ < searcher_.limits_.events_read && found_.hits.size() < searcher_.limits_.hits) {
            auto room = next_.top().room;
            next_.pop();
            PEYK_CHECK(search_block(rooms_[room]));
            PEYK_CHECK(enter(room));
        }
        sort();
        return std::move(found_);
    }

private:
    Result<void> open_rooms() {
        PEYK_TRY(auto rows, searcher_.memberships_.of(request_.user));
        for (const auto& row : *rows) {
            bool left = row.was_joined && !row.forgotten;
            if (row.membership != Membership::join && !left) continue;
            if (!request_.filter.wants_room(row.room.view())) continue;
            PEYK_TRY(auto info, searcher_.store_.find(row.number));
            if (!info) continue;
            PEYK_TRY(auto last, searcher_.store_.last(*info));
            if (!last) continue;
            auto end = row.membership == Membership::join ? last->number + 1 : row.event + 1;
            rooms_.push_back(
                {.info = info,
                 .visibility = rooms::Visibility(searcher_.store_, *info, request_.user, row, request_.ignored),
                 .end = end,
                 .last = last->number,
                 .block = end / kBlock + 1});
            found_.until = std::max(found_.until, std::min(last->position, request_.until));
        }
        return {};
    }

    // Steps to the room's next block that may hold something and puts it among those to read.
    Result<void> enter(std::size_t index) {
        auto& room = rooms_[index];
        while (room.block > 0) {
            auto block = --room.block;
            auto known = searcher_.signatures_.get(room.info->number, block);
            if (known && !known->may_have_all(request_.query.grams)) continue;
            auto newest = std::min(room.end, (block + 1) * kBlock) - 1;
            PEYK_TRY(auto event, searcher_.store_.last_before(*room.info, newest + 1));
            next_.push({event ? event->position : 0, index});
            return {};
        }
        return {};
    }

    Result<void> search_block(Room& room) {
        auto from = std::max<EventNumber>(1, room.block * kBlock), to = (room.block + 1) * kBlock;
        bool learn = to <= room.last && !searcher_.signatures_.get(room.info->number, room.block);
        // Of a block that is read for the first time everything is read, also what the user may not see.
        auto until = learn ? to : std::min(to, room.end);
        PEYK_TRY(auto events,
                 searcher_.store_.events_once(*room.info, from, until, kBlock, storage::Store::Order::reverse));
        read_ += events.size();
        std::vector<std::uint64_t> grams;
        for (const auto& event : events) {
            auto text = searched_text(*event->event, Keys{});
            if (!text) continue;
            auto folded = fold_text(*text);
            if (learn) each_gram(folded, ShortWords::take, [&](std::uint64_t gram) { grams.push_back(gram); });
            if (event->number < room.end) PEYK_CHECK(judge(room, *event, folded));
        }
        if (!learn) return {};
        std::sort(grams.begin(), grams.end());
        grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
        searcher_.signatures_.put(room.info->number, room.block, std::make_shared<const Signature>(grams));
        return {};
    }

    Result<void> judge(Room& room, const rooms::StoredEvent& event, std::u32string_view folded) {
        if (event.position > request_.until || event.redacted_by) return {};
        if (!searched_text(*event.event, request_.keys) || !request_.filter.wants(*event.event)) return {};
        auto rank = request_.query.rank(folded);
        if (rank == 0) return {};
        PEYK_TRY(bool seen, room.visibility.may_see(event));
        if (!seen) return {};
        // The text is not shown, so it must not be guessed either.
        PEYK_TRY(bool hidden, room.visibility.must_redact(event));
        if (hidden) return {};
        found_.hits.push_back({room.info, event.number, event.position, std::string(event.event->sender.view()), rank});
        return {};
    }

    void sort() {
        auto before = [this](const Hit& a, const Hit& b) {
            if (request_.order == OrderBy::rank && a.rank != b.rank) return a.rank > b.rank;
            return a.position > b.position;
        };
        std::sort(found_.hits.begin(), found_.hits.end(), before);
    }

    Searcher& searcher_;
    Request request_;
    std::vector<Room> rooms_;
    std::priority_queue<Next> next_;
    std::size_t read_ = 0;
    Found found_;
};

Searcher::Searcher(const rooms::RoomStore& store, const rooms::Memberships& memberships, Limits limits)
    : store_(store), memberships_(memberships), limits_(limits), signatures_(limits.signature_bytes) {}

Task<Result<Found>> Searcher::search(Request request) {
    if (pool_.queued() >= limits_.waiting) co_return fail(Errc::unavailable, "Too many searches are waiting");
    auto job = [scan = std::make_unique<Scan>(*this, std::move(request))] { return scan->run(); };
    co_return co_await offload(pool_, std::move(job));
}

}  // namespace peyk::search
