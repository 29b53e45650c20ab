#include "sync/sync_v3.h"

#include <array>

#include "core/errors.h"
#include "sync/room_parts.h"

namespace peyk::sync {
namespace {

using rooms::Membership;

constexpr std::size_t kToDevicePerSync = 100;
constexpr Millis kMaxTimeout{600'000};
constexpr std::array<std::pair<std::string_view, Membership>, 4> kRoomLists{{{"join", Membership::join},
                                                                             {"invite", Membership::invite},
                                                                             {"knock", Membership::knock},
                                                                             {"leave", Membership::leave}}};

std::vector<AccountDataItem> of_room(const std::vector<AccountDataItem>& items, const RoomId& room) {
    std::vector<AccountDataItem> out;
    for (const auto& item : items) {
        if (item.room == room) out.push_back(item);
    }
    return out;
}

Task<Result<std::string>> refused(Error error) { co_return std::unexpected(std::move(error)); }

}  // namespace

SyncV3::SyncV3(Parts parts)
    : parts_(parts),
      sections_(parts.store, parts.activity, parts.stream, parts.typing, parts.tokens, parts.unread),
      device_lists_(parts.store, parts.activity, parts.stream, parts.encryption) {}

Result<SharedFilters::Ptr> SyncV3::load_filter(const SyncRequest& request) {
    if (!request.filter) return filters_.none();
    if (request.filter->starts_with('{')) return filters_.parse(*request.filter);
    PEYK_TRY(auto text, parts_.account_data.filter(parts_.store.number(request.user), *request.filter));
    return filters_.parse(text);
}

// The user's rooms and the position they are all known up to: a row that is newer moves the position.
Result<std::shared_ptr<const rooms::RoomMemberships>> SyncV3::fix_positions(Window& window) const {
    for (;;) {
        window.typing_to = parts_.typing.counter();
        window.presence_to = parts_.presence.counter();
        window.to = parts_.store.db().visible();
        PEYK_TRY(auto rows, parts_.memberships.of(window.reader.number));
        bool newer = false;
        for (const auto& row : *rows) newer = newer || row.changed > window.to;
        if (!newer) return rows;
    }
}

Task<Result<std::string>> SyncV3::run(const SyncRequest& request, std::stop_token hangup) {
    auto poll = begin(request);
    if (!poll) return refused(std::move(poll).error());
    return answer(*std::move(poll), std::move(hangup));
}

Result<SyncV3::Poll> SyncV3::begin(const SyncRequest& request) {
    Window window{rooms::reader_for(parts_.store, request.user, request.device, 0), request.device};
    PEYK_TRY(window.filter, load_filter(request));
    window.full_state = request.full_state;
    window.state_form = request.state_form;
    window.process = parts_.process;
    window.to_device = request.to_device;
    if (request.since) {
        PEYK_TRY(window.since, parts_.tokens.decode(*request.since, window.reader.number, request.device));
        sections_.confirm(window);
    }
    auto timeout = std::min(request.timeout, kMaxTimeout);
    bool may_wait = window.since && !request.full_state && timeout > Millis{0};
    return Poll{std::move(window), parts_.clock.monotonic() + timeout, may_wait,
                parts_.presence.sync(request.user, request.device, request.set_presence)};
}

// What this frame holds is what ten thousand idle clients hold: no request, no rows, no answer (decision 0904).
Task<Result<std::string>> SyncV3::answer(Poll poll, std::stop_token hangup) {
    // Spec: to-device messages go when a later request presents the token that delivered them.
    if (const auto& window = poll.window; window.since && window.to_device) {
        PEYK_CO_CHECK(
            co_await parts_.encryption.acknowledge(window.reader.user, window.device, window.since->to_device));
    }
    for (;;) {
        Wakeup wakeup;
        Notifier::Watch watch;
        {
            PEYK_CO_TRY(auto answer, look(poll, wakeup, watch));
            bool over = poll.until <= parts_.clock.monotonic();
            if (answer.news || !poll.may_wait || over || hangup.stop_requested()) {
                ++answers_;
                co_return std::move(answer.json);
            }
        }
        auto left = poll.until - parts_.clock.monotonic();
        auto reason = co_await wakeup.wait(parts_.timers, left, hangup, parts_.background);
        if (reason != Wakeup::Reason::notified) poll.may_wait = false;
    }
}

// One look at everything, after registering for what comes later: a wake-up between the two would be lost otherwise.
Result<SyncV3::Answer> SyncV3::look(Poll& poll, const Wakeup& wakeup, Notifier::Watch& watch) {
    auto& window = poll.window;
    if (poll.may_wait) {
        PEYK_TRY(auto known, parts_.memberships.of(window.reader.number));
        std::vector<std::uint64_t> numbers;
        for (const auto& row : *known) {
            if (row.membership == Membership::join) numbers.push_back(row.number);
        }
        watch = parts_.notifier.watch(window.reader.number, std::move(numbers), wakeup);
    }
    ++looks_;
    window.reader.now = parts_.clock.now().count();
    PEYK_TRY(auto rows, fix_positions(window));
    PEYK_TRY(window.ignored, parts_.account_data.ignored_by(window.reader.number));
    auto answer = assemble(window, *rows);
    window.ignored = nullptr;
    return answer;
}

Result<SyncV3::RoomPart> SyncV3::room_part(const Window& window, const rooms::RoomMembership& row,
                                           const std::vector<AccountDataItem>& account_data) {
    RoomPart part{"", row.membership == Membership::ban ? Membership::leave : row.membership};
    if (!window.filter->wants_room(row.room.view())) return part;
    bool changed = row.changed > window.from();
    switch (row.membership) {
        case Membership::join: {
            bool has_left = false;
            PEYK_TRY(part.json, sections_.joined(window, row, of_room(account_data, row.room), &has_left));
            if (has_left) part.list = Membership::leave;
            break;
        }
        case Membership::invite:
        case Membership::knock:
            if (changed || window.full_state) part.json = sections_.stripped(row);
            break;
        case Membership::leave:
        case Membership::ban:
            if (row.removed) {
                if (window.since && changed) {
                    PEYK_TRY(part.json, sections_.removed(window, row));
                }
                break;
            }
            if (window.since ? changed || (window.full_state && window.filter->include_leave)
                             : window.filter->include_leave) {
                PEYK_TRY(part.json, sections_.left(window, row, of_room(account_data, row.room)));
            }
            break;
        case Membership::none: break;
    }
    return part;
}

Result<void> SyncV3::rooms_part(std::string& out, const Window& window, const rooms::RoomMemberships& rows,
                                const std::vector<AccountDataItem>& account_data) {
    std::vector<Result<RoomPart>> parts(rows.size());
    auto write = [&](std::size_t i) { parts[i] = room_part(window, rows[i], account_data); };
    each_room(!window.since || window.full_state ? parts_.background : nullptr, rows.size(), write);
    HiddenInvites invites(parts_.account_data, window.reader.user, window.reader.number, window.ignored, parts_.store);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!parts[i]) return std::unexpected(std::move(parts[i]).error());
        auto& json = parts[i]->json;
        if (rows[i].membership == Membership::invite && !json.empty()) {
            PEYK_TRY(bool hidden, invites.hides(rows[i]));
            if (hidden) json.clear();
        }
        bytes += json.empty() ? 0 : json.size() + rows[i].room.view().size() + 8;
    }
    if (bytes == 0) return {};
    constexpr std::size_t kRest = 4096;  // most of what follows the rooms
    out.reserve(out.size() + bytes + kRest);
    out += "\"rooms\":{";
    bool first_kind = true;
    for (auto [name, of] : kRoomLists) {
        bool first = true;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (parts[i]->list != of || parts[i]->json.empty()) continue;
            if (first) out.append(first_kind ? "\"" : ",\"").append(name).append("\":{");
            if (!first) out += ',';
            first = first_kind = false;
            json::write_string(out, rows[i].room.view());
            out += ':';
            out += parts[i]->json;
            parts[i]->json = {};  // they may be many megabytes
        }
        if (!first) out += '}';
    }
    out += '}';
    return {};
}

Result<std::string> SyncV3::presence_part(const Window& window, const DeviceLists& lists) const {
    if (!window.filter->presence.wants_type("m.presence", "")) return std::string{};
    bool known = window.since && window.since->process == window.process;
    std::vector<UserId> arrived(lists.arrived.begin(), lists.arrived.end());
    PEYK_TRY(auto events, parts_.presence.events(window.reader.number, known ? window.since->presence : 0,
                                                 window.presence_to, arrived));
    std::string out;
    for (const auto& event : events) {
        const auto* sender = event.find("sender")->string();
        if (!window.filter->presence.wants_type("m.presence", *sender)) continue;
        out += out.empty() ? ",\"presence\":{\"events\":[" : ",";
        out += json::write(event);
    }
    return out.empty() ? out : out + "]}";
}

// Device lists and counts of keys.
Result<std::string> SyncV3::encryption_part(const Window& window, const DeviceLists& lists, bool& news) const {
    std::string out;
    if (!lists.changed.empty() || !lists.left.empty()) {
        news = true;
        out += ",\"device_lists\":" + device_lists_json(lists);
    }
    PEYK_TRY(auto counts, key_counts(parts_.encryption, window.reader.user, window.device));
    return out + ',' + counts;
}

Result<SyncV3::Answer> SyncV3::assemble(Window& window, const rooms::RoomMemberships& rows) {
    Answer answer;
    auto user = window.reader.number;
    PEYK_TRY(auto data, window.since ? parts_.account_data.changes(user, window.from(), window.to)
                                     : parts_.account_data.snapshot(user));
    // The rooms come first, so that what may be the largest part is written once and not copied.
    std::string out = "{";
    PEYK_CHECK(rooms_part(out, window, rows, data));
    answer.news = out.size() > 1;

    StreamToken next;
    next.position = window.to;
    next.typing = window.typing_to;
    next.process = window.process;
    next.presence = window.presence_to;
    next.to_device = window.since ? window.since->to_device : 0;
    std::vector<ToDeviceMessage> messages;
    if (window.to_device) {
        PEYK_TRY(messages, parts_.encryption.inbox(window.reader.user, window.device, next.to_device, window.to,
                                                   kToDevicePerSync));
        next.to_device = messages.size() == kToDevicePerSync ? messages.back().position : window.to;
    }

    out += answer.news ? ",\"next_batch\":" : "\"next_batch\":";
    json::write_string(out, parts_.tokens.encode(next, user, window.device));
    std::string global;
    for (const auto& item : data) {
        if (item.room || !window.filter->account_data.wants_type(item.type, "")) continue;
        global += global.empty() ? "" : ",";
        append_item(global, item);
    }
    if (!global.empty()) {
        answer.news = true;
        out += ",\"account_data\":{\"events\":[" + global + "]}";
    }
    if (!messages.empty()) {
        answer.news = true;
        out += ",\"to_device\":{\"events\":[";
        for (std::size_t i = 0; i < messages.size(); ++i) out += (i ? "," : "") + messages[i].json;
        out += "]}";
    }
    DeviceLists lists;
    if (window.since) {
        PEYK_TRY(lists, device_lists_.read(window.reader.user, rows, window.from(), window.to));
    }
    PEYK_TRY(auto presence, presence_part(window, lists));
    answer.news = answer.news || !presence.empty();
    out += presence;
    PEYK_TRY(auto encryption, encryption_part(window, lists, answer.news));
    out += encryption;
    out += '}';
    answer.json = std::move(out);
    return answer;
}

Result<DeviceLists> SyncV3::device_changes(const UserId& user, const DeviceId& device, std::string_view from,
                                           std::string_view to) const {
    auto number = parts_.store.number(user);
    PEYK_TRY(auto start, parts_.tokens.decode(from, number, device));
    PEYK_TRY(auto end, parts_.tokens.decode(to, number, device));
    PEYK_TRY(auto rows, parts_.memberships.of(number));
    return device_lists_.read(user, *rows, start ? start->position : 0,
                              end ? end->position : parts_.store.db().visible());
}

}  // namespace peyk::sync
