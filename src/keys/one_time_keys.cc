#include "keys/one_time_keys.h"

#include <algorithm>

#include "base/bytes.h"
#include "core/errors.h"
#include "keys/key_objects.h"
#include "keys/rows.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

constexpr std::size_t kCachedDevices = 20'000;

// Body of kOneTimeKeys: algorithm, key id, then the key as JSON.
struct OneTimeRow {
    std::string algorithm;
    std::string id;
    std::string json;

    std::string name() const { return algorithm + ":" + id; }
    std::string encode() const {
        std::string body;
        put_bytes(body, algorithm);
        put_bytes(body, id);
        return body.append(json);
    }
    static Result<OneTimeRow> decode(std::string_view body) {
        ByteReader reader(body);
        OneTimeRow row{std::string(reader.bytes()), std::string(reader.bytes()), {}};
        row.json = reader.rest();
        if (!reader.ok()) return fail(Errc::corrupt, "a row of one_time_keys does not decode");
        return row;
    }
};

// Body of kFallbackKeys: used u8, then as above.
struct FallbackRow {
    bool used = false;
    OneTimeRow key;

    std::string encode() const { return std::string(1, used ? '\1' : '\0') + key.encode(); }
    static Result<FallbackRow> decode(std::string_view body) {
        if (body.empty()) return fail(Errc::corrupt, "a row of fallback_keys is empty");
        PEYK_TRY(auto key, OneTimeRow::decode(body.substr(1)));
        return FallbackRow{body[0] != '\0', std::move(key)};
    }
};

std::string fallback_rest(const storage::Db& db, std::uint64_t device, std::string_view algorithm) {
    return key_of(device, db.digest("fallback", algorithm));
}
std::string name_digest(const storage::Db& db, std::string_view name) { return db.digest("one-time key name", name); }
std::string content_digest(const storage::Db& db, std::string_view json) {
    return db.digest("one-time key content", json);
}

std::unexpected<Error> changed_content(std::string_view name) {
    return m::unknown(fmt::format("One-time key {} was uploaded before with other content", name));
}

}  // namespace

// Loaded from the store, immutable once cached.
struct OneTimeKeys::State {
    std::map<std::string, std::vector<std::uint64_t>> free;  // algorithm -> sequences, ascending
    std::map<std::string, bool> fallback_used;
    std::shared_ptr<const KeyCounts> counts;

    void count() {
        KeyCounts made;
        for (const auto& [algorithm, sequences] : free) {
            if (!sequences.empty()) made.one_time[algorithm] = static_cast<std::int64_t>(sequences.size());
        }
        for (const auto& [algorithm, used] : fallback_used) {
            if (!used) made.unused_fallbacks.push_back(algorithm);
        }
        counts = std::make_shared<const KeyCounts>(std::move(made));
    }
};

// What an upload is compared with.
struct OneTimeKeys::Held {
    std::map<std::string, std::string> unclaimed;  // name -> JSON
    std::map<std::string, std::string> issued;     // digest of the name -> digest of the content
    std::uint64_t next = 1;
};

// One user's part of a claim.
struct OneTimeKeys::UserClaim {
    std::string user;
    std::uint64_t number;
    std::map<DeviceId, std::string> wanted;
    std::map<std::string, std::string> taken;  // device id -> JSON
    std::vector<std::pair<Cache::Key, std::shared_ptr<State>>> after;
    std::optional<Error> error;

    void take(const DeviceId& device, const OneTimeRow& row) {
        json::Writer writer;
        writer.begin_object().key(row.name()).raw(row.json).end_object();
        taken[device.str()] = writer.take();
    }
};

OneTimeKeys::OneTimeKeys(storage::Db& db, UserLanes& lanes, Feed& feed, Ports ports, Limits limits)
    : db_(db),
      lanes_(lanes),
      feed_(feed),
      ports_(ports),
      limits_(limits),
      cache_(std::make_unique<Cache>(kCachedDevices)) {}

OneTimeKeys::~OneTimeKeys() = default;

Result<OneTimeKeys::State> OneTimeKeys::load(const Cache::Key& key) const {
    State state;
    PEYK_TRY(auto rows, db_.scan_prefix(kOneTimeKeys, key.user, key_of(key.device), limits_.one_time_keys_per_device));
    for (const auto& row : rows) {
        if (row.gone) continue;
        PEYK_TRY(auto one, OneTimeRow::decode(row.body));
        state.free[one.algorithm].push_back(get_u64be(row.rest.data() + 8));
    }
    PEYK_TRY(auto fallbacks,
             db_.scan_prefix(kFallbackKeys, key.user, key_of(key.device), limits_.fallback_algorithms_per_device));
    for (const auto& row : fallbacks) {
        if (row.gone) continue;
        PEYK_TRY(auto fallback, FallbackRow::decode(row.body));
        state.fallback_used[fallback.key.algorithm] = fallback.used;
    }
    state.count();
    return state;
}

Result<std::shared_ptr<const OneTimeKeys::State>> OneTimeKeys::state(const Cache::Key& key) {
    if (auto cached = cache_->find(key)) return cached;
    auto ticket = cache_->ticket(key);
    PEYK_TRY(auto loaded, load(key));
    auto shared = std::make_shared<const State>(std::move(loaded));
    cache_->offer(key, ticket, shared);
    return shared;
}

Result<std::shared_ptr<const KeyCounts>> OneTimeKeys::counts(std::uint64_t user_number, const DeviceId& device) {
    Cache::Key key{user_number, device_number(db_, device)};
    PEYK_TRY(auto known, state(key));
    return known->counts;
}

void OneTimeKeys::forget_cached(std::uint64_t user_number, const DeviceId& device) {
    cache_->replace({user_number, device_number(db_, device)}, nullptr);
}

// ---- Upload

// Also removes the oldest issued marks beyond the limit, as part of `change`.
Result<OneTimeKeys::Held> OneTimeKeys::held(storage::Change& change, const Cache::Key& key) const {
    Held held;
    auto prefix = key_of(key.device);
    PEYK_TRY(auto rows, db_.scan_prefix(kOneTimeKeys, key.user, prefix, limits_.one_time_keys_per_device));
    for (const auto& row : rows) {
        if (row.gone) continue;
        PEYK_TRY(auto one, OneTimeRow::decode(row.body));
        held.unclaimed.emplace(one.name(), std::move(one.json));
        held.next = std::max(held.next, get_u64be(row.rest.data() + 8) + 1);
    }
    // At most as many as were claimed since the last upload, and those kept then.
    auto most = limits_.one_time_keys_per_device + limits_.issued_keys_remembered;
    PEYK_TRY(auto issued, db_.scan_prefix(kIssuedKeys, key.user, prefix, most));
    auto spare = issued.size() - std::min(issued.size(), limits_.issued_keys_remembered);
    for (std::size_t i = 0; i < issued.size(); ++i) {
        held.next = std::max(held.next, get_u64be(issued[i].rest.data() + 8) + 1);
        ByteReader reader(issued[i].body);
        std::string name(reader.take(16));
        held.issued[name] = reader.rest();
        if (i < spare) change.del(kIssuedKeys, key.user, issued[i].rest);
    }
    return held;
}

Result<bool> OneTimeKeys::add_one_time(storage::Change& change, const Cache::Key& key, const json::Object& keys) {
    if (keys.empty()) return false;
    if (keys.size() > limits_.one_time_keys_per_device) return m::too_large("Too many one-time keys at once");
    PEYK_TRY(auto known, held(change, key));
    std::size_t bytes = 0;
    for (const auto& [name, json] : known.unclaimed) bytes += name.size() + json.size();
    bool added = false;
    for (const auto& [text, value] : keys) {
        auto name = parse_key_name(text, limits_);
        if (!name) return m::bad_json("one-time keys must be named '<algorithm>:<key id>'");
        PEYK_CHECK(check_one_time_key(*name, value, limits_));
        auto content = json::write(value);
        if (auto same = known.unclaimed.find(text); same != known.unclaimed.end()) {
            if (same->second != content) return changed_content(text);
            continue;
        }
        // The answer to an earlier upload was lost, and somebody was quicker than the retry.
        if (auto issued = known.issued.find(name_digest(db_, text)); issued != known.issued.end()) {
            if (issued->second != content_digest(db_, content)) return changed_content(text);
            continue;
        }
        bytes += text.size() + content.size();
        if (bytes > limits_.one_time_key_bytes)
            return m::too_large(
                fmt::format("The one-time keys of a device may have {} bytes together", limits_.one_time_key_bytes));
        known.unclaimed.emplace(text, content);
        if (known.unclaimed.size() > limits_.one_time_keys_per_device)
            return m::too_large(fmt::format("A device may have {} one-time keys", limits_.one_time_keys_per_device));
        OneTimeRow row{std::move(name->algorithm), std::move(name->id), std::move(content)};
        change.put(kOneTimeKeys, key.user, key_of(key.device, known.next++), row.encode());
        added = true;
    }
    return added;
}

Result<bool> OneTimeKeys::add_fallback(storage::Change& change, const Cache::Key& key, const json::Object& keys) {
    std::set<std::string> algorithms;
    if (!keys.empty()) {
        PEYK_TRY(auto known, state(key));
        for (const auto& [algorithm, used] : known->fallback_used) algorithms.insert(algorithm);
    }
    std::set<std::string> offered;
    bool added = false;
    for (const auto& [text, value] : keys) {
        auto name = parse_key_name(text, limits_);
        if (!name) return m::bad_json("fallback keys must be named '<algorithm>:<key id>'");
        PEYK_CHECK(check_one_time_key(*name, value, limits_));
        if (!offered.insert(name->algorithm).second) return m::invalid_param("One fallback key per algorithm");
        algorithms.insert(name->algorithm);
        auto rest = fallback_rest(db_, key.device, name->algorithm);
        FallbackRow row{false, {std::move(name->algorithm), std::move(name->id), json::write(value)}};
        PEYK_TRY(auto stored, db_.get(kFallbackKeys, key.user, rest));
        if (stored && !stored->gone) {
            PEYK_TRY(auto old, FallbackRow::decode(stored->body));
            // The same key again stays used: its uses do not go away.
            if (old.key.id == row.key.id && old.key.json == row.key.json) continue;
        }
        change.put(kFallbackKeys, key.user, rest, row.encode());
        added = true;
    }
    if (algorithms.size() > limits_.fallback_algorithms_per_device) return m::too_large("Too many fallback keys");
    return added;
}

Result<bool> OneTimeKeys::add(storage::Change& change, std::uint64_t user_number, const DeviceId& device,
                              const json::Object& one_time, const json::Object& fallback) {
    Cache::Key key{user_number, device_number(db_, device)};
    PEYK_TRY(bool keys_added, add_one_time(change, key, one_time));
    PEYK_TRY(bool fallback_added, add_fallback(change, key, fallback));
    return keys_added || fallback_added;
}

Result<void> OneTimeKeys::remove_all(storage::Change& change, std::uint64_t user_number, const DeviceId& device) {
    auto prefix = key_of(device_number(db_, device));
    for (const auto* table : {&kOneTimeKeys, &kIssuedKeys, &kFallbackKeys})
        PEYK_CHECK(remove_rows(db_, change, *table, user_number, prefix));
    return {};
}

// ---- Claim

Result<bool> OneTimeKeys::take_one_time(UserClaim& claim, storage::Change& change, const DeviceId& device,
                                        const std::string& algorithm) {
    Cache::Key key{claim.number, device_number(db_, device)};
    PEYK_TRY(auto known, state(key));
    auto free = known->free.find(algorithm);
    if (free == known->free.end() || free->second.empty()) return false;
    auto rest = key_of(key.device, free->second.front());
    PEYK_TRY(auto stored, db_.get(kOneTimeKeys, claim.number, rest));
    if (!stored || stored->gone) {
        cache_->replace(key, nullptr);
        return fail(Errc::internal, "the list of one-time keys in memory is not that of the store");
    }
    PEYK_TRY(auto row, OneTimeRow::decode(stored->body));
    change.del(kOneTimeKeys, claim.number, rest);
    change.put(kIssuedKeys, claim.number, rest, name_digest(db_, row.name()) + content_digest(db_, row.json));
    claim.take(device, row);
    auto after = std::make_shared<State>(*known);
    auto& sequences = after->free[algorithm];
    sequences.erase(sequences.begin());
    after->count();
    claim.after.emplace_back(key, std::move(after));
    return true;
}

Result<void> OneTimeKeys::take_fallback(UserClaim& claim, storage::Change& change, const DeviceId& device,
                                        const std::string& algorithm) {
    Cache::Key key{claim.number, device_number(db_, device)};
    auto rest = fallback_rest(db_, key.device, algorithm);
    PEYK_TRY(auto stored, db_.get(kFallbackKeys, claim.number, rest));
    if (!stored || stored->gone) return {};
    PEYK_TRY(auto fallback, FallbackRow::decode(stored->body));
    claim.take(device, fallback.key);
    if (fallback.used) return {};
    fallback.used = true;
    change.put(kFallbackKeys, claim.number, rest, fallback.encode());
    PEYK_TRY(auto known, state(key));
    auto after = std::make_shared<State>(*known);
    after->fallback_used[algorithm] = true;
    after->count();
    claim.after.emplace_back(key, std::move(after));
    return {};
}

// Within the user's lane: chooses the keys and writes into `change` that they are gone.
Result<void> OneTimeKeys::plan(UserClaim& claim, storage::Change& change) {
    PEYK_TRY(auto devices, ports_.accounts.devices(UserId::trusted(claim.user)));
    for (const auto& [device, algorithm] : claim.wanted) {
        if (std::ranges::find(devices, device, &DeviceInfo::id) == devices.end()) continue;
        PEYK_TRY(bool taken, take_one_time(claim, change, device, algorithm));
        if (!taken) PEYK_CHECK(take_fallback(claim, change, device, algorithm));
    }
    return {};
}

// All users of the group in one group commit. Every claim ends with its keys durably gone, or with an error and no
// keys.
Task<void> OneTimeKeys::claim_group(std::vector<UserClaim>& group) {
    std::vector<std::uint64_t> numbers;
    for (const auto& claim : group) numbers.push_back(claim.number);
    auto guards = co_await lanes_.enter_all(std::move(numbers));
    std::vector<std::pair<UserClaim*, storage::Db::Pending>> pending;
    for (auto& claim : group) {
        storage::Change change(db_, Owner::user, claim.number, db_.epoch(Owner::user, claim.number));
        if (auto planned = plan(claim, change); !planned) {
            claim.error = std::move(planned).error();
        } else if (!change.empty()) {
            pending.emplace_back(&claim, db_.start_commit(std::move(change)));
        }
    }
    for (auto& [claim, commit] : pending) {
        auto position = co_await std::move(commit).wait();
        for (auto& [key, after] : claim->after) cache_->replace(key, position ? std::move(after) : nullptr);
        if (position) {
            feed_.publish({FeedEntry::Kind::user, claim->number, *position});
        } else {
            claim->error = std::move(position).error();
        }
    }
}

Task<Result<Claimed>> OneTimeKeys::claim_local(ClaimRequest request) {
    Claimed claimed;
    std::optional<Error> error;
    auto next = request.begin();
    while (next != request.end()) {
        std::vector<UserClaim> group;
        for (; next != request.end() && group.size() < kLanesAtOnce; ++next) {
            group.push_back({next->first.str(), db_.number(next->first.view()), std::move(next->second), {}, {}, {}});
        }
        co_await claim_group(group);
        for (auto& claim : group) {
            if (claim.error) {
                error = std::move(claim.error);
            } else if (!claim.taken.empty()) {
                claimed.keys[claim.user] = std::move(claim.taken);
            }
        }
    }
    if (error && claimed.keys.empty()) co_return fail(std::move(*error));
    co_return claimed;
}

Task<Result<Claimed>> OneTimeKeys::claim(ClaimRequest request, Millis timeout) {
    ClaimRequest local;
    RemoteKeys::Asked asked;
    std::size_t devices = 0;
    for (auto& [user, wanted] : request) {
        devices += wanted.size();
        if (ports_.accounts.is_local(user)) {
            local.emplace(user, std::move(wanted));
            continue;
        }
        json::Object by_device;
        for (const auto& [device, algorithm] : wanted) by_device.set(device.str(), algorithm);
        asked[std::string(user.server())].set(user.str(), std::move(by_device));
    }
    if (devices > limits_.claimed_devices) co_return m::too_large("Keys of too many devices at once");
    PEYK_CO_TRY(auto claimed, co_await claim_local(std::move(local)));
    if (asked.empty()) co_return claimed;
    if (!ports_.remote_keys) {
        for (const auto& [server, users] : asked) claimed.failed_servers.insert(server);
        co_return claimed;
    }
    auto answers = co_await ports_.remote_keys->claim(asked, timeout);
    for (const auto& [server, users] : asked) {
        auto answer = answers.find(server);
        if (answer == answers.end() || !answer->second) {
            claimed.failed_servers.insert(server);
            continue;
        }
        const auto* keys = answer->second->find("one_time_keys");
        // Only what was asked for: a server does not answer for the users of another.
        for (const auto& [user, wanted] : users) {
            for (const auto& [device, algorithm] : *wanted.object()) {
                const auto* key = keys ? keys->get_path({user, device}) : nullptr;
                if (key && key->is_object()) claimed.keys[user][device] = json::write(*key);
            }
        }
    }
    co_return claimed;
}

std::string Claimed::to_json() const {
    json::Writer writer;
    writer.begin_object().key("failures").begin_object();
    for (const auto& server : failed_servers) writer.key(server).begin_object().end_object();
    writer.end_object().key("one_time_keys").begin_object();
    for (const auto& [user, devices] : keys) {
        writer.key(user).begin_object();
        for (const auto& [device, key] : devices) writer.key(device).raw(key);
        writer.end_object();
    }
    writer.end_object().end_object();
    return writer.take();
}

}  // namespace peyk::keys
