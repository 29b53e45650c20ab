#include "sync/sliding_connections.h"

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "base/logging.h"
#include "core/errors.h"
#include "storage/sweep.h"
#include "sync/tables.h"

namespace peyk::sync {
namespace {

constexpr std::size_t kPageBytes = 48 * 1024;
constexpr std::size_t kMaxPages = 16;
constexpr std::size_t kMaxGenerations = 4;  // read back at most: two, and what a lost deletion left
constexpr std::size_t kMaxTold = 768;

// Row: number of pages of this generation, day of its writing, then a piece of the state.
struct Page {
    std::uint64_t pages = 0;
    std::uint32_t day = 0;
    std::string_view piece;
};

Page read_page(const storage::Entry& row) {
    ByteReader reader(row.body);
    Page page;
    page.pages = reader.varint();
    page.day = static_cast<std::uint32_t>(reader.varint());
    page.piece = reader.rest();
    return page;
}

}  // namespace

std::unexpected<Error> unknown_pos() {
    return fail(Error{Errc::bad_request, "Unknown pos: start the connection anew", "M_UNKNOWN_POS"});
}

std::size_t Connections::Entry::bytes() const {
    std::size_t out = sizeof(Entry) + 128 + pending.size() * 8 + (told ? told->size() * 8 : 0);
    for (const auto& generation : generations) out += sizeof(Generation) + 48 + generation.state->size();
    return out;
}

Connections::Key Connections::key(std::uint64_t user, const DeviceId& device, std::string_view connection) const {
    return {user, db_.number("sync device " + device.str()), db_.number("sync connection " + std::string(connection))};
}

std::string Connections::prefix(const Key& key) {
    std::string out;
    put_u64be(out, key.device);
    put_u64be(out, key.connection);
    return out;
}

std::string Connections::row_key(const Key& key, std::uint64_t generation, std::uint16_t page) {
    auto out = prefix(key);
    put_u64be(out, generation);
    put_u16be(out, page);
    return out;
}

Result<Connections::Entry> Connections::load(const Key& key) const {
    Entry entry{key, {}, 0, nullptr, {}, 0, 0};
    PEYK_TRY(auto rows, db_.scan_prefix(kConnections, key.user, prefix(key), kMaxPages * kMaxGenerations));
    std::map<std::uint64_t, std::pair<Generation, std::string>> found;
    for (const auto& row : rows) {
        auto number = get_u64be(row.rest.data() + 16);
        auto page = read_page(row);
        auto& [generation, state] = found[number];
        generation.number = number;
        generation.day = page.day;
        if (row.gone || generation.pages != get_u16be(row.rest.data() + 24)) continue;  // a page is missing
        ++generation.pages;
        state += page.piece;
        if (generation.pages == page.pages) generation.state = std::make_shared<const std::string>(std::move(state));
    }
    for (auto& [number, pair] : found) {
        if (!pair.first.state) pair.first.state = std::make_shared<const std::string>();  // to be deleted only
        entry.generations.push_back(std::move(pair.first));
    }
    return entry;
}

Connections::Entry* Connections::at_hand(const Key& key) {
    auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &entries_.front();
}

// Blocks; afterwards the entry is at hand, unless memory is so short that it went again at once.
Result<void> Connections::ensure(const Key& key) {
    {
        std::lock_guard lock(mutex_);
        if (at_hand(key)) return {};
    }
    PEYK_TRY(auto entry, load(key));
    std::lock_guard lock(mutex_);
    if (at_hand(key)) return {};
    entries_.push_front(std::move(entry));
    index_[key] = entries_.begin();
    bytes_ += entries_.front().bytes();
    trim();
    return {};
}

void Connections::trim() {
    while (bytes_ > limits_.memory && entries_.size() > 1) {
        bytes_ -= std::min(bytes_, entries_.back().bytes());
        index_.erase(entries_.back().key);
        entries_.pop_back();
    }
}

Connections::Opened Connections::open(Entry& entry, const Generation* generation) {
    Opened out;
    out.request = ++entry.requests;
    if (!generation) return out;
    out.state = generation->state;
    out.generation = generation->number;
    out.stale = generation->day != today();
    out.told = entry.told;
    return out;
}

Result<Connections::Opened> Connections::begin(const Key& key) {
    PEYK_CHECK(ensure(key));
    std::lock_guard lock(mutex_);
    removed_.erase(key.user ^ key.device);
    auto* entry = at_hand(key);
    if (!entry) return Opened{};
    bytes_ -= std::min(bytes_, entry->bytes());
    entry->told = nullptr;
    entry->pending.clear();
    auto opened = open(*entry, nullptr);
    bytes_ += entry->bytes();
    return opened;
}

Result<Connections::Opened> Connections::resume(const Key& key, std::uint64_t generation, storage::Position position) {
    PEYK_CHECK(ensure(key));
    std::lock_guard lock(mutex_);
    auto* entry = at_hand(key);
    if (!entry) return unknown_pos();
    auto found = std::find_if(entry->generations.begin(), entry->generations.end(),
                              [&](const auto& candidate) { return candidate.number == generation; });
    if (found == entry->generations.end() || found->state->empty()) return unknown_pos();
    bytes_ -= std::min(bytes_, entry->bytes());
    // The answer that told of these members has arrived; any other answer was lost.
    if (entry->pending_generation == generation && entry->pending_position == position && !entry->pending.empty()) {
        auto told = std::make_shared<ToldMembers>();
        if (entry->told && entry->told->size() + entry->pending.size() <= kMaxTold) *told = *entry->told;
        told->insert(told->end(), entry->pending.begin(), entry->pending.end());
        std::sort(told->begin(), told->end());
        entry->told = std::move(told);
    }
    entry->pending = {};
    auto opened = open(*entry, &*found);
    bytes_ += entry->bytes();
    return opened;
}

std::uint16_t Connections::put_pages(storage::Change& change, const Key& key, std::uint64_t generation,
                                     std::string_view state, std::uint32_t day) const {
    auto pages = static_cast<std::uint16_t>((state.size() + kPageBytes - 1) / kPageBytes);
    for (std::uint16_t page = 0; page < pages; ++page) {
        std::string body;
        put_varint(body, pages);
        put_varint(body, day);
        body += state.substr(page * kPageBytes, kPageBytes);
        change.put(kConnections, key.user, row_key(key, generation, page), body);
    }
    return pages;
}

Task<Result<std::size_t>> Connections::sweep_idle(std::stop_token stop) {
    // Every generation says its day, and one that is in use is written again each day: a row goes by itself.
    auto last = limits_.idle_days;
    auto now = today();
    storage::ChooseOld choose = [last, now](std::uint64_t, std::span<const storage::Db::Walked> rows,
                                            std::vector<std::string>& old) -> Result<void> {
        for (const auto& row : rows) {
            if (row.entry.gone || read_page(row.entry).day + last < now) old.push_back(row.entry.rest);
        }
        return {};
    };
    co_return co_await storage::sweep(db_, kConnections, storage::Owner::user, std::move(choose), stop);
}

// A new connection takes the place of the device's oldest ones, and of those that nobody uses any more.
Result<void> Connections::drop_old_connections(storage::Change& change, const Key& fresh) {
    std::string device;
    put_u64be(device, fresh.device);
    struct Seen {
        storage::Position newest = 0;
        std::uint32_t day = 0;
        std::vector<std::string> rows;
    };
    std::map<std::uint64_t, Seen> connections;
    PEYK_TRY(auto rows, db_.scan_prefix(kConnections, fresh.user, device, 2'000));
    for (auto& row : rows) {
        auto number = get_u64be(row.rest.data() + 8);
        if (number == fresh.connection) continue;
        auto& seen = connections[number];
        seen.newest = std::max(seen.newest, row.position);
        seen.day = std::max(seen.day, read_page(row).day);
        seen.rows.push_back(std::move(row.rest));
    }
    std::vector<std::pair<storage::Position, std::uint64_t>> by_age;
    for (const auto& [number, seen] : connections) by_age.emplace_back(seen.newest, number);
    std::sort(by_age.begin(), by_age.end());
    std::size_t left = by_age.size();
    for (const auto& [newest, number] : by_age) {
        const auto& seen = connections[number];
        if (left < limits_.per_device && seen.day + limits_.idle_days >= today()) continue;
        --left;
        for (const auto& row : seen.rows) change.del(kConnections, fresh.user, row);
        std::lock_guard lock(mutex_);
        if (auto found = index_.find({fresh.user, fresh.device, number}); found != index_.end()) {
            bytes_ -= std::min(bytes_, found->second->bytes());
            entries_.erase(found->second);
            index_.erase(found);
        }
    }
    return {};
}

Task<Result<std::optional<std::uint64_t>>> Connections::save(Key key, Opened opened, std::string state) {
    if (opened.state && *opened.state == state && !opened.stale) co_return opened.generation;
    PEYK_CO_CHECK(ensure(key));
    storage::Change change(db_, storage::Owner::user, key.user, db_.epoch(storage::Owner::user, key.user));
    Generation fresh;
    fresh.day = today();
    bool first = false;
    {
        std::lock_guard lock(mutex_);
        auto* entry = at_hand(key);
        if (entry && entry->requests > opened.request) co_return std::nullopt;
        fresh.number = next_generation_++;
        fresh.pages = put_pages(change, key, fresh.number, state, fresh.day);
        fresh.state = std::make_shared<const std::string>(std::move(state));
        if (entry) {
            bytes_ -= std::min(bytes_, entry->bytes());
            first = entry->generations.empty();
            std::vector<Generation> kept;
            for (auto& old : entry->generations) {
                if (old.number == opened.generation) {
                    kept.push_back(std::move(old));
                    continue;
                }
                for (std::uint16_t page = 0; page < std::max<std::uint16_t>(old.pages, 1); ++page)
                    change.del(kConnections, key.user, row_key(key, old.number, page));
            }
            kept.push_back(fresh);
            entry->generations = std::move(kept);
            bytes_ += entry->bytes();
            trim();
        }
        if (removed_.contains(key.user ^ key.device)) co_return fresh.number;
    }
    if (first) PEYK_CO_CHECK(drop_old_connections(change, key));
    auto committed = co_await db_.commit(std::move(change));
    // The answer is good all the same: the connection goes on from memory, or starts anew after a restart.
    if (!committed) log::warning("sync", "a sync connection could not be kept: {}", committed.error().detail);
    co_return fresh.number;
}

void Connections::tell(const Key& key, std::uint64_t generation, storage::Position position, ToldMembers members) {
    std::lock_guard lock(mutex_);
    auto* entry = at_hand(key);
    if (!entry) return;
    bytes_ -= std::min(bytes_, entry->bytes());
    if (members.size() > kMaxTold) members.resize(kMaxTold);
    entry->pending = std::move(members);
    entry->pending.shrink_to_fit();
    entry->pending_generation = generation;
    entry->pending_position = position;
    bytes_ += entry->bytes();
}

Result<void> Connections::removing(storage::Change& change, std::uint64_t user, const std::vector<DeviceId>& devices) {
    for (const auto& device : devices) {
        auto number = key(user, device, "").device;
        std::string begins;
        put_u64be(begins, number);
        {
            std::lock_guard lock(mutex_);
            if (removed_.size() > 10'000) removed_.clear();
            removed_.insert(user ^ number);
            for (auto at = entries_.begin(); at != entries_.end();) {
                if (at->key.user != user || at->key.device != number) {
                    ++at;
                    continue;
                }
                bytes_ -= std::min(bytes_, at->bytes());
                index_.erase(at->key);
                at = entries_.erase(at);
            }
        }
        PEYK_TRY(auto rows, db_.scan_prefix(kConnections, user, begins, 2'000));
        for (const auto& row : rows) change.del(kConnections, user, row.rest);
    }
    return {};
}

}  // namespace peyk::sync
