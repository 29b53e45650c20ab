#include "app/store_metrics.h"

#include "app/services.h"

namespace peyk::app {
namespace {

using metrics::Registry;
using enum Registry::Kind;
using Rocks = storage::RocksStore::Counters;
using Keys = storage::Vault::Counters;

double number(std::uint64_t value) { return static_cast<double>(value); }

void add_rocks(Registry& registry, const storage::RocksStore& rocks) {
    auto count = [&rocks](std::uint64_t Rocks::* member) {
        return [&rocks, member] { return number(rocks.counters().*member); };
    };
    registry.ask(counter, "peyk_commits_total", "Batches that were committed.", count(&Rocks::batches));
    registry.ask(counter, "peyk_commits_failed_total", "Batches that were refused or fenced.", count(&Rocks::failed));
    registry.ask(counter, "peyk_commit_groups_total", "Writes of the log, each of one or more batches.",
                 count(&Rocks::groups));
    registry.ask(counter, "peyk_disk_syncs_total", "Times the log was brought to the disk.", count(&Rocks::syncs));
    registry.ask(counter, "peyk_rows_written_total", "Rows that were put or deleted.", count(&Rocks::rows));
    registry.ask(counter, "peyk_log_bytes_total", "Bytes of the batches that were committed.", count(&Rocks::bytes));
    registry.ask(gauge, "peyk_tables_bytes", "Bytes of the store's tables on the disk.", count(&Rocks::disk_bytes));
    registry.ask(gauge, "peyk_store_memory_bytes", "Write buffers and block cache.", count(&Rocks::memory_bytes));
}

void add_vault(Registry& registry, const storage::Vault& vault) {
    auto count = [&vault](std::uint64_t Keys::* member) {
        return [&vault, member] { return number(vault.counters().*member); };
    };
    registry.ask(counter, "peyk_keys_destroyed_total", "Keys of rows, of ranges of rows and of owners.",
                 count(&Keys::destroyed));
    registry.ask(counter, "peyk_key_table_writes_total", "Times the key table was written.", count(&Keys::writes));
    registry.ask(counter, "peyk_key_table_write_milliseconds_total", "Time that took.", count(&Keys::write_ms));
    registry.ask(gauge, "peyk_key_table_written_bytes", "Bytes of the last of these writes, in each of the two copies.",
                 count(&Keys::written_bytes));
    constexpr std::string_view kHits = "Lookups that a cache answered.", kMisses = "Lookups that it did not.";
    registry.ask(counter, "peyk_cache_hits_total", kHits, count(&Keys::hits), {"cache", "keys"});
    registry.ask(counter, "peyk_cache_misses_total", kMisses, count(&Keys::misses), {"cache", "keys"});
}

}  // namespace

void add_store_metrics(Registry& registry, storage::Opened& opened) {
    if (const auto* rocks = opened.rocks()) add_rocks(registry, *rocks);
    add_vault(registry, opened.vault());
}

void Services::add_metrics(Registry& registry) const {
    constexpr std::string_view kHits = "Lookups that a cache answered.", kMisses = "Lookups that it did not.";
    auto hits = [](auto counts) { return [counts] { return number(counts().hits); }; };
    auto misses = [](auto counts) { return [counts] { return number(counts().misses); }; };
    auto events = [this] { return room_store_.event_cache(); };
    auto nodes = [this] { return room_store_.node_cache(); };
    auto memberships = [this] { return memberships_.cache_counts(); };
    registry.ask(counter, "peyk_cache_hits_total", kHits, hits(events), {"cache", "events"});
    registry.ask(counter, "peyk_cache_misses_total", kMisses, misses(events), {"cache", "events"});
    registry.ask(counter, "peyk_cache_hits_total", kHits, hits(nodes), {"cache", "state_nodes"});
    registry.ask(counter, "peyk_cache_misses_total", kMisses, misses(nodes), {"cache", "state_nodes"});
    registry.ask(counter, "peyk_cache_hits_total", kHits, hits(memberships), {"cache", "memberships"});
    registry.ask(counter, "peyk_cache_misses_total", kMisses, misses(memberships), {"cache", "memberships"});
    registry.ask(counter, "peyk_sync_answers_total", "Answers of /sync.",
                 [this] { return number(sync_.counters().answers); });
    registry.ask(counter, "peyk_sync_looks_total", "Times /sync looked for news: for an answer, or in vain.",
                 [this] { return number(sync_.counters().looks); });
    registry.ask(counter, "peyk_events_ended_total", "Events that were past their lifetime and are destroyed.",
                 [this] { return number(retention_.destroyed()); });
    registry.ask(gauge, "peyk_sync_waiting", "Requests of /sync that wait for news.",
                 [this] { return number(notifier_.waiting()); });
}

}  // namespace peyk::app
