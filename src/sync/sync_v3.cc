#include "sync/sync_v3.h"

#include "core/errors.h"

namespace peyk::sync {
namespace {

using rooms::Membership;

constexpr std::size_t kToDevicePerSync = 100;
constexpr Millis kMaxTimeout{600'000};

void append_list(std::string& out, std::string_view name, const std::set<UserId>& users) {
    out += '"';
    out += name;
    out += "\":[";
    bool first = true;
    for (const auto& user : users) {
        if (!first) out += ',';
        first = false;
        json::write_string(out, user.view());
    }
    out += ']';
}

std::vector<AccountDataItem> of_room(const std::vector<AccountDataItem>& items, const RoomId& room) {
    std::vector<AccountDataItem> out;
    for (const auto& item : items) {
        if (item.room == room) out.push_back(item);
    }
    return out;
}

}  // namespace

SyncV3::SyncV3(Parts parts)
    : parts_(parts),
      sections_(parts.store, parts.activity, parts.stream, parts.typing, parts.tokens, parts.unread),
      device_lists_(parts.store, parts.activity, parts.stream, parts.encryption) {}

Result<Filter> SyncV3::load_filter(const SyncRequest& request) const {
    if (!request.filter) return Filter::parse(nullptr);
    std::string text = *request.filter;
    if (!text.starts_with('{')) {
        PEYK_TRY(text, parts_.account_data.filter(parts_.store.number(request.user), text));
    }
    PEYK_TRY(auto definition, json::parse_object(text));
    json::Value value(std::move(definition));
    return Filter::parse(&value);
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

Task<Result<std::string>> SyncV3::run(SyncRequest request, std::stop_token hangup) {
    PEYK_CO_TRY(auto filter, load_filter(request));
    auto started = parts_.clock.monotonic();
    Window window{rooms::reader_for(parts_.store, request.user, request.device, 0), request.device};
    window.filter = &filter;
    window.full_state = request.full_state;
    window.state_after = request.state_after;
    window.process = parts_.process;
    if (request.since) {
        PEYK_CO_TRY(window.since, parts_.tokens.decode(*request.since, window.reader.number, request.device));
    }
    // Spec: to-device messages go when a later request presents the token that delivered them.
    if (window.since && request.to_device)
        PEYK_CO_CHECK(co_await parts_.encryption.acknowledge(request.user, request.device, window.since->to_device));

    auto stay = parts_.presence.sync(request.user, request.device, request.set_presence);
    auto timeout = std::min(request.timeout, kMaxTimeout);
    bool may_wait = window.since && !request.full_state && timeout > Millis{0};
    for (;;) {
        Wakeup wakeup;
        Notifier::Watch watch;
        if (may_wait) {
            // Registered before looking, or a wake-up between the two would be lost.
            PEYK_CO_TRY(auto known, parts_.memberships.of(window.reader.number));
            std::vector<std::uint64_t> numbers;
            for (const auto& row : *known) {
                if (row.membership == Membership::join) numbers.push_back(row.number);
            }
            watch = parts_.notifier.watch(window.reader.number, std::move(numbers), wakeup);
        }
        window.reader.now = parts_.clock.now().count();
        PEYK_CO_TRY(auto rows, fix_positions(window));
        PEYK_CO_TRY(window.ignored, parts_.account_data.ignored_by(window.reader.number));
        PEYK_CO_TRY(auto answer, assemble(request, window, *rows));
        auto left = timeout - (parts_.clock.monotonic() - started);
        if (answer.news || !may_wait || left <= Millis{0} || hangup.stop_requested()) co_return std::move(answer.json);
        rows = nullptr;
        answer = Answer{};
        auto reason = co_await wakeup.wait(parts_.timers, left, hangup);
        if (reason != Wakeup::Reason::notified) may_wait = false;
    }
}

Result<std::string> SyncV3::rooms_part(const Window& window, const rooms::RoomMemberships& rows,
                                       const std::vector<AccountDataItem>& account_data) {
    std::string join, invite, knock, leave;
    HiddenInvites invites(parts_.account_data, window.reader.user, window.reader.number, window.ignored, parts_.store);
    auto add = [](std::string& into, const RoomId& room, const std::string& section) {
        if (section.empty()) return;
        into += into.empty() ? "" : ",";
        json::write_string(into, room.view());
        into += ':';
        into += section;
    };
    for (const auto& row : rows) {
        if (!window.filter->wants_room(row.room.view())) continue;
        bool changed = row.changed > window.from();
        auto data = of_room(account_data, row.room);
        switch (row.membership) {
            case Membership::join: {
                bool has_left = false;
                PEYK_TRY(auto section, sections_.joined(window, row, data, &has_left));
                add(has_left ? leave : join, row.room, section);
                break;
            }
            case Membership::invite: {
                if (!changed && !window.full_state) break;
                PEYK_TRY(bool hidden, invites.hides(row));
                if (!hidden) add(invite, row.room, sections_.stripped(row));
                break;
            }
            case Membership::knock:
                if (changed || window.full_state) add(knock, row.room, sections_.stripped(row));
                break;
            case Membership::leave:
            case Membership::ban: {
                if (window.since ? !changed && !(window.full_state && window.filter->include_leave)
                                 : !window.filter->include_leave)
                    break;
                PEYK_TRY(auto section, sections_.left(window, row, data));
                add(leave, row.room, section);
                break;
            }
            case Membership::none: break;
        }
    }
    std::string out;
    for (auto [name, section] : {std::pair{"join", &join}, {"invite", &invite}, {"knock", &knock}, {"leave", &leave}}) {
        if (section->empty()) continue;
        out += out.empty() ? "" : ",";
        out += std::string("\"") + name + "\":{" + *section + "}";
    }
    return out;
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
Result<std::string> SyncV3::encryption_part(const SyncRequest& request, const DeviceLists& lists, bool& news) const {
    std::string out;
    if (!lists.changed.empty() || !lists.left.empty()) {
        news = true;
        out += ",\"device_lists\":{";
        append_list(out, "changed", lists.changed);
        out += ',';
        append_list(out, "left", lists.left);
        out += '}';
    }
    PEYK_TRY(auto counts, parts_.encryption.one_time_key_counts(request.user, request.device));
    json::Object by_algorithm;
    for (auto& [algorithm, count] : counts) by_algorithm.set(std::move(algorithm), count);
    PEYK_TRY(auto fallback, parts_.encryption.unused_fallback_types(request.user, request.device));
    json::Array types(fallback.begin(), fallback.end());
    out += ",\"device_one_time_keys_count\":" + json::write(by_algorithm);
    out += ",\"device_unused_fallback_key_types\":" + json::write(json::Value(std::move(types)));
    return out;
}

Result<SyncV3::Answer> SyncV3::assemble(const SyncRequest& request, Window& window,
                                        const rooms::RoomMemberships& rows) {
    Answer answer;
    auto user = window.reader.number;
    PEYK_TRY(auto data, window.since ? parts_.account_data.changes(user, window.from(), window.to)
                                     : parts_.account_data.snapshot(user));
    PEYK_TRY(auto rooms_json, rooms_part(window, rows, data));
    answer.news = !rooms_json.empty();

    StreamToken next;
    next.position = window.to;
    next.typing = window.typing_to;
    next.process = window.process;
    next.presence = window.presence_to;
    next.to_device = window.since ? window.since->to_device : 0;
    std::vector<ToDeviceMessage> messages;
    if (request.to_device) {
        PEYK_TRY(messages,
                 parts_.encryption.inbox(request.user, request.device, next.to_device, window.to, kToDevicePerSync));
        next.to_device = messages.size() == kToDevicePerSync ? messages.back().position : window.to;
    }

    std::string out = "{\"next_batch\":";
    json::write_string(out, parts_.tokens.encode(next, user, request.device));
    std::string global;
    for (const auto& item : data) {
        if (item.room || !window.filter->account_data.wants_type(item.type, "")) continue;
        global += global.empty() ? "" : ",";
        global += "{\"content\":" + item.content + ",\"type\":";
        json::write_string(global, item.type);
        global += '}';
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
        PEYK_TRY(lists, device_lists_.read(request.user, rows, window.from(), window.to));
    }
    PEYK_TRY(auto presence, presence_part(window, lists));
    answer.news = answer.news || !presence.empty();
    out += presence;
    PEYK_TRY(auto encryption, encryption_part(request, lists, answer.news));
    out += encryption;
    if (!rooms_json.empty()) out += ",\"rooms\":{" + rooms_json + "}";
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
