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

// Spec: m.room.topic, TopicContentBlock: the first representation in text/plain, which is what is meant without a type.
std::optional<std::string_view> plain_topic(const Event& event) {
    const auto* block = event.content.find("m.topic");
    const auto* list = block ? block->get_array("m.text") : nullptr;
    if (!list) return std::nullopt;
    auto is_plain = [](const json::Value& one) {
        return one.get_string("mimetype").value_or("text/plain") == "text/plain";
    };
    auto found = std::ranges::find_if(*list, is_plain);
    return found == list->end() ? std::nullopt : found->get_string("body");
}

// Words of one text do not go on in the next one.
std::u32string folded(const std::vector<std::string_view>& texts) {
    std::u32string out;
    for (auto text : texts) {
        if (!out.empty()) out += U" \n ";
        out += fold_text(text);
    }
    return out;
}

}  // namespace

std::vector<std::string_view> searched_texts(const Event& event, const Keys& keys) {
    std::vector<std::string_view> out;
    auto add = [&out](std::optional<std::string_view> text) {
        if (text && std::ranges::find(out, *text) == out.end()) out.push_back(*text);
    };
    if (event.type == "m.room.message" && keys.body) add(member(event, "body"));
    if (event.type == "m.room.name" && keys.name) add(member(event, "name"));
    if (event.type == "m.room.topic" && keys.topic) {
        add(member(event, "topic"));
        add(plain_topic(event));
    }
    return out;
}

// One search, on the thread of searches.
class Searcher::Scan {
public:
    Scan(Searcher& searcher, Request request) : searcher_(searcher), request_(std::move(request)) {}

    // One turn. True: that was all of it.
    Result<bool> go_on() {
        if (request_.query.terms.empty()) return true;
        if (!opened_) PEYK_CHECK(open_rooms());
        const auto& limits = searcher_.limits_;
        auto turn = read_ * kEventCost + text_;
        while (!next_.empty() && read_ < limits.events_read && text_ < limits.text_read &&
               found_.hits.size() < limits.hits) {
            if (read_ * kEventCost + text_ - turn >= limits.slice) return false;
            auto room = next_.top().room;
            next_.pop();
            PEYK_CHECK(search_block(rooms_[room]));
            PEYK_CHECK(enter(room));
        }
        sort();
        return true;
    }
    Found take() { return std::move(found_); }

private:
    // Reading an event costs about as much as folding so much text.
    static constexpr std::size_t kEventCost = 100;

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
            // Spec: Server Side Search: not in rooms that are end-to-end encrypted, whatever is readable in them.
            PEYK_TRY(auto encryption, searcher_.store_.state(*info, last->after, "m.room.encryption", ""));
            if (encryption) continue;
            auto end = row.membership == Membership::join ? last->number + 1 : row.event + 1;
            rooms_.push_back(
                {.info = info,
                 .visibility = rooms::Visibility(searcher_.store_, *info, request_.user, row, request_.ignored),
                 .end = end,
                 .last = last->number,
                 .block = end / kBlock + 1});
            found_.until = std::max(found_.until, std::min(last->position, request_.until));
        }
        for (std::size_t at = 0; at < rooms_.size(); ++at) PEYK_CHECK(enter(at));
        opened_ = true;
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
            auto texts = searched_texts(*event->event, Keys{});
            if (texts.empty()) continue;
            for (auto text : texts) text_ += text.size();
            auto words = folded(texts);
            if (learn) each_gram(words, ShortWords::take, [&](std::uint64_t gram) { grams.push_back(gram); });
            if (event->number < room.end) PEYK_CHECK(judge(room, *event, words));
        }
        if (!learn) return {};
        std::sort(grams.begin(), grams.end());
        grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
        searcher_.signatures_.put(room.info->number, room.block, std::make_shared<const Signature>(grams));
        return {};
    }

    Result<void> judge(Room& room, const rooms::StoredEvent& event, std::u32string_view words) {
        if (event.position > request_.until || event.redacted_by) return {};
        if (searched_texts(*event.event, request_.keys).empty() || !request_.filter.wants(*event.event)) return {};
        auto rank = request_.query.rank(words);
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
    bool opened_ = false;
    std::size_t read_ = 0;  // events
    std::size_t text_ = 0;  // bytes
    Found found_;
};

Searcher::Searcher(const rooms::RoomStore& store, const rooms::Memberships& memberships, Limits limits)
    : store_(store), memberships_(memberships), limits_(limits), signatures_(limits.signature_bytes) {}

Task<Result<Found>> Searcher::search(Request request) {
    // A place among those that wait or have their turns.
    struct Place {
        explicit Place(std::atomic<std::size_t>& all) : taken(all), number(all.fetch_add(1)) {}
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() { taken.fetch_sub(1); }
        std::atomic<std::size_t>& taken;
        const std::size_t number;
    } place(waiting_);
    if (place.number >= limits_.waiting) co_return fail(Errc::unavailable, "Too many searches are waiting");
    auto lane = co_await lanes_.enter(request.user);
    Scan scan(*this, std::move(request));
    bool done = false;
    while (!done) {
        auto turn = [&scan] { return scan.go_on(); };
        PEYK_CO_TRY(done, co_await offload(pool_, std::move(turn)));
    }
    co_return scan.take();
}

}  // namespace peyk::search
