#include "sync/sliding_sync.h"

#include <algorithm>

#include "core/errors.h"

namespace peyk::sync {

using rooms::Membership;

namespace {

// A client that asks for everything at once gets it in several answers.
constexpr std::size_t kMaxAnswerBytes = 24 * 1024 * 1024;
constexpr std::size_t kAhead = 16;  // rooms that may be in memory beyond that
constexpr Millis kMaxTimeout{600'000};

}  // namespace

// What is put together for one answer.
struct SlidingSync::Work {
    const SlidingRequest& request;
    const SlidingWindow& window;
    const rooms::RoomMemberships& rows;
    ConnectionState base;  // what the client was told
    ConnectionState next;  // and will have been, once it has the answer
    UserFactsPtr user;
    std::vector<ListedRoom> listed;
    Scope scope;
    std::map<rooms::RoomNumber, SlidingExtensions::Room> rooms = {};
    std::map<std::uint8_t, RequiredStates> asked = {};  // configs of `base`, decoded
    std::map<rooms::RoomNumber, Result<RoomResult>> ahead = {};
    std::string json = {};  // the members of "rooms"
    ToldMembers telling = {};
    bool news = false;

    const RequiredStates* required(std::uint8_t config) {
        if (config >= base.configs.size()) return nullptr;
        auto found = asked.find(config);
        if (found == asked.end()) {
            auto decoded = RequiredStates::decode(base.configs[config]);
            found = asked.emplace(config, decoded ? *std::move(decoded) : RequiredStates{}).first;
        }
        return &found->second;
    }
};

SlidingSync::SlidingSync(SyncV3::Parts parts, Connections& connections)
    : parts_(parts),
      connections_(connections),
      facts_(parts.store, parts.activity, parts.stream, parts.account_data),
      rooms_(parts.store, parts.stream, parts.tokens, parts.unread),
      extensions_(parts.store, parts.activity, parts.stream, parts.typing, parts.account_data, parts.encryption,
                  parts.tokens) {}

// The user's rooms and the position they are all known up to: a row that is newer moves the position.
Result<std::shared_ptr<const rooms::RoomMemberships>> SlidingSync::fix_positions(SlidingWindow& window,
                                                                                 ConnectionToken& next) const {
    for (;;) {
        next.typing = parts_.typing.counter();
        next.position = window.to = parts_.store.db().visible();
        PEYK_TRY(auto rows, parts_.memberships.of(window.reader.number));
        bool newer = std::any_of(rows->begin(), rows->end(), [&](const auto& row) { return row.changed > window.to; });
        if (!newer) return rows;
    }
}

// True when the room was looked at and is up to date with this answer.
Result<bool> SlidingSync::write_room(Work& work, const ScopedRoom& scoped) {
    const auto& row = *scoped.room.row;
    const auto* record = work.base.find(row.number);
    if (!record && work.next.rooms.size() + work.rooms.size() >= ConnectionState::kMaxRooms) return false;
    KnownRoom known;
    known.record = record;
    known.position = record ? (record->behind ? record->behind : work.window.from) : 0;
    known.required = record ? work.required(record->config) : nullptr;
    known.direct = record && (record->flags & RoomRecord::is_direct);
    bool direct = work.user->direct.contains(row.number);

    const auto& encoded = scoped.wish->encoded;
    bool same_config =
        record && record->config < work.base.configs.size() && work.base.configs[record->config] == encoded;
    auto newest = scoped.room.facts ? std::max(scoped.room.facts->newest, row.changed) : row.changed;
    bool look = !record || newest > known.position || !same_config || scoped.timeline_limit > record->timeline_limit ||
                direct != known.direct;
    RoomResult result;
    result.timeline_limit = record ? record->timeline_limit : 0;
    if (auto ahead = work.ahead.extract(row.number)) {
        PEYK_TRY(result, std::move(ahead.mapped()));
    } else if (look) {
        PEYK_TRY(result, rooms_.write(work.window, scoped, known, direct));
    }
    work.telling.insert(work.telling.end(), result.telling.begin(), result.telling.end());
    if (!result.json.empty()) {
        work.news = true;
        if (!work.json.empty()) work.json += ',';
        json::write_string(work.json, row.room.view());
        work.json += ':';
        work.json += result.json;
    }
    SlidingExtensions::Room room;
    room.scoped = &scoped;
    room.known = known;
    room.record.room = row.number;
    room.record.timeline_limit = result.timeline_limit;
    room.record.config = work.next.config(encoded);
    room.record.flags = direct ? RoomRecord::is_direct : 0;
    room.initial = result.initial || !record;
    room.ended = result.ended;
    room.timeline = std::move(result.timeline);
    work.rooms.emplace(row.number, std::move(room));
    return true;
}

// In the order of the lists, so that what does not fit is what comes last in them.
std::vector<const ScopedRoom*> SlidingSync::in_order(const Work& work) {
    std::vector<const ScopedRoom*> out;
    std::unordered_set<rooms::RoomNumber> taken;
    for (const auto& room : work.listed) {
        auto found = work.scope.rooms.find(room.row->number);
        if (found == work.scope.rooms.end() || !taken.insert(found->first).second) continue;
        out.push_back(&found->second);
    }
    for (const auto& [number, scoped] : work.scope.rooms) {
        if (!taken.contains(number)) out.push_back(&scoped);
    }
    return out;
}

// Rooms that the client knows nothing of need nothing of each other: several threads write them.
void SlidingSync::write_ahead(Work& work, std::span<const ScopedRoom* const> rooms) const {
    std::vector<Result<RoomResult>> results(rooms.size());
    each_room(parts_.background, rooms.size(), [&](std::size_t i) {
        bool direct = work.user->direct.contains(rooms[i]->room.row->number);
        results[i] = rooms_.write(work.window, *rooms[i], KnownRoom{}, direct);
    });
    for (std::size_t i = 0; i < rooms.size(); ++i)
        work.ahead.emplace(rooms[i]->room.row->number, std::move(results[i]));
}

Result<void> SlidingSync::write_rooms(Work& work) {
    auto rooms = in_order(work);
    for (std::size_t i = 0; i < rooms.size(); ++i) {
        if (work.json.size() > kMaxAnswerBytes) return {};
        if (i % kAhead == 0 && work.base.rooms.empty())
            write_ahead(work, std::span(rooms).subspan(i, std::min(kAhead, rooms.size() - i)));
        PEYK_TRY([[maybe_unused]] bool done, write_room(work, *rooms[i]));
    }
    return {};
}

// The records of rooms that this answer did not look at. One that changed meanwhile is known up to the token only.
void SlidingSync::keep_others(Work& work, const std::set<rooms::RoomNumber>& changed_data) {
    std::unordered_map<rooms::RoomNumber, const ListedRoom*> listed;
    for (const auto& room : work.listed) listed.emplace(room.row->number, &room);
    std::unordered_map<rooms::RoomNumber, const rooms::RoomMembership*> rows;
    for (const auto& row : work.rows) rows.emplace(row.number, &row);
    auto& records = work.next.rooms;
    records.clear();
    for (auto record : work.base.rooms) {
        if (work.rooms.contains(record.room)) continue;
        auto row = rows.find(record.room);
        auto room = listed.find(record.room);
        bool gone = row == rows.end() || (is_end(row->second->membership) && room == listed.end());
        if (gone) continue;
        auto newest = row->second->changed;
        if (room != listed.end() && room->second->facts) newest = std::max(newest, room->second->facts->newest);
        bool changed = newest > work.window.from || changed_data.contains(record.room);
        if (changed && record.behind == 0) record.behind = work.window.from;
        if (!work.request.account_data.enabled) record.flags &= static_cast<std::uint8_t>(~RoomRecord::account_data);
        if (!work.request.receipts.enabled) record.flags &= static_cast<std::uint8_t>(~RoomRecord::receipts);
        records.push_back(record);
    }
    for (const auto& [number, room] : work.rooms) records.push_back(room.record);
    std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.room < b.room; });
}

Result<SlidingSync::Answer> SlidingSync::assemble(const SlidingRequest& request, SlidingWindow& window,
                                                  const std::optional<ConnectionToken>& token,
                                                  const Connections::Opened& opened, ConnectionToken next) {
    Answer answer;
    PEYK_TRY(auto rows, fix_positions(window, next));
    PEYK_TRY(window.ignored, parts_.account_data.ignored_by(window.reader.number));
    HiddenInvites invites(parts_.account_data, window.reader.user, window.reader.number, window.ignored, parts_.store);
    PEYK_TRY(rows, invites.shown(std::move(rows)));
    Work work{request, window, *rows, {}, {}, nullptr, {}, {}};
    if (opened.state) {
        auto known = ConnectionState::decode(*opened.state);
        if (!known) return unknown_pos();
        work.base = *std::move(known);
    }
    work.next = work.base;
    work.next.drop_unused_configs();
    PEYK_TRY(work.user, facts_.user(window.reader.number, window.to));
    // Many at once, where none is known yet, so that the list finds them. What fails, fails there again.
    if (window.first) {
        each_room(parts_.background, rows->size(), [&](std::size_t i) {
            if ((*rows)[i].membership == Membership::join) (void)facts_.room((*rows)[i].number);
        });
    }
    PEYK_TRY(work.listed, list_rooms(facts_, window.reader.number, *rows, work.base, window.from));
    PEYK_TRY(work.scope, apply_rules(facts_, parts_.store, request, *rows, *work.user, work.listed));
    PEYK_CHECK(write_rooms(work));
    SlidingExtensions::Input input{request, window, *rows, token, parts_.process, work.base.flags, work.rooms};
    PEYK_TRY(auto extensions, extensions_.write(input));
    keep_others(work, extensions.changed_data);
    work.next.flags = extensions.flags;

    json::Writer lists;
    lists.begin_object();
    for (const auto& [name, count] : work.scope.counts)
        lists.key(name).begin_object().key("count").integer(static_cast<std::int64_t>(count)).end_object();
    lists.end_object();
    answer.news = work.news || extensions.news;
    answer.body =
        "\"lists\":" + lists.take() + ",\"rooms\":{" + work.json + "},\"extensions\":{" + extensions.json + '}';
    if (request.transaction) {
        answer.body += ",\"txn_id\":";
        json::write_string(answer.body, *request.transaction);
    }
    answer.state = work.next.encode();
    answer.telling = std::move(work.telling);
    answer.next = next;
    return answer;
}

Task<Result<std::string>> SlidingSync::finish(const SlidingRequest& request, Connections::Key key,
                                              Connections::Opened opened, Answer answer) {
    auto telling = std::move(answer.telling);
    auto next = answer.next;
    PEYK_CO_TRY(auto generation, co_await connections_.save(key, std::move(opened), std::move(answer.state)));
    if (!generation) {
        // A later request on this connection counts instead; whoever reads this goes on from where it was.
        if (!request.pos) co_return unknown_pos();
        std::string out = "{\"pos\":";
        json::write_string(out, *request.pos);
        co_return out + ",\"lists\":{},\"rooms\":{},\"extensions\":{}}";
    }
    next.generation = *generation;
    connections_.tell(key, next.generation, next.position, std::move(telling));
    std::string out = "{\"pos\":";
    json::write_string(out, parts_.tokens.encode(next, key.user, request.device));
    out += ',';
    out += answer.body;
    out += '}';
    co_return out;
}

Task<Result<std::string>> SlidingSync::run(SlidingRequest request, std::stop_token hangup) {
    auto started = parts_.clock.monotonic();
    SlidingWindow window{rooms::reader_for(parts_.store, request.user, request.device, 0)};
    window.shape = request.shape;
    auto user = window.reader.number;
    auto key = connections_.key(user, request.device, request.connection);
    std::optional<ConnectionToken> token;
    Connections::Opened opened;
    if (request.pos) {
        token = parts_.tokens.decode_connection(*request.pos, user, request.device);
        if (!token || token->connection != key.connection) co_return unknown_pos();
        PEYK_CO_TRY(opened, connections_.resume(key, token->generation, token->position));
        window.first = false;
        window.from = token->position;
        window.told = opened.told;
    } else {
        PEYK_CO_TRY(opened, connections_.begin(key));
    }
    if (request.to_device.enabled && request.to_device_since) {
        PEYK_CO_TRY(auto since, parts_.tokens.decode(*request.to_device_since, user, request.device));
        if (since)
            PEYK_CO_CHECK(co_await parts_.encryption.acknowledge(request.user, request.device, since->to_device));
    }
    auto stay = parts_.presence.sync(request.user, request.device, request.set_presence);
    ConnectionToken next;
    next.connection = key.connection;
    next.process = parts_.process;
    auto timeout = std::min(request.timeout, kMaxTimeout);
    bool may_wait = token && timeout > Millis{0};
    for (;;) {
        Wakeup wakeup;
        Notifier::Watch watch;
        if (may_wait) {
            // Registered before looking, or a wake-up between the two would be lost.
            PEYK_CO_TRY(auto known, parts_.memberships.of(user));
            std::vector<std::uint64_t> numbers;
            for (const auto& row : *known) {
                if (row.membership == Membership::join) numbers.push_back(row.number);
            }
            watch = parts_.notifier.watch(user, std::move(numbers), wakeup);
        }
        window.reader.now = parts_.clock.now().count();
        PEYK_CO_TRY(auto answer, assemble(request, window, token, opened, next));
        auto left = timeout - (parts_.clock.monotonic() - started);
        if (answer.news || !may_wait || left <= Millis{0} || hangup.stop_requested())
            co_return co_await finish(request, key, std::move(opened), std::move(answer));
        answer = Answer{};
        auto reason = co_await wakeup.wait(parts_.timers, left, hangup, parts_.background);
        if (reason != Wakeup::Reason::notified) may_wait = false;
    }
}

}  // namespace peyk::sync
